"""The rows of the result: as one table for people, as JSON for programs."""

import json
from dataclasses import asdict, dataclass

from measure import Spread


@dataclass
class Row:
    """One comparison with one peer. Costs are in `unit`; `ratio` is in the sense of the target."""
    work: str
    unit: str
    ours: float
    peer: str
    theirs: float
    ratio: Spread
    target: str
    met: bool
    note: str = ""


@dataclass
class Missing:
    """A comparison that was not made (`broke` false: something is not here), and why."""
    work: str
    why: str
    broke: bool = False


def at_least(work, unit, peer, pairs, factor, note=""):
    """The peer must need at least `factor` times as much as we do. Factor None: measured for information."""
    ratio = pairs.over()
    target = f">= {factor:g}x" if factor else "-"
    return _row(work, unit, peer, pairs, ratio, target, factor is None or ratio.median >= factor, note)


def at_most(work, unit, peer, pairs, share, text=None, note=""):
    """We must need at most `share` of what the peer does. Share None: measured for information."""
    ratio = pairs.under()
    target = f"<= {text or f'{share:g}x'}" if share else "-"
    return _row(work, unit, peer, pairs, ratio, target, share is None or ratio.median <= share, note)


def at_most_cost(work, unit, peer, pairs, limit):
    """Our cost itself must be at most `limit`, in the unit; the ratio is what share of the peer's it is."""
    row = at_most(work, unit, peer, pairs, 1)
    row.target, row.met = f"<= {limit:g} {unit}", row.ours <= limit
    return row


def _row(work, unit, peer, pairs, ratio, target, met, note):
    return Row(work, unit, Spread.of(pairs.ours).median, peer, Spread.of(pairs.theirs).median, ratio, target, met, note)


def _number(value):
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _cells(row):
    return (row.work, f"{_number(row.ours)} {row.unit}", f"{_number(row.theirs)} {row.unit}", row.peer,
            f"{row.ratio.median:.3g}x", f"{row.ratio.low:.3g}..{row.ratio.high:.3g}", row.target,
            "" if row.target == "-" else "met" if row.met else "missed")


def _said(missing):
    return f"{'BROKE' if missing.broke else 'not run'}: {missing.work}: {missing.why}"


def brief(rows):
    """A line for each row, for whoever waits for the table."""
    return [_said(row) if isinstance(row, Missing) else "  ".join(cell for cell in _cells(row) if cell) for row in rows]


def render(rows, judged=True):
    """The table as text; `judged` false leaves out whether targets were met, where the counts are too small to say."""
    heads = ("work", "ours", "theirs", "peer", "ratio", "spread", "target", "")
    lines = [heads, *(_cells(row) for row in rows if isinstance(row, Row))]
    if not judged:
        lines = [line[:-1] for line in lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    text += [f"{row.work}: {row.note}" for row in rows if isinstance(row, Row) and row.note]
    text += [_said(row) for row in rows if isinstance(row, Missing)]
    return "\n".join(text)


def as_json(rows, about):
    done = [asdict(row) for row in rows if isinstance(row, Row)]
    missing = [asdict(row) for row in rows if isinstance(row, Missing)]
    return json.dumps({**about, "results": done, "not_run": missing}, indent=2) + "\n"
