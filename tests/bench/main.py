"""Runs the comparisons that are named, or all; prints their table and writes it as JSON. See run.sh."""

import argparse
import datetime
import os
import pathlib
import platform
import signal
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support" / "py"))

import endpoint  # noqa: E402
import fan_out  # noqa: E402
import polling  # noqa: E402
import workload_api  # noqa: E402
from bench import Bench, Unavailable  # noqa: E402
from table import Missing, as_json, brief, render  # noqa: E402

FAMILIES = {"endpoint": endpoint.COMPARISONS, "polling": polling.COMPARISONS,
            "workload_api": workload_api.COMPARISONS, "fan_out": fan_out.COMPARISONS}


def chosen(names):
    """Name and function of every comparison named, by itself or by its family; all where none is."""
    known = {name: compare for family in FAMILIES.values() for name, compare in family.items()}
    wanted = []
    for name in names or FAMILIES:
        wanted += FAMILIES[name] if name in FAMILIES else [name]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        listed = "\n".join(f"  {family}: {' '.join(of)}" for family, of in FAMILIES.items())
        sys.exit(f"no comparison {' '.join(unknown)}; there are\n{listed}")
    return {name: known[name] for name in wanted}


def attempt(bench, name, compare):
    """Its rows; where something is not here, or it broke, a row that says so."""
    begun = time.monotonic()
    print(f"-- {name}", file=sys.stderr, flush=True)
    try:
        rows = compare(bench)
    except Unavailable as why:
        rows = [Missing(name, str(why))]
    except Exception as fault:  # pylint: disable=broad-except
        traceback.print_exc()
        rows = [Missing(name, f"{type(fault).__name__}: {fault}".splitlines()[0], broke=True)]
    print(f"   {time.monotonic() - begun:.0f} s", file=sys.stderr)
    print("".join(f"   {line}\n" for line in brief(rows)), end="", file=sys.stderr, flush=True)
    return rows


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), platform.machine())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--entente", required=True)
    parser.add_argument("--tools", required=True, help="folder of https_load and bare_fan_out")
    parser.add_argument("--go", required=True, help="folder of the Go peers")
    parser.add_argument("--json", required=True, help="the file to write")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()

    comparisons = chosen(arguments.names)
    # Children and folders are cleared away then, too.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    bench = Bench(arguments.entente, arguments.tools, arguments.go, arguments.short)
    about = {"date": datetime.date.today().isoformat(), "machine": machine(), "short": bench.short, "notes": bench.notes}
    rows = []
    for name, compare in comparisons.items():
        rows += attempt(bench, name, compare)
        pathlib.Path(arguments.json).write_text(as_json(rows, about), encoding="utf-8")

    print(f"\n{about['date']}, {about['machine']}")
    for note in bench.notes:
        print(f"note: {note}")
    if bench.short:
        print("a short pass: it shows that the comparisons work, its figures mean nothing")
    print(render(rows, judged=not bench.short))
    return 1 if any(isinstance(row, Missing) and row.broke for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
