#!/usr/bin/env python3
"""The paper's table through the real path: what the product answers, bills and waits for on recorded traces,
beside what an offline count of the same traces expects.

Usage: table.py --bin DIR --shared DIR [--models M,M] [--problems N] [--speed R] [--chunk C] [--concurrency C]
                [--work DIR] [--report FILE.md] [--max-flips N]

DIR of --bin holds sextant, sextant-server and sextant-simulator; --shared is the folder with traces/ and
tools/oracle.py. For each model:
  1. `sextant grade --out` reads every recorded trace, with the code that the server reads with;
  2. a simulator replays the traces at R tokens a second, C tokens a chunk, and a server runs
     `sextant eval` on every problem with each strategy;
  3. the oracle counts the same strategies offline, with what was read in step 1 and the product's tie
     rule, and again with the paper's own reading and its ties.
Prints a table and every problem whose answer differs. Exits 1 when tokens differ by more than 3 % or more
than --max-flips answers of a model and strategy differ from the oracle's.
"""
import argparse
import collections
import contextlib
import gzip
import importlib.util
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

# As the paper classes them (its Table 1).
HORIZON = {"deepseek-r1": "short", "qwq-32b": "short", "dapo-qwen-32b": "short", "qwen3-32b": "long",
           "gpt-oss-120b": "long", "r1-distill-qwen-32b": "long", "qwen3-235b-instruct": "non_reasoning",
           "deepseek-v3": "non_reasoning"}
STRATEGIES = ["simple", "majority_vote(n=8,stop=all)", "first_finish(k=1,n=8)", "first_finish(k=3,n=8)",
              "last_finish(k=3,n=8)"]
LOSSLESS = "majority_vote(n=8)"
FIGURES = ("finished_tokens", "billed_tokens", "sequential_tokens")
TOLERANCE = 0.03


def load_oracle(shared):
    spec = importlib.util.spec_from_file_location("oracle", shared / "tools" / "oracle.py")
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    return oracle


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(c) for c in command)}\nexited {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def expected(oracle, traces, strategy, field, truth, ties):
    """One problem: (right, finished, billed, sequential) by the oracle's own functions."""
    ordered = [(t["completion_tokens"], t[field]) for _, t in sorted(traces.items())]
    if strategy == "simple":
        voters, *tokens = oracle.first_finish(ordered[:1], 1)
    elif strategy.startswith("last_finish"):
        voters, *tokens = oracle.last_finish(ordered, 3)
    else:
        k = {"first_finish(k=1,n=8)": 1, "first_finish(k=3,n=8)": 3}.get(strategy, 8)
        voters, *tokens = oracle.first_finish(ordered, k)
    return (oracle.credit(voters, truth, ties), *tokens)


def mean_over_datasets(rows):
    """rows: [(dataset, values)] -> the mean over each data set's problems, then over data sets."""
    sums = collections.defaultdict(list)
    for dataset, values in rows:
        sums[dataset].append(values)
    means = [[sum(column) / len(column) for column in zip(*values)] for values in sums.values()]
    return [sum(column) / len(column) for column in zip(*means)]


class Process:
    """A program that says in its output that it listens; ended on exit."""

    def __init__(self, command, log, pattern):
        self.log = log
        with open(log, "w") as out:
            self.process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 120
        while True:
            found = re.search(pattern, pathlib.Path(log).read_text())
            if found:
                self.address = found.group(1)
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{command[0]} did not start:\n{pathlib.Path(log).read_text()[-2000:]}")
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)


@contextlib.contextmanager
def serve(args, files, problems_file, models, beam_search, speed, work, extra=None, policy=None):
    """A simulator that replays `files` and a server in front of it; gives the server's address."""
    command = [args.bin / "sextant-simulator", "--listen", "127.0.0.1:0", "--problems", problems_file,
               "--tokens-per-second", speed, "--chunk-tokens", args.chunk]
    for f in files:
        command += ["--traces", f]
    with Process(command, work / "simulator.log", r"listening on (\S+)") as simulator:
        backend = {"url": f"http://{simulator.address}/v1", "beam_search": beam_search}
        config = work / "server.json"  # JSON is YAML.
        config.write_text(json.dumps({
            "server": {"listen": "127.0.0.1:0"}, **({"policy": policy} if policy else {}),
            "models": [{"name": m, "horizon": HORIZON[m], "backends": [backend], **(extra or {})} for m in models]}))
        with Process([args.bin / "sextant-server", "--config", config], work / "server.log",
                     r"model\(s\) on (\S+),") as server:
            yield server.address


def trace_files(shared, model):
    files = [shared / "traces" / f"{model}.jsonl.gz", shared / "traces" / "full" / f"{model}.jsonl.gz"]
    return [f for f in files if f.exists()]


def open_lines(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from lines


def read_traces(args, files, work, model):
    """The recorded traces with what `sextant grade` reads of them, by problem and sample. Whole texts count."""
    problems = collections.defaultdict(dict)
    for i, source in enumerate(files):  # The tails first, the whole texts over them.
        rows = work / f"{model}.{i}.jsonl"
        run(args.bin / "sextant", "grade", "--out", rows, source)
        with open(rows, encoding="utf-8") as lines:
            for line in lines:
                t = json.loads(line)
                keep = {f: t[f] for f in ("completion_tokens", "read", "paper_pred", "answer", "answer_kind")}
                problems[t["dataset"], t["problem_id"]][t["sample_id"]] = keep
    return problems


def evaluate(args, address, model, strategies, problems_file, work):
    """`sextant eval`: its results by strategy, and its rows by strategy and problem."""
    rows = work / f"{model}.rows.jsonl"
    command = [args.bin / "sextant", "--server", address, "eval", "--model", model, "--problems", problems_file,
               "--samples-from", "0", "--concurrency", args.concurrency, "--out", rows, "--json"]
    for strategy in strategies:
        command += ["--strategy", strategy]
    result = json.loads(run(*command))
    by_problem = collections.defaultdict(dict)
    with open(rows, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            by_problem[row["strategy"]][row["dataset"], row["problem_id"]] = row
    return {r["strategy"]: r for r in result["results"]}, by_problem


def compare(oracle, model, traces, results, by_problem, out):
    """Prints the model's rows; returns what is beyond the limits, as sentences."""
    ties = "longest" if HORIZON[model] == "long" else "shortest"
    problems = []
    flips_of = {}
    for strategy in STRATEGIES:
        ours = results[strategy]
        cells, paper, flips = [], [], []
        for (dataset, problem), samples in sorted(traces.items()):
            truth = samples[0]["answer"]
            want = expected(oracle, samples, strategy, "read", truth, ties)
            theirs = expected(oracle, samples, strategy, "paper_pred", truth, "first")
            got = by_problem[strategy][dataset, problem]
            cells.append((dataset, want))
            paper.append((dataset, theirs))
            if bool(got["correct"]) != bool(want[0]):
                flips.append(f"{dataset}/{problem} {'right' if got['correct'] else 'wrong'} here "
                             f"({got.get('answer')}), the count says {'right' if want[0] else 'wrong'}")
        want = mean_over_datasets(cells)
        theirs = mean_over_datasets(paper)
        ratios = [ours[f] / want[i + 1] if want[i + 1] else 1.0 for i, f in enumerate(FIGURES)]
        out(f"| {model} | {strategy} | {100 * ours['accuracy']:.2f} | {100 * want[0]:.2f} | {100 * theirs[0]:.2f} | "
            + " | ".join(f"{ours[f]:.0f} ({100 * (r - 1):+.1f} %)" for f, r in zip(FIGURES, ratios))
            + f" | {len(flips)} |")
        flips_of[strategy] = flips
        for figure, ratio in zip(FIGURES, ratios):
            if abs(ratio - 1) > TOLERANCE:
                problems.append(f"{model} {strategy}: {figure} differ by {100 * (ratio - 1):+.1f} %")
        if ours["failed"]:
            problems.append(f"{model} {strategy}: {ours['failed']} solves failed")
    return problems, flips_of


def compare_beams(args, models, wanted, problems_file, work, out):
    """beam_search(width=4) on the recorded beams: the answers there, as `sextant grade` reads them, and ours."""
    source = args.shared / "traces" / "beam.jsonl.gz"
    rows = work / "beam.jsonl"
    run(args.bin / "sextant", "grade", "--out", rows, source)
    recorded = collections.defaultdict(dict)
    with open(rows, encoding="utf-8") as lines:
        for line in lines:
            t = json.loads(line)
            if t["beam_width"] == 4 and (t["dataset"], t["problem_id"]) in wanted:
                recorded[t["model"]][t["dataset"], t["problem_id"]] = t
    models = [m for m in models if m in recorded]
    problems = []
    out("\nbeam_search(width=4) on the recorded beams (the server's own beam search; the bill holds the best beam alone):\n")
    out("| model | problems | answers as recorded | paper reads the same | tokens as recorded |\n|---|---|---|---|---|")
    with serve(args, [source], problems_file, models, "native", 1e6, work) as server:
        for model in models:
            _, by_problem = evaluate(args, server, model, ["beam_search(width=4)"], problems_file, work)
            ours = by_problem["beam_search(width=4)"]
            want = recorded[model]
            differ = [k for k, t in want.items() if (ours[k].get("answer") or "NO_ANSWER") != t["read"]]
            tokens = [k for k, t in want.items() if ours[k]["billed_tokens"] != t["completion_tokens"]]
            paper = sum(t["read"] == t["paper_pred"] for t in want.values())
            out(f"| {model} | {len(want)} | {len(want) - len(differ)} | {paper} | {len(want) - len(tokens)} |")
            problems += [f"{model} beam_search(width=4) {d}/{p}: the answer differs from the recorded one" for d, p in differ]
            problems += [f"{model} beam_search(width=4) {d}/{p}: the tokens differ from the recorded ones" for d, p in tokens]
    return problems


def lossless_saving(model, results, by_problem):
    """(tokens saved by the lossless stop, share, answers that differ)."""
    full, stopped = results["majority_vote(n=8,stop=all)"], results[LOSSLESS]
    saved = full["billed_tokens"] - stopped["billed_tokens"]
    differ = [k for k, row in by_problem[LOSSLESS].items()
              if row.get("answer") != by_problem["majority_vote(n=8,stop=all)"][k].get("answer")]
    return saved, saved / full["billed_tokens"], differ


def reading_differences(oracle, model, traces):
    """Problems whose vote over all eight traces is right with one reading and wrong with the other."""
    ties = "longest" if HORIZON[model] == "long" else "shortest"
    lines = []
    for (dataset, problem), samples in sorted(traces.items()):
        truth = samples[0]["answer"]
        for strategy in STRATEGIES:
            read = expected(oracle, samples, strategy, "read", truth, ties)[0]
            paper = expected(oracle, samples, strategy, "paper_pred", truth, "first")[0]
            same_ties = expected(oracle, samples, strategy, "read", truth, "first")[0]
            if bool(read) == bool(paper):
                continue
            differing = [f"sample {i}: read {t['read']}, paper {t['paper_pred']}" for i, t in sorted(samples.items())
                         if t["read"] != t["paper_pred"]]
            cause = "ties" if bool(same_ties) == bool(paper) else "reading: " + "; ".join(differing[:8])
            lines.append(f"{model} {strategy} {dataset}/{problem} (true {truth}): "
                         f"{'right' if read else 'wrong'} here, {'right' if paper else 'wrong'} by the paper; {cause}")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    parser.add_argument("--models", default=",".join(HORIZON))
    parser.add_argument("--problems", type=int, default=0, help="the first N problems of each data set; 0: all")
    parser.add_argument("--speed", type=float, default=1500)
    parser.add_argument("--chunk", type=int, default=16)
    parser.add_argument("--concurrency", type=int, default=40)
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--max-flips", type=int, default=3)
    args = parser.parse_args()
    if not (args.shared / "traces").is_dir():
        print(f"skipped: there are no recorded traces in {args.shared}")
        sys.exit(77)
    work = args.work or pathlib.Path(tempfile.mkdtemp(prefix="sextant-table-"))
    work.mkdir(parents=True, exist_ok=True)
    oracle = load_oracle(args.shared)
    report = []

    def out(line=""):
        print(line, flush=True)
        report.append(line)

    problems_file = work / "problems.jsonl"
    counts = collections.Counter()
    wanted = set()
    with open(args.shared / "traces" / "problems.jsonl", encoding="utf-8") as lines, open(problems_file, "w") as kept:
        for line in lines:
            p = json.loads(line)
            counts[p["dataset"]] += 1
            if args.problems == 0 or counts[p["dataset"]] <= args.problems:
                wanted.add((p["dataset"], p["problem_id"]))
                kept.write(line)

    started = time.monotonic()
    faults, flips, notes = [], {}, []
    out("| model | strategy | accuracy % | by the count | paper's reading | finished | billed | sequential | flips |")
    out("|---|---|---|---|---|---|---|---|---|")
    savings = []
    models = args.models.split(",")
    for model in models:
        files = trace_files(args.shared, model)
        if not files:
            sys.exit(f"no traces of {model} in {args.shared / 'traces'}")
        traces = {k: v for k, v in read_traces(args, files, work, model).items() if k in wanted}
        with serve(args, files, problems_file, [model], "steps", args.speed, work) as server:
            results, by_problem = evaluate(args, server, model, [*STRATEGIES, LOSSLESS], problems_file, work)
        beyond, flips[model] = compare(oracle, model, traces, results, by_problem, out)
        for strategy, named in flips[model].items():
            if len(named) > args.max_flips:
                beyond.append(f"{model} {strategy}: {len(named)} answers differ from the count")
        faults += beyond
        savings.append((model, *lossless_saving(model, results, by_problem)))
        notes += reading_differences(oracle, model, traces)

    out("\nAnswers that differ from the count with the product's own reading (timing may swap two traces a few tokens apart):")
    for model, by_strategy in flips.items():
        for strategy, named in by_strategy.items():
            for flip in named:
                out(f"- {model} {strategy}: {flip}")
    out(f"\n{LOSSLESS} against stop=all:\n\n| model | billed tokens saved a problem | share | answers that differ |\n|---|---|---|---|")
    for model, saved, share, differ in savings:
        out(f"| {model} | {saved:.0f} | {100 * share:.1f} % | {', '.join(f'{d}/{p}' for d, p in differ) or 'none'} |")
        if differ:
            faults.append(f"{model}: {len(differ)} answers of {LOSSLESS} differ from stop=all")
    faults += compare_beams(args, models, wanted, problems_file, work, out)
    out("\nProblems that are right with one reading and wrong with the other (ours with our ties, the paper's with ties to the first):")
    for note in notes:
        out(f"- {note}")
    out(f"\nTook {time.monotonic() - started:.0f} s at {args.speed:g} tokens/s a trace, {args.chunk} tokens a chunk, "
        f"{args.concurrency} solves at a time.")
    for fault in faults:
        out(f"BEYOND THE LIMITS: {fault}")
    if args.report:
        args.report.write_text("\n".join(report) + "\n")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
