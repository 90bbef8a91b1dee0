#!/usr/bin/env python3
"""Compares what solves were billed with what the simulators say they generated, trace by trace.

Usage: bills_against_ledgers.py ROWS CHUNK_TOKENS LEDGER...

ROWS are those of `sextant eval --include-traces`, the ledgers those of `sextant-simulator --ledger-every-chunk`, one for
each simulator process. A finished trace has to be billed exactly; one that was stopped or broke off, and an attempt that
a retry followed, up to the chunk that was on its way. Where more was, because a busy machine let a second write through
or a simulator had fallen behind its pace and sent several chunks at once, it is counted. Exit code 1: a bill differs by
more than the last two writes, or a solve failed."""

import json
import sys
from collections import Counter, defaultdict


def streams_of(path):
    """By stream of a ledger: the tokens at its end, and those of its last two writes."""
    streams = {}
    with open(path, encoding="utf-8") as ledger:
        for text in ledger:
            if not text.endswith("\n"):
                break  # Torn when its writer was killed.
            line = json.loads(text)
            sums = streams.setdefault((line["request_id"], line["choice"]), [0, 0])
            if line["tokens"] > sums[-1]:
                sums.append(line["tokens"])
    return {key: (sums[-1], sums[-1] - sums[max(0, len(sums) - 3)]) for key, sums in streams.items()}


def main(rows_path, chunk_tokens, *ledgers):
    chunk = int(chunk_tokens)
    generated = defaultdict(list)  # By request id, of each of its streams.
    for path in ledgers:
        for (request_id, _), stream in streams_of(path).items():
            generated[request_id].append(stream)

    totals, problems = Counter(), []
    with open(rows_path, encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            totals["solves"] += 1
            totals["failed solves"] += row["stop_reason"] is None
            totals["retries"] += row["retries"]
            totals["replacements"] += row["replacements"]
            totals["tokens billed"] += row["billed_tokens"]
            totals["tokens estimated"] += row["estimated_tokens"]
            if row["stop_reason"] is None:
                problems.append(f"problem {row['problem_id']} failed: {row['code']} {row['error']}")
                continue
            if sum(t["completion_tokens"] for t in row["traces"]) != row["billed_tokens"]:
                problems.append(f"solve {row['solve_id']}: its traces do not add up to its bill")
            for trace in row["traces"]:
                name = f"{row['solve_id']}/{trace['index']}"
                streams = generated.pop(name, [])
                tokens = sum(stream[0] for stream in streams)
                more = tokens - trace["completion_tokens"]
                finished = trace["outcome"] == "finished"
                totals["traces " + trace["outcome"]] += 1
                totals["tokens generated"] += tokens
                on_their_way = sorted(max(chunk, stream[1]) for stream in streams)
                # The stream of a finished trace has nothing left on its way.
                allowed = sum(on_their_way[1:]) if finished else sum(on_their_way)
                if more > 0:
                    totals["traces with tokens on their way"] += 1
                if more > chunk * len(streams):
                    totals["traces with more than a chunk on its way"] += 1
                if not 0 <= more <= allowed:
                    problems.append(
                        f"trace {name}, {trace['outcome']}: billed {trace['completion_tokens']}, (generated, in the last two writes): {streams}"
                    )
    if generated:
        problems.append(f"nobody was billed for {sorted(generated)[:5]}")

    for name in sorted(totals):
        print(f"{totals[name]:>10,}  {name}")
    print(f"{len(problems):>10,}  bills that differ by more than a chunk, or solves that failed")
    for problem in problems[:10]:
        print("  " + problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
