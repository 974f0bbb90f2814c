"""What a process costs, and pairs of measurements taken in turn."""

import re
import statistics
import time
from dataclasses import dataclass


def cpu_seconds(pid):
    """CPU time of the process with all its threads, those that have ended included, as the scheduler counts it in ns."""
    # The kernel's number of another process's CPU clock (clock_getcpuclockid(3)).
    return time.clock_gettime(~pid << 3 | 2)


def pss_bytes(pid):
    """Memory of the process; what it shares counts in part."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        return int(re.search(r"^Pss:\s+(\d+) kB", rollup.read(), re.MULTILINE).group(1)) * 1024


@dataclass
class Spread:
    """Median, least and greatest of what was measured."""
    median: float
    low: float
    high: float

    @staticmethod
    def of(values):
        return Spread(statistics.median(values), min(values), max(values))


@dataclass
class Pairs:
    """Costs of ours and theirs, taken in turn; ratios are of the two of a pair."""
    ours: list
    theirs: list

    def over(self):
        """Theirs over ours: how many times as much they need."""
        return Spread.of([theirs / ours for ours, theirs in zip(self.ours, self.theirs)])

    def under(self):
        """Ours over theirs: what share of it we need."""
        return Spread.of([ours / theirs for ours, theirs in zip(self.ours, self.theirs)])


def alternate(count, ours, *others):
    """Takes ours() and each of the others() `count` times in turn, every second turn backwards; one Pairs an other."""
    costs = [[] for _ in range(len(others) + 1)]
    for turn in range(count):
        order = list(enumerate((ours, *others)))
        for index, take in order if turn % 2 == 0 else reversed(order):
            costs[index].append(take())
    return [Pairs(costs[0], theirs) for theirs in costs[1:]]
