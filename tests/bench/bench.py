"""What every comparison has at hand: the programs, two cores, counts, and children that end with it."""

import contextlib
import os
import pathlib
import shutil
import tempfile

from processes import Child
from waiting import accepts, eventually, free_port

GO_PROGRAM = "benchpeer"


class Unavailable(Exception):
    """Something that a comparison needs cannot be had here; the message says what and why."""


class Bench:
    """One run of the benchmarks. The process under test has the first core to itself, load and far sides the last."""

    def __init__(self, entente, tools, go_folder, short):
        self.entente = entente
        self.load = pathlib.Path(tools) / "https_load"
        self.bare_fan_out = pathlib.Path(tools) / "bare_fan_out"
        self.go_folder = pathlib.Path(go_folder)
        self.short = short
        self.pairs = 2 if short else 9
        cores = sorted(os.sched_getaffinity(0))
        self.test_core, self.load_core = cores[0], cores[-1]
        os.sched_setaffinity(0, {self.load_core})
        self.notes = [] if len(cores) > 1 else ["one core only: server and load share it"]

    def count(self, full, short):
        return short if self.short else full

    def go_program(self):
        why = self.go_folder / "skipped"
        if why.exists():
            raise Unavailable(f"the Go peers: {why.read_text().strip()}")
        program = self.go_folder / GO_PROGRAM
        if not program.exists():
            raise Unavailable(f"the Go peers: {program} is not built")
        return program

    @contextlib.contextmanager
    def stage(self):
        """A folder and children of one comparison."""
        # Unix sockets live here: their paths must stay under 108 bytes.
        folder = pathlib.Path(tempfile.mkdtemp(prefix="entb-"))
        stage = Stage(self, folder)
        try:
            yield stage
        except BaseException:
            print(stage.log(), flush=True)
            raise
        finally:
            stage.end()
            shutil.rmtree(folder, ignore_errors=True)


class Stage:
    def __init__(self, bench, folder):
        self.bench = bench
        self.folder = folder
        self._children = []

    def start(self, arguments, core, environment=None, name=None):
        child = Child(["taskset", "--cpu-list", core, *arguments], environment, name)
        self._children.append(child)
        return child

    def under_test(self, arguments, environment=None, name=None):
        return self.start(arguments, self.bench.test_core, environment, name)

    def beside(self, arguments, environment=None, name=None):
        return self.start(arguments, self.bench.load_core, environment, name)

    def stop(self, child):
        self._children.remove(child)
        child.stop()

    def wait_for_port(self, child, port):
        def listens():
            if not child.running():
                raise AssertionError(f"{child.name} ended: {child.log()}")
            return accepts(port)
        eventually(listens, f"{child.name} listening on {port}")

    def log(self):
        return "\n".join(child.log() for child in self._children)

    def end(self):
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    @staticmethod
    def port():
        return free_port()
