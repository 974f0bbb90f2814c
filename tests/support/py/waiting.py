"""Waiting for a condition with a deadline: the one place in the black-box tests that lets time pass."""

import socket
import time


def eventually(condition, what, deadline=30.0, interval=0.05):
    """Returns the first true value of condition(); fails with what was last seen when the deadline (seconds) passes."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what() if callable(what) else what}")
        time.sleep(interval)


def free_port():
    """A loopback port that was free a moment ago, for configurations that must name each other's ports beforehand."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    """Whether something listens on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
