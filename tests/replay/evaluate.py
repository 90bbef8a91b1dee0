#!/usr/bin/env python3
"""What `auto` is worth on recorded traces: through the real server and the simulator.

  evaluate.py --bin build/release/bin --shared ../shared [--models M,...] [--runs balanced,fast,...] [--compact]
              [--report FILE] [--document docs/evaluation.md] [--resume DIR]

For each model the problems of every data set are split in two halves. `sextant calibrate` makes a profile from the
traces of one half, the server runs with that profile and the default policy, and `sextant eval` solves the problems of the
other half; then the halves are swapped. Each run is made from every one of the eight samples (--samples-from 0 to 7), and
figures are means over those rotations, over a data set's problems, then over data sets. What it is compared with, majority
votes and the other fixed strategies, is counted from the same traces, as read by `sextant grade`, by the oracle: what the
server does with them is checked by table.py. The horizon is the paper's, as calibrate leaves some models unknown.

--compact starts from every other sample: half the time, the same problems. --resume keeps each model's results in DIR and
takes those that are there, so that a run that broke off goes on. --document puts the tables between the two marker lines
of a file. Models are replayed at 8,000 tokens a second, so that a cancel that comes 50 ms late costs 400 tokens: run it on
a machine that does nothing else; the last line says how late cancels were. Intervals are 95 % of a paired bootstrap over
problems, the same problems for all models. Skipped (exit 77) without traces.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import json
import math
import pathlib
import pickle
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import cut  # noqa: E402  Fixed strategies, counted.
import evaluation_report as report  # noqa: E402
import table  # noqa: E402  The same servers, files and oracle.

POLICIES = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "policies"
LATE = 0.05  # More than this is billed for cancelled traces: the machine is too busy.
BEGIN, END = "<!-- tables of evaluate.py: begin -->", "<!-- tables of evaluate.py: end -->"


@dataclasses.dataclass(frozen=True)
class Run:
    goal: str = ""
    tokens: float = math.inf  # Budget of billed tokens, in mean traces.
    clock: float = math.inf   # Of sequential tokens.
    policy: str = "sextant.yaml"


RUNS = {"balanced": Run(), **{goal: Run(goal=goal) for goal in ("fast", "cheap", "accurate")},
        **{f"budget {b:g}": Run(tokens=b) for b in (1.5, 2, 3, 5)},
        **{f"time {c:g}": Run(clock=c) for c in (0.75, 1, 1.5, 3)},
        "recipe low": Run(tokens=2, policy="recipe.yaml"), "recipe high": Run(policy="recipe.yaml")}
# What a recipe's run is compared with.
RECIPES = {"recipe low": "budget 2", "recipe high": "balanced"}


@dataclasses.dataclass
class Results:
    """Of one model."""
    ours: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    fixed: dict = dataclasses.field(default_factory=dict)   # Strategy -> problem -> figures.
    capped: dict = dataclasses.field(default_factory=dict)  # Run -> the same under its budget.
    over: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    plans: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(collections.Counter))
    late: list = dataclasses.field(default_factory=list)    # See check_lag().
    faults: list = dataclasses.field(default_factory=list)  # Solves that failed and should not have.


def halves(traces):
    """Problem -> 0 or 1, alternating within a data set."""
    seen, half = collections.Counter(), {}
    for dataset, problem in sorted(traces):
        half[dataset, problem] = seen[dataset] % 2
        seen[dataset] += 1
    return half


def starts(args):
    return range(0, 8, 2 if args.compact else 1)


def rotated(args, traces):
    """Problem -> its Samples from each start."""
    rotations = {}
    for problem, samples in traces.items():
        ordered = [(t["completion_tokens"], t["read"], sample) for sample, t in sorted(samples.items())]
        truth = samples[0]["answer"]
        rotations[problem] = [cut.Samples(problem, ordered[s:] + ordered[:s], truth) for s in starts(args)]
    return rotations


def rows_of(files):
    """Rows of all trace files, the whole texts over the tails."""
    merged = {}
    for source in files:
        for line in table.open_lines(source):
            t = json.loads(line)
            merged.setdefault((t["dataset"], t["problem_id"], t["sample_id"]), {}).update(t)
    return list(merged.values())


def write_profile(args, rows, problems, work, model, half):
    """The profile of the problems in `problems`, with the paper's horizon."""
    source = work / f"calibrate-{half}.jsonl"
    with open(source, "w", encoding="utf-8") as out:
        for t in rows:
            if (t["dataset"], t["problem_id"]) in problems:
                out.write(json.dumps(t) + "\n")
    profile = work / f"profile-{half}.yaml"
    table.run(args.bin / "sextant", "calibrate", "--out", profile, source)
    source.unlink()
    lines = [line for line in profile.read_text().splitlines() if not line.startswith("horizon:")]
    profile.write_text("\n".join([*lines, f"horizon: {table.HORIZON[model]}"]) + "\n")
    return profile


def make_run(args, address, model, problems_file, name, mean_tokens, work, results):
    """One run of `auto` on the problems of the file, from every start."""
    run, flags = RUNS[name], []
    if run.goal:
        flags += ["--goal", run.goal]
    if math.isfinite(run.tokens):
        flags += ["--max-tokens", int(run.tokens * mean_tokens)]
    if math.isfinite(run.clock):
        flags += ["--max-sequential-tokens", int(run.clock * mean_tokens)]
    for start in starts(args):
        rows = work / "rows.jsonl"
        table.run(args.bin / "sextant", "--server", address, "eval", "--model", model, "--problems", problems_file,
                  "--strategy", "auto", "--samples-from", start, "--max-traces", 8, "--concurrency", args.concurrency,
                  "--timeout", 600, "--json", "--out", rows, *flags)
        with open(rows, encoding="utf-8") as lines:
            for line in lines:
                r = json.loads(line)
                figures = [float(bool(r["correct"])), r["finished_tokens"], r["billed_tokens"], r["sequential_tokens"]]
                results.ours[name][r["dataset"], r["problem_id"]].append(figures)
                # A budget that ends before any trace has stated an answer is an error; its bill counts.
                if r.get("code", "RESOURCE_EXHAUSTED") != "RESOURCE_EXHAUSTED":
                    results.faults.append(f"{model}, {name}: {r['dataset']}/{r['problem_id']}: {r['code']}: {r['error']}")
                if r.get("plan"):
                    results.plans[name][r["plan"]["strategy_text"]] += 1
                results.over[name] += (r["billed_tokens"] > run.tokens * mean_tokens + args.chunk * r["traces_started"]
                                       or r["sequential_tokens"] > run.clock * mean_tokens + args.chunk)


def check_lag(args, address, model, problems_file, work, results):
    """By how much the server bills more than is counted where it cancels seven traces of eight. A trace that is cancelled
    late goes on generating, so that on a busy machine every strategy that cancels looks dearer than it is."""
    name = "first_finish(k=1,n=8)"
    _, by_problem = table.evaluate(args, address, model, [name], problems_file, work)
    billed = sum(r["billed_tokens"] for r in by_problem[name].values())
    results.late.append(billed / sum(results.fixed[name][p][report.BILLED] for p in by_problem[name]) - 1)


def count_fixed(args, oracle, model, traces, rows, runs, work, results):
    """The fixed strategies without a budget, and under those of the runs."""
    ties = "longest" if table.HORIZON[model] == "long" else "shortest"
    rotations = rotated(args, traces)
    results.fixed = cut.count(oracle, rotations, list(cut.strategies(8)), ties, None)
    mean_tokens = report.over_datasets(results.fixed["simple"])[report.BILLED]
    limits = {}
    for name in runs:
        run = RUNS[name]
        if math.isfinite(run.tokens):
            # More traces than the budget holds, and one, are cut before any of them ends.
            limits[name] = (list(cut.strategies(int(run.tokens) + 1)), {"max_tokens": int(run.tokens * mean_tokens)})
        if math.isfinite(run.clock):
            wanted = [s for s in cut.strategies(8) if s[0] in ("majority_vote(n=8)", "first_finish(k=3,n=8)")]
            limits[name] = (wanted, {"max_clock": int(run.clock * mean_tokens)})
    texts = cut.CutTexts()
    for wanted, limit in limits.values():  # Asks for the texts.
        cut.count(oracle, rotations, wanted, ties, texts, **limit)
    texts.read(args, rows, work)
    results.capped = {name: dict(cut.count(oracle, rotations, wanted, ties, texts, **limit))
                      for name, (wanted, limit) in limits.items()}
    return mean_tokens


def run_model(args, oracle, model, runs):
    """The runs of one model on both halves, and the fixed strategies."""
    kept = args.resume / f"{model}.pickle" if args.resume else None
    if kept and kept.exists():
        settings, results = pickle.loads(kept.read_bytes())
        if settings == (runs, args.compact):
            return results
    with tempfile.TemporaryDirectory(prefix="sextant-evaluate-") as folder:
        work, results = pathlib.Path(folder), Results()
        files = table.trace_files(args.shared, model)
        traces = table.read_traces(args, files, work, model)
        half, rows = halves(traces), rows_of(files)
        mean_tokens = count_fixed(args, oracle, model, traces, rows, runs, work, results)
        for tested in (0, 1):
            problems_file = work / f"problems-{tested}.jsonl"
            with open(args.shared / "traces" / "problems.jsonl", encoding="utf-8") as source, open(problems_file, "w") as out:
                for line in source:
                    p = json.loads(line)
                    if half.get((p["dataset"], p["problem_id"])) == tested:
                        out.write(line)
            profile = write_profile(args, rows, {p for p, h in half.items() if h != tested}, work, model, tested)
            for policy in sorted({RUNS[name].policy for name in runs}):
                with table.serve(args, files, problems_file, [model], "steps", args.speed, work,
                                 {"profile": str(profile)}, str(POLICIES / policy)) as address:
                    for name in runs:
                        if RUNS[name].policy == policy:
                            make_run(args, address, model, problems_file, name, mean_tokens, work, results)
                    check_lag(args, address, model, problems_file, work, results)
        results.ours = {name: {p: cut.mean(f) for p, f in by.items()} for name, by in results.ours.items()}
        results.plans = {name: plans.most_common(1)[0][0] for name, plans in results.plans.items()}
    if kept:
        kept.write_bytes(pickle.dumps(((runs, args.compact), results)))
    return results


def write_tables(out, runs, by_model):
    """Goals, token budgets, sequential budgets, the recipe."""
    fixed = {m: r.fixed for m, r in by_model.items()}

    def of(name):
        return {m: r.ours[name] for m, r in by_model.items()}

    def capped(name):
        return {m: r.capped[name] for m, r in by_model.items()}

    def over(name):
        return sum(r.over[name] for r in by_model.values())

    chosen = [(name, RUNS[name]) for name in runs if name not in RECIPES]
    for name, run in chosen:
        if math.isinf(run.tokens) and math.isinf(run.clock):
            report.report_goal(out, name, of(name), fixed)
    for name, run in chosen:
        if math.isfinite(run.tokens):
            report.report_budget(out, run.tokens, of(name), fixed, capped(name), over(name))
    for name, run in chosen:
        if math.isfinite(run.clock):
            report.report_time(out, run.clock, of(name), capped(name), over(name))
    for name, other in RECIPES.items():
        if name in runs and other in runs:
            budget = "no budget" if math.isinf(RUNS[name].tokens) else f"a budget of {RUNS[name].tokens:g} mean traces"
            plans = {m: r.plans[name] for m, r in by_model.items()}
            report.report_recipe(out, budget, of(name), plans, of(other), fixed)


def put_into(document, lines):
    """Replaces what stands between the document's marker lines."""
    before, rest = document.read_text().split(BEGIN)
    after = rest.split(END)[1]
    document.write_text("\n".join([before + BEGIN, *lines, "", END]) + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    parser.add_argument("--models", default=",".join(table.HORIZON))
    parser.add_argument("--runs", default=",".join(RUNS))
    parser.add_argument("--compact", action="store_true", help="from every other sample")
    parser.add_argument("--speed", type=float, default=8000)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--parallel", type=int, default=3, help="models at a time")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--document", type=pathlib.Path, help="file whose marked block the tables replace")
    parser.add_argument("--resume", type=pathlib.Path, help="folder for the results of each model")
    args = parser.parse_args()
    if not (args.shared / "traces").is_dir():
        print(f"skipped: there are no recorded traces in {args.shared}")
        sys.exit(77)
    runs, models = args.runs.split(","), args.models.split(",")
    for kind, named, known in (("run", runs, RUNS), ("model", models, table.HORIZON)):
        if unknown := [name for name in named if name not in known]:
            sys.exit(f"no {kind} is named {', '.join(unknown)}, expected some of {', '.join(known)}")
    if args.document and args.document.read_text().count(BEGIN) != 1:
        sys.exit(f"{args.document} has no line {BEGIN}")
    if args.resume:
        args.resume.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    oracle = table.load_oracle(args.shared)
    by_model, lines = {}, []
    with concurrent.futures.ThreadPoolExecutor(args.parallel) as pool:
        for model, results in zip(models, pool.map(lambda m: run_model(args, oracle, m, runs), models)):
            by_model[model] = results
            print(f"# {model}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    def out(line=""):
        print(line, flush=True)
        lines.extend(line.split("\n"))

    write_tables(out, runs, by_model)
    out(f"\nTook {time.monotonic() - started:.0f} s at {args.speed:g} tokens/s a trace, {args.chunk} tokens a chunk, "
        f"{args.concurrency} solves at a time, {len(starts(args))} starts, {args.parallel} models at a time.")
    late = max(max(r.late) for r in by_model.values())
    out(f"\nWhere seven of eight traces are cancelled the server billed up to {100 * late:.1f} % more than is counted"
        + (": THE MACHINE WAS TOO BUSY, what strategies bill that cancel is too high." if late > LATE else "."))
    faults = [fault for r in by_model.values() for fault in r.faults]
    for fault in faults:
        out(f"\nFAILED: {fault}")
    if args.report:
        args.report.write_text("\n".join(lines) + "\n")
    if args.document:
        put_into(args.document, lines)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
