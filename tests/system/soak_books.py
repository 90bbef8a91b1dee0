#!/usr/bin/env python3
"""Balances the books of a soak: what the server logged for each solve, what callers were told, what its metrics say, and
what the model servers' ledgers say.

Usage: soak_books.py CHUNK_TOKENS METRICS SERVER_LOG TOLD... -- LEDGER...

SERVER_LOG is in JSON, METRICS the server's page after the last solve, TOLD are files of tests/bench/soak.cc, the ledgers those of
`sextant-simulator --ledger-every-chunk`. Every solve of a ledger has one line in the log, billed up to a chunk for each
stream that was cut. A machine that is busy lets further chunks through before a stream is closed: for one solve in fifty that is let pass."""

import json
import re
import sys
from collections import defaultdict

MAY_LAG = 0.02  # Share of the solves.


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("{") and line.endswith("}\n"):  # A killed process may leave half of its last one.
                yield json.loads(line)


def main(arguments):
    split = arguments.index("--")
    chunk, metrics, log, *told = arguments[:split]
    ledgers = arguments[split + 1:]
    problems, lagging = [], []

    solves = {}
    for line in read_lines(log):
        if not line["message"].startswith("solve"):
            continue
        if line["solve_id"] in solves:
            problems.append(f"solve {line['solve_id']} is logged twice")
        solves[line["solve_id"]] = line
    billed = {id: s["finished_tokens"] + s["cancelled_tokens"] for id, s in solves.items()}

    answers = 0
    for path in told:
        for answer in read_lines(path):
            answers += 1
            if billed.get(answer["solve_id"]) != answer["billed_tokens"]:
                problems.append(f"solve {answer['solve_id']}: told {answer['billed_tokens']}, logged {billed.get(answer['solve_id'])}")

    counted = sum(float(value) for value in re.findall(
        r'^sextant_tokens_total\{.*kind="(?:finished|cancelled)".*\} (\S+)$', open(metrics, encoding="utf-8").read(), re.M))
    if counted != sum(billed.values()):
        problems.append(f"sextant_tokens_total says {counted:.0f}, the bills of all solves {sum(billed.values())}")

    by_solve = ledger_totals(ledgers)
    for id, generated in by_solve.items():
        if id not in solves:
            problems.append(f"solve {id} is in a ledger and nowhere on a bill")
            continue
        solve = solves[id]
        cut = solve["traces_cancelled"] + solve["traces_failed"] + solve["retries"]
        more = generated - billed[id]
        if more < 0:
            problems.append(f"solve {id}: billed {billed[id]}, generated {generated}")
        elif more > int(chunk) * cut:
            (lagging if cut else problems).append(f"solve {id}: billed {billed[id]}, generated {generated}, {cut} streams cut")
    for id, tokens in billed.items():
        if tokens > 0 and id not in by_solve:
            problems.append(f"solve {id}: billed {tokens}, and no ledger has it")

    abandoned = sum(s["message"].startswith("solve abandoned") for s in solves.values())
    print(f"{len(solves):>10,}  solves logged, {abandoned:,} of them abandoned by their callers")
    print(f"{answers:>10,}  answers that callers got, each with the tokens of its line in the log")
    print(f"{sum(billed.values()):>10,}  tokens billed, and counted by sextant_tokens_total")
    print(f"{sum(by_solve.values()):>10,}  tokens in the model servers' ledgers")
    print(f"{len(lagging):>10,}  solves with more than a chunk on its way for each stream that was cut")
    print(f"{len(problems):>10,}  wrong bills")
    if len(lagging) > MAY_LAG * len(solves):
        problems += lagging
    for problem in problems[:10]:
        print("  " + problem, file=sys.stderr)
    return 1 if problems else 0


def ledger_totals(ledgers):
    """Tokens by solve id. The last line of a stream counts. Traces that are tried again and the steps of a beam have streams
    of their own under one id."""
    totals = defaultdict(int)
    for path in ledgers:
        running = {}
        for line in read_lines(path):
            key = line["request_id"], line["choice"]
            if line["outcome"] == "running":
                running[key] = line["tokens"]
            else:
                running.pop(key, None)
                totals[line["request_id"].split("/")[0]] += line["tokens"]
        # Those of a server that was killed.
        for (request_id, _), tokens in running.items():
            totals[request_id.split("/")[0]] += tokens
    return totals


if __name__ == "__main__":
    if "--" not in sys.argv or len(sys.argv) < 6:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
