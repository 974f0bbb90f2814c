"""Child processes of a test: their output line by line, bounded waits, and an end that always comes."""

import contextlib
import json
import os
import subprocess
import threading

from waiting import eventually

STOP_SECONDS = 15


class Child:
    """A running program. Threads of its own read both outputs, so that no pipe ever fills up."""

    def __init__(self, arguments, environment=None, name=None):
        self.name = name or os.path.basename(arguments[0])
        self.arguments = [str(argument) for argument in arguments]
        self.lines = []
        self.messages = []
        self._process = subprocess.Popen(
            self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env={**os.environ, **(environment or {})})
        self._readers = [self._read(self._process.stdout, self.lines), self._read(self._process.stderr, self.messages)]

    @staticmethod
    def _read(stream, lines):
        def copy():
            for line in stream:
                lines.append(line.rstrip("\n"))
        reader = threading.Thread(target=copy, daemon=True)
        reader.start()
        return reader

    @property
    def pid(self):
        return self._process.pid

    def running(self):
        return self._process.poll() is None

    def send(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, deadline=30.0):
        """The exit status."""
        status = self._process.wait(timeout=deadline)
        for reader in self._readers:
            reader.join(timeout=5)
        return status

    def stop(self):
        """Asks by SIGTERM, insists by SIGKILL; the exit status."""
        if self.running():
            self._process.terminate()
            try:
                self._process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        status = self.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                stream.close()
        return status

    def events(self, kind=None):
        """The JSON lines printed so far, or those of one kind."""
        parsed = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [event for event in parsed if kind is None or event.get("event") == kind]

    def wait_for_event(self, kind, matches=lambda event: True, deadline=30.0):
        """The first event of the kind for which matches(event) holds, already printed or still to come."""
        def found():
            for event in self.events(kind):
                if matches(event):
                    return event
            if not self.running():
                raise AssertionError(f"{self.name} ended before any fitting '{kind}'\n{self.log()}")
            return None
        return eventually(found, lambda: f"{self.name}: '{kind}'; so far {self.events()}", deadline)

    def log(self):
        return "\n".join([f"--- {' '.join(self.arguments)}", *self.lines[-60:], *self.messages[-120:]])


def run(arguments, environment=None, deadline=30.0, given=""):
    """Runs a program to its end."""
    return subprocess.run([str(argument) for argument in arguments], input=given, capture_output=True, text=True,
                          errors="replace", timeout=deadline, env={**os.environ, **(environment or {})}, check=False)
