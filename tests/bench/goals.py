#!/usr/bin/env python3
"""The table of goals from what the programs of this folder have measured.

Usage: goals.py FOLDER     the files that scripts/bench.sh leaves there; prints a Markdown table
Writes FOLDER/goals.json, too. What was not measured is said so.
"""
import json
import pathlib
import re
import sys


class Measured:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def load(self, name):
        path = self.folder / name
        return json.loads(path.read_text()) if path.exists() else None

    def streams(self, name, streams, reader):
        rows = self.load(name) or []
        return next((r for r in rows if r["streams"] == streams and r["reader"].startswith(reader)), None)

    def over(self, name, streams, reader, reference):
        """CPU of one reader over another's: (ratio, least, largest)."""
        ours, theirs = self.streams(name, streams, reader), self.streams(name, streams, reference)
        if not ours or not theirs:
            return None
        return tuple(ours[k] / theirs["cpu_us_per_chunk"]
                     for k in ("cpu_us_per_chunk", "cpu_us_per_chunk_min", "cpu_us_per_chunk_max"))

    def solve(self, name):
        figures = self.load("solve.json") or {}
        return tuple(figures[name][k] for k in ("median", "min", "max")) if name in figures else None

    def plain(self, name, key):
        figures = self.load(name)
        return (figures[key],) if figures else None

    def field(self, name, streams, reader, key):
        row = self.streams(name, streams, reader)
        return (row[key],) if row else None

    def instructions(self):
        path = self.folder / "instructions.txt"
        found = re.search(r"ratio ([0-9.]+)", path.read_text()) if path.exists() else None
        return (float(found.group(1)),) if found else None

    def memory(self):
        rows = self.load("scale.json") or []
        largest = max((r for r in rows if r["loops"] == 1), key=lambda r: r["traces"], default=None)
        return (largest["kib_per_trace"],) if largest else None


def goals(m):
    at_once, at_intervals = "read_interval 0", "read_interval 5"
    return [
        ("G1", "user instructions a chunk over a bare read and simdjson", 3, m.instructions()),
        ("G2 idle", "CPU a chunk, 1,000 paced streams, read at once, over the bare loop", 1.6,
         m.over("stream.json", 1000, at_once, "bare")),
        ("G2 busy", "the same with 2,000, where the loop is busy, read at intervals", 0.7,
         m.over("stream.json", 2000, at_intervals, "bare")),
        ("G3", "CPU a chunk, many chunks a read, over the bare loop", 1.6, m.over("stream_many.json", 100, at_once, "bare")),
        ("G4", "p50 of a solve, one caller, over echo and direct request", 1.5, m.solve("solve over echo and direct n=1")),
        ("G5", "the same at n=64", 1.25, m.solve("solve over echo and direct n=64")),
        ("G6", "CPU of a solve, 32 callers, over echo and direct request", 2.2, m.solve("cpu over echo and direct")),
        ("G7", "solves a second, 32 callers, over echoes a second", -0.40, m.solve("rate over echo")),
        ("G8", "a trace's end to 63 losers closed, over a bare loop", 1.5, m.plain("close.json", "closed_over_bare")),
        ("G9", "tokens a loser after the decision, 16 solves at once", 0.5, m.plain("cancel.json", "tokens_per_loser")),
        ("G10", "KiB of resident memory a running trace", 20, m.memory()),
        ("G11", "CPU of n choices in one stream over n streams", 0.2, m.over("stream.json", 1000, "16 choices", at_once)),
        ("G12 Node", "CPU a chunk over a fetch client with the same vote", 0.2,
         m.over("stream_clients.json", 160, at_once, "node")),
        ("G12 asyncio", "CPU a chunk over an asyncio client with the same vote", 0.2,
         m.over("stream_clients.json", 160, at_once, "python")),
        ("G13 busy", "p99 of a chunk's lag in ms, 2,000 streams at 50 tokens a second", 100,
         m.field("stream.json", 2000, at_intervals, "lag_ms_p99")),
        ("G13 quiet", "the same with 100 streams", 5, m.field("stream.json", 100, at_intervals, "lag_ms_p99")),
    ]


def row(name, what, limit, figure):
    goal = f"at most {limit:g}" if limit > 0 else f"at least {-limit:g}"
    if figure is None:
        return {"goal": name, "what": what, "limit": goal, "verdict": "not measured"}
    held = figure[0] <= limit if limit > 0 else figure[0] >= -limit
    return {"goal": name, "what": what, "limit": goal, "figure": round(figure[0], 3),
            "spread": [round(f, 3) for f in figure[1:]], "verdict": "pass" if held else "MISSED"}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    rows = [row(*goal) for goal in goals(Measured(sys.argv[1]))]
    print("| goal | what | limit | figure | least to largest | |\n|---|---|---|---|---|---|")
    for r in rows:
        spread = " to ".join(f"{s:.2f}" for s in r.get("spread", []))
        figure = f"{r['figure']:.2f}" if "figure" in r else ""
        print(f"| {r['goal']} | {r['what']} | {r['limit']} | {figure} | {spread} | {r['verdict']} |")
    (pathlib.Path(sys.argv[1]) / "goals.json").write_text(json.dumps(rows, indent=2) + "\n")


main()
