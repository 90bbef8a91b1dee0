#!/usr/bin/env python3
"""Compares what solves were billed with what the simulators say they generated, trace by trace.

Usage: bills_against_ledgers.py ROWS CHUNK_TOKENS LEDGER...

ROWS are those of `sextant eval --include-traces`, the ledgers those of `sextant-simulator --ledger-every-chunk`, one for
each simulator process. No solve may have failed. A finished trace has to be billed exactly; one that was stopped or broke
off, and an attempt that a retry followed, up to the chunk that was on its way. A machine that is busy with other things
lets further chunks through before a stream is closed: for one trace in fifty, but no more, that is let pass."""

import json
import sys
from collections import Counter, defaultdict

MAY_LAG = 0.02  # Share of the traces.


def tokens_of_streams(path):
    """The tokens at the end of every stream of a ledger, by request id and choice."""
    tokens = {}
    with open(path, encoding="utf-8") as ledger:
        for text in ledger:
            if text.endswith("\n"):  # The last one may be torn when its writer was killed.
                line = json.loads(text)
                tokens[line["request_id"], line["choice"]] = line["tokens"]
    return tokens


def main(rows_path, chunk_tokens, *ledgers):
    chunk = int(chunk_tokens)
    generated = defaultdict(list)  # By request id, the tokens of each of its streams.
    for path in ledgers:
        for (request_id, _), tokens in tokens_of_streams(path).items():
            generated[request_id].append(tokens)

    totals, problems, lagging = Counter(), [], []
    with open(rows_path, encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            totals["solves"] += 1
            totals["retries"] += row["retries"]
            totals["replacements"] += row["replacements"]
            if row["stop_reason"] is None:
                problems.append(f"problem {row['problem_id']} failed: {row['code']} {row['error']}")
                continue
            totals["tokens billed"] += row["billed_tokens"]
            totals["tokens estimated"] += row["estimated_tokens"]
            if sum(t["completion_tokens"] for t in row["traces"]) != row["billed_tokens"]:
                problems.append(f"solve {row['solve_id']}: its traces do not add up to its bill")
            for trace in row["traces"]:
                name = f"{row['solve_id']}/{trace['index']}"
                streams = generated.pop(name, [])
                more = sum(streams) - trace["completion_tokens"]
                cut = len(streams) - (trace["outcome"] == "finished")
                totals["traces " + trace["outcome"]] += 1
                totals["tokens generated"] += sum(streams)
                totals["cut traces with tokens on their way"] += more > 0
                what = f"trace {name}, {trace['outcome']}: billed {trace['completion_tokens']}, generated {streams}"
                if more < 0 or (more > 0 and cut == 0):
                    problems.append(what)
                elif more > chunk * cut:
                    lagging.append(what)

    for name in sorted(totals):
        print(f"{totals[name]:>10,}  {name}")
    print(f"{len(lagging):>10,}  cut traces with more than a chunk on its way")
    print(f"{len(problems):>10,}  failed solves and wrong bills")
    traces = sum(count for name, count in totals.items() if name.startswith("traces "))
    if len(lagging) > MAY_LAG * traces:
        problems += lagging
    for problem in problems[:10]:
        print("  " + problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
