#!/usr/bin/env python3
"""What `auto` is worth on recorded traces: through the real server and the simulator.

  evaluate.py --bin build/release/bin --shared ../shared [--models M,...] [--runs balanced,fast,...] [--report FILE]

For each model the problems of every data set are split in two halves. `sextant calibrate` makes a profile from the
traces of one half, the server runs with that profile and the default policy, and `sextant eval` solves the problems of the
other half; then the halves are swapped. Each run is made from every one of the eight samples (--samples-from 0 to 7), and
figures are means over those rotations, over a data set's problems, then over data sets. What it is compared with, majority
votes and the other fixed strategies, is counted from the same traces, as read by `sextant grade`, by the oracle: what the
server does with them is checked by table.py. The horizon is the paper's, as calibrate leaves some models unknown.

Intervals are 95 % of a paired bootstrap over problems, the same problems for all models. Skipped (exit 77) without traces.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import table  # noqa: E402  The same servers, files and oracle.

RUNS = {"balanced": [], "fast": ["--goal", "fast"], "cheap": ["--goal", "cheap"], "accurate": ["--goal", "accurate"],
        "budget 1.5": 1.5, "budget 3": 3.0, "budget 5": 5.0}
ROTATIONS = range(8)
ACCURACY, BILLED, SEQUENTIAL = 0, 2, 3  # As the oracle orders its figures.
RESAMPLES = 1000


def halves(traces):
    """Problem -> 0 or 1, alternating within a data set."""
    seen, half = collections.Counter(), {}
    for dataset, problem in sorted(traces):
        half[dataset, problem] = seen[dataset] % 2
        seen[dataset] += 1
    return half


def fixed_strategies(oracle):
    yield "simple", lambda t, ties, truth: oracle_figures(oracle, oracle.first_finish, t[:1], 1, ties, truth)
    for n in range(2, 9):
        for k in range(1, n + 1):
            name = f"majority_vote(n={n})" if k == n else f"first_finish(k={k},n={n})"
            yield name, lambda t, ties, truth, k=k, n=n: oracle_figures(oracle, oracle.first_finish, t[:n], k, ties, truth)
        for k in range(1, n):
            yield (f"last_finish(k={k},n={n})",
                   lambda t, ties, truth, k=k, n=n: oracle_figures(oracle, oracle.last_finish, t[:n], k, ties, truth))


def oracle_figures(oracle, strategy, traces, k, ties, truth):
    voters, *tokens = strategy(traces, k)
    return (oracle.credit(voters, truth, ties), *tokens)


def rotated(samples):
    ordered = [(t["completion_tokens"], t["read"]) for _, t in sorted(samples.items())]
    return [ordered[s:] + ordered[:s] for s in ROTATIONS]


def mean(columns):
    columns = list(columns)
    return [sum(c) / len(columns) for c in zip(*columns)]


def count_fixed(oracle, model, traces):
    """Strategy -> problem -> figures, means over the rotations."""
    ties = "longest" if table.HORIZON[model] == "long" else "shortest"
    counted = collections.defaultdict(dict)
    for problem, samples in traces.items():
        truth = samples[0]["answer"]
        starts = rotated(samples)
        for name, strategy in fixed_strategies(oracle):
            counted[name][problem] = mean(strategy(t, ties, truth) for t in starts)
    return counted


def write_profile(args, traces, problems, work, model, half):
    """The profile of the problems in `problems`, with the paper's horizon."""
    rows = work / f"calibrate-{half}.jsonl"
    with open(rows, "w", encoding="utf-8") as out:
        for t in traces:
            if (t["dataset"], t["problem_id"]) in problems:
                out.write(json.dumps(t) + "\n")
    profile = work / f"profile-{half}.yaml"
    table.run(args.bin / "sextant", "calibrate", "--out", profile, rows)
    lines = [line for line in profile.read_text().splitlines() if not line.startswith("horizon:")]
    profile.write_text("\n".join([*lines, f"horizon: {table.HORIZON[model]}"]) + "\n")
    return profile


def rows_of(files):
    """Rows of all trace files, the whole texts over the tails."""
    merged = {}
    for source in files:
        for line in table.open_lines(source):
            t = json.loads(line)
            merged.setdefault((t["dataset"], t["problem_id"], t["sample_id"]), {}).update(t)
    return list(merged.values())


def run_half(args, model, files, profile, problems_file, runs, mean_tokens, work):
    """Run -> problem -> figures, means over the rotations."""
    results = {name: collections.defaultdict(list) for name in runs}
    over = collections.Counter()
    with table.serve(args, files, problems_file, [model], "steps", args.speed, work, {"profile": str(profile)}) as address:
        for name in runs:
            flags = RUNS[name]
            budget = None
            if not isinstance(flags, list):
                budget = int(flags * mean_tokens)
                flags = ["--max-tokens", budget]
            for start in ROTATIONS:
                rows = work / "rows.jsonl"
                table.run(args.bin / "sextant", "--server", address, "eval", "--model", model, "--problems", problems_file,
                          "--strategy", "auto", "--samples-from", start, "--max-traces", 8, "--concurrency", args.concurrency,
                          "--timeout", 600, "--json", "--out", rows, *flags)
                with open(rows, encoding="utf-8") as lines:
                    for line in lines:
                        r = json.loads(line)
                        figures = [float(bool(r["correct"])), r["finished_tokens"], r["billed_tokens"], r["sequential_tokens"]]
                        results[name][r["dataset"], r["problem_id"]].append(figures)
                        if budget and r["billed_tokens"] > budget + args.chunk * r["traces_started"]:
                            over[name] += 1
    return {name: {p: mean(f) for p, f in by.items()} for name, by in results.items()}, over


def run_model(args, oracle, model, runs):
    """The runs of one model on both halves, the fixed strategies, and how many solves passed their budget."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="sextant-evaluate-"))
    files = table.trace_files(args.shared, model)
    traces = table.read_traces(args, files, work, model)
    fixed = count_fixed(oracle, model, traces)
    mean_tokens = over_datasets(fixed["simple"])[BILLED]
    half, rows = halves(traces), rows_of(files)
    ours, over = {name: {} for name in runs}, collections.Counter()
    for tested in (0, 1):
        problems_file = work / f"problems-{tested}.jsonl"
        with open(args.shared / "traces" / "problems.jsonl", encoding="utf-8") as source, open(problems_file, "w") as kept:
            for line in source:
                p = json.loads(line)
                if half.get((p["dataset"], p["problem_id"])) == tested:
                    kept.write(line)
        known = {p for p, h in half.items() if h != tested}
        profile = write_profile(args, rows, known, work, model, tested)
        results, beyond = run_half(args, model, files, profile, problems_file, runs, mean_tokens, work)
        over += beyond
        for name in runs:
            ours[name].update(results[name])
    return ours, fixed, over


def over_datasets(by_problem, problems=None):
    return table.mean_over_datasets([(p[0], by_problem[p]) for p in (problems or by_problem)])


def differences(ours, theirs, problems=None):
    a, b = over_datasets(ours, problems), over_datasets(theirs, problems)
    return 100 * (a[ACCURACY] - b[ACCURACY]), a[BILLED] / b[BILLED], a[SEQUENTIAL] / b[SEQUENTIAL]


def resamples(problems):
    by_dataset = collections.defaultdict(list)
    for p in sorted(problems):
        by_dataset[p[0]].append(p)
    draw = random.Random(1)
    return [[p for ps in by_dataset.values() for p in draw.choices(ps, k=len(ps))] for _ in range(RESAMPLES)]


def interval(values):
    values = sorted(values)
    return values[int(0.025 * len(values))], values[int(0.975 * len(values)) - 1]


def report_goal(out, name, ours, fixed):
    """Against majority_vote(n=8,stop=all), per model and in the mean with intervals."""
    mv = "majority_vote(n=8)"
    out(f"\n### auto, {name}, against majority_vote(n=8,stop=all)\n")
    out("| model | vote of eight % | auto % | difference, points | billed | sequential |\n|---|---|---|---|---|---|")
    rows = []
    for model in ours:
        d = differences(ours[model], fixed[model][mv])
        rows.append(d)
        out(f"| {model} | {100 * over_datasets(fixed[model][mv])[ACCURACY]:.2f} | {100 * over_datasets(ours[model])[ACCURACY]:.2f} "
            f"| {d[0]:+.2f} | {d[1]:.3f} | {d[2]:.3f} |")
    means = [sum(column) / len(rows) for column in zip(*rows)]
    problems = next(iter(ours.values()))
    boot = [[sum(column) / len(ours) for column in zip(*(differences(ours[m], fixed[m][mv], r) for m in ours))]
            for r in resamples(problems)]
    ends = [interval(column) for column in zip(*boot)]
    out(f"| **mean** | | | **{means[0]:+.2f}** [{ends[0][0]:+.2f}, {ends[0][1]:+.2f}] | **{means[1]:.3f}** "
        f"[{ends[1][0]:.3f}, {ends[1][1]:.3f}] | **{means[2]:.3f}** [{ends[2][0]:.3f}, {ends[2][1]:.3f}] |")


def best_mixture(points, billed):
    """Highest accuracy at `billed` tokens of one fixed strategy or a mixture of two; None below the cheapest."""
    best = None
    for x1, y1 in points:
        for x2, y2 in points:
            if x1 <= billed <= x2:
                y = y1 if x2 == x1 else y1 + (y2 - y1) * (billed - x1) / (x2 - x1)
                best = y if best is None or y > best else best
    return best


def report_budget(out, name, ours, fixed, over):
    out(f"\n### auto, token {name} mean traces\n")
    out("| model | billed, mean traces | auto % | best fixed strategies of the same billed tokens % | difference |\n|---|---|---|---|---|")
    gains = []
    for model in ours:
        unit = over_datasets(fixed[model]["simple"])[BILLED]
        points = [(f[BILLED], f[ACCURACY]) for f in (over_datasets(by) for by in fixed[model].values())]
        mine = over_datasets(ours[model])
        best = best_mixture(points, mine[BILLED])
        shown = "none is as cheap" if best is None else f"{100 * best:.2f}"
        gain = "" if best is None else f"{100 * (mine[ACCURACY] - best):+.2f}"
        if best is not None:
            gains.append(100 * (mine[ACCURACY] - best))
        out(f"| {model} | {mine[BILLED] / unit:.2f} | {100 * mine[ACCURACY]:.2f} | {shown} | {gain} |")
    if gains:
        out(f"| **mean** of {len(gains)} | | | | **{sum(gains) / len(gains):+.2f}** |")
    out(f"\nSolves billed more than the budget and a chunk a trace: {over}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    parser.add_argument("--models", default=",".join(table.HORIZON))
    parser.add_argument("--runs", default=",".join(RUNS))
    parser.add_argument("--speed", type=float, default=8000)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--parallel", type=int, default=3, help="models at a time")
    parser.add_argument("--report", type=pathlib.Path)
    args = parser.parse_args()
    if not (args.shared / "traces").is_dir():
        print(f"skipped: there are no recorded traces in {args.shared}")
        sys.exit(77)
    runs = args.runs.split(",")
    lines = []

    def out(line=""):
        print(line, flush=True)
        lines.append(line)

    started = time.monotonic()
    oracle = table.load_oracle(args.shared)
    ours = {name: {} for name in runs}
    fixed, over = {}, collections.Counter()
    models = args.models.split(",")
    with concurrent.futures.ThreadPoolExecutor(args.parallel) as pool:
        for model, (results, counted, beyond) in zip(models, pool.map(lambda m: run_model(args, oracle, m, runs), models)):
            fixed[model] = counted
            over += beyond
            for name in runs:
                ours[name][model] = results[name]
            print(f"# {model}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    for name in runs:
        if isinstance(RUNS[name], list):
            report_goal(out, name, ours[name], fixed)
        else:
            report_budget(out, name, ours[name], fixed, over[name])
    out(f"\nTook {time.monotonic() - started:.0f} s at {args.speed:g} tokens/s a trace, {args.chunk} tokens a chunk, "
        f"{args.concurrency} solves at a time.")
    if args.report:
        args.report.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
