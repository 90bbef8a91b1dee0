#!/usr/bin/env python3
"""How well each estimator of difficulty tells hard problems from easy ones: through the real server and the simulator.

  difficulty.py --bin build/release/bin --shared ../shared [--models M,...] [--rotations R] [--report FILE] [--plot FILE.svg]
  difficulty.py --bin build/release/bin --shared ../shared --fit

Recorded traces: as in evaluate.py the problems of every data set are split in two halves; `sextant calibrate` makes a
profile from one half, and `sextant eval` solves the other with the default policy, from R of the eight samples; then the
halves are swapped. The estimates are those of the rows: `plan.hard_probability` before a solve (prompt features), and
`difficulty.hard_probability` after it (the pilot). The pilot is also tried with coefficients that were fitted to the known
half of the other models' problems alone. Simulated models, as recorded ones cannot judge: problems of known difficulty are
made up, and judges of three precisions are asked.

AUC: the chance that a hard problem gets a higher estimate than an easy one, the mean over models, for two labels:
a vote of all eight traces is wrong; and, of recorded traces, the paper's, 1 - accuracy over all models' traces is above its
mean over problems. Intervals are 95 % of a bootstrap over problems, the same for all models. --fit prints the coefficients
that are PilotModel's defaults. Skipped (exit 77) without traces.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import evaluate  # noqa: E402  Halves, profiles and resamples as there.
import table  # noqa: E402

RESAMPLES = 200
BINS = 10
NOISES = (0.05, 0.15, 0.4)
SIMULATED_PROBLEMS = 200
UNIT = 10_000  # Mean length of every model in a fit over several.
# The server's own words about what its pilot traces have shown.
PILOT = re.compile(r"(?:(\d+)|no two) of (\d+) ended traces agree(?: at ([\d.]+) of the mean length)?")
COLOURS = {"pilot": "#2f81d0", "judge, error 0.15": "#c9702b", "prompt features": "#8a63c9"}


def auc(pairs):
    """pairs: (estimate, label from 0 to 1). None where one kind is missing."""
    hard, easy = sum(y for _, y in pairs), sum(1 - y for _, y in pairs)
    if hard == 0 or easy == 0:
        return None
    by_estimate = collections.defaultdict(lambda: [0.0, 0.0])
    for x, y in pairs:
        by_estimate[x][0] += y
        by_estimate[x][1] += 1 - y
    below = won = 0.0
    for _, (h, e) in sorted(by_estimate.items()):
        won += h * (below + e / 2)
        below += e
    return won / hard / easy


def mean_auc(by_model, labels, problems=None):
    """by_model: model -> problem -> estimates; labels: model -> problem -> label. The mean over models."""
    values = []
    for model, estimates in by_model.items():
        pairs = [(x, labels[model][p]) for p in (problems or estimates) if p in estimates for x in estimates[p]]
        value = auc(pairs)
        if value is not None:
            values.append(value)
    return sum(values) / len(values) if values else None


def auc_text(by_model, labels):
    problems = sorted({p for estimates in by_model.values() for p in estimates})
    draw = random.Random(1)
    drawn = [mean_auc(by_model, labels, draw.choices(problems, k=len(problems))) for _ in range(RESAMPLES)]
    low, high = evaluate.interval([v for v in drawn if v is not None])
    return f"{mean_auc(by_model, labels):.3f} [{low:.3f}, {high:.3f}]"


def bins_of(by_model, labels):
    """(mean estimate, share that is hard, count) of each tenth of the scale that holds any."""
    found = collections.defaultdict(list)
    for model, estimates in by_model.items():
        for problem, xs in estimates.items():
            for x in xs:
                found[min(BINS - 1, int(x * BINS))].append((x, labels[model][problem]))
    return [(sum(x for x, _ in v) / len(v), sum(y for _, y in v) / len(v), len(v)) for _, v in sorted(found.items())]


# --- Recorded traces ---


def wrong_votes(oracle, model, traces):
    ties = "longest" if table.HORIZON[model] == "long" else "shortest"
    labels = {}
    for problem, samples in traces.items():
        ordered = [(t["completion_tokens"], t["read"]) for _, t in sorted(samples.items())]
        voters = oracle.first_finish(ordered, len(ordered))[0]
        labels[problem] = 1 - oracle.credit(voters, samples[0]["answer"], ties)
    return labels


def paper_labels(all_traces):
    """1 - accuracy over all models' traces above the mean over problems."""
    rights = collections.defaultdict(list)
    for traces in all_traces.values():
        for problem, samples in traces.items():
            rights[problem] += [t["read"] == t["answer"] for t in samples.values()]
    difficulty = {p: 1 - sum(r) / len(r) for p, r in rights.items()}
    mean = sum(difficulty.values()) / len(difficulty)
    return {p: float(d > mean) for p, d in difficulty.items()}


def fit(args, rows_by_model, work):
    """The pilot of several models together: their lengths over their means, their data sets apart."""
    pooled = work / "pooled.jsonl"
    with open(pooled, "w", encoding="utf-8") as out:
        for model, rows in rows_by_model.items():
            lengths = collections.defaultdict(list)
            for t in rows:
                lengths[t["dataset"]].append(t["completion_tokens"])
            mean = sum(sum(v) / len(v) for v in lengths.values()) / len(lengths)
            for t in rows:
                t = {**t, "model": "pooled", "dataset": f"{t['dataset']} of {model}",
                     "completion_tokens": max(1, round(t["completion_tokens"] / mean * UNIT))}
                out.write(json.dumps(t) + "\n")
    profile = work / "pooled.yaml"
    table.run(args.bin / "sextant", "calibrate", "--out", profile, pooled)
    return re.search(r"^pilot:\n(?:  .*\n)+", profile.read_text(), re.M).group(0)


def with_pilot(profile, pilot, target):
    text = re.sub(r"^pilot:\n(?:  .*\n)+", "", profile.read_text(), flags=re.M)
    target.write_text(text + pilot)
    return target


def eval_rows(args, address, model, problems_file, work, strategy="auto", start=0):
    rows = work / "rows.jsonl"
    table.run(args.bin / "sextant", "--server", address, "eval", "--model", model, "--problems", problems_file,
              "--strategy", strategy, "--samples-from", start, "--max-traces", 8, "--concurrency", args.concurrency,
              "--timeout", 600, "--json", "--out", rows)
    with open(rows, encoding="utf-8") as lines:
        return [r for r in map(json.loads, lines) if r["plan"]]


def add_estimates(rows, estimates, unanswered):
    for r in rows:
        problem = r["dataset"], r["problem_id"]
        if r["plan"]["estimator"] in ("prompt_features", "judge"):
            estimates["before"][problem].append(r["plan"]["hard_probability"])
        shown = PILOT.match(r["difficulty"]["reason"])
        if r["difficulty"]["estimator"] != "pilot" or not shown:
            unanswered["pilot"] += 1
            continue
        agree, ended, length = int(shown.group(1) or 1), int(shown.group(2)), shown.group(3)
        estimates["pilot"][problem].append(r["difficulty"]["hard_probability"])
        estimates["agreement"][problem].append(-agree / ended)
        if length:
            estimates["length"][problem].append(float(length))


def new_estimates():
    return collections.defaultdict(lambda: collections.defaultdict(list))


def run_recorded(args, model, files, rows, half, others, work):
    """Estimator -> problem -> estimates over both halves; how often the pilot said nothing."""
    own, foreign, silent = new_estimates(), new_estimates(), collections.Counter()
    for tested in (0, 1):
        problems_file = work / f"problems-{tested}.jsonl"
        with open(args.shared / "traces" / "problems.jsonl", encoding="utf-8") as source, open(problems_file, "w") as kept:
            kept.writelines(line for line in source
                            if half.get((json.loads(line)["dataset"], json.loads(line)["problem_id"])) == tested)
        profile = evaluate.write_profile(args, rows, {p for p, h in half.items() if h != tested}, work, model, tested)
        transferred = with_pilot(profile, others[tested], work / f"others-{tested}.yaml")
        for target, used in ((own, profile), (foreign, transferred)):
            with table.serve(args, files, problems_file, [model], "steps", args.speed, work, {"profile": str(used)}) as address:
                for start in (i * 8 // args.rotations for i in range(args.rotations)):
                    found = eval_rows(args, address, model, problems_file, work, start=start)
                    add_estimates(found, target, silent if target is own else collections.Counter())
                    if target is own:
                        silent["solves"] += len(found)
    own["pilot, coefficients of the other models"] = foreign["pilot"]
    return own, silent


# --- Simulated models ---


def simulated_world(args, work):
    """Problems of known difficulty, three solvers as in the demo, and a judge of each precision; file names."""
    draw = random.Random(7)
    problems = work / "simulated.jsonl"
    with open(problems, "w") as out:
        for i in range(SIMULATED_PROBLEMS):
            a, b = draw.randrange(100, 999), draw.randrange(100, 999)
            out.write(json.dumps({"dataset": "made-up", "problem_id": i, "prompt": f"Sum number {i}: what is {a} + {b}?",
                                  "answer": str(a + b), "answer_kind": "integer", "difficulty": draw.random()}) + "\n")
    demo = (pathlib.Path(__file__).parents[2] / "deploy" / "demo" / "models.yaml").read_text()
    models = work / "models.yaml"
    judges = "".join(f"  - {{name: judge-{n}, horizon: short, judge: {{noise: {n}}}}}\n" for n in NOISES)
    # Harder than the demo, or a vote of eight would hardly ever be wrong.
    models.write_text(re.sub(r"hard: [\d.]+", "hard: 0.1", demo) + judges)
    return problems, models


def run_simulated(args, work):
    """Judge's noise -> solver -> estimates, and the labels of the solvers."""
    problems, models = simulated_world(args, work)
    command = [args.bin / "sextant-simulator", "--problems", problems, "--simulate", models,
               "--tokens-per-second", args.speed, "--chunk-tokens", args.chunk]
    solvers = {"demo-short": "short", "demo-long": "long", "demo-instruct": "non_reasoning"}
    estimates, labels = collections.defaultdict(dict), {}
    with table.Process(command, work / "simulator.log", r"listening on (\S+)") as simulator:
        backends = [{"url": f"http://{simulator.address}/v1"}]
        for noise in NOISES:
            config = work / "server.json"
            judge = {"before": "judge", "judge": {"model": f"judge-{noise}"}}
            lengths = {"demo-short": 600, "demo-long": 900, "demo-instruct": 250}
            config.write_text(json.dumps({
                "server": {"listen": "127.0.0.1:0"},
                "models": [{"name": m, "horizon": h, "typical_trace_tokens": lengths[m], "difficulty": judge, "backends": backends}
                           for m, h in solvers.items()] + [{"name": f"judge-{noise}", "backends": backends}]}))
            with table.Process([args.bin / "sextant-server", "--config", config], work / "server.log",
                               r"model\(s\) on (\S+),") as server:
                for solver in solvers:
                    found = new_estimates()
                    add_estimates(eval_rows(args, server.address, solver, problems, work), found, collections.Counter())
                    estimates[noise][solver] = found
                    if solver not in labels:
                        vote = eval_rows(args, server.address, solver, problems, work, "majority_vote(n=8,stop=all)")
                        labels[solver] = {(r["dataset"], r["problem_id"]): float(not r["correct"]) for r in vote}
    return estimates, labels


# --- Report ---


def plot(series, path):
    """Share of hard problems against the estimate, with no colour that vanishes on white or on black."""
    size, left, top = 400, 62, 20
    grey = "#80868f"
    x, y = (lambda v: left + v * size), (lambda v: top + (1 - v) * size)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + size + 20} {top + size + 110}" '
             f'font-family="sans-serif" font-size="13" fill="{grey}" role="img">',
             "<title>Calibration of the estimates of difficulty</title>",
             f'<path d="M{left} {top}V{top + size}H{left + size}M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="{grey}" fill="none" '
             'stroke-dasharray="none"/>']
    for i in range(0, 11, 2):
        parts.append(f'<text x="{x(i / 10)}" y="{top + size + 18}" text-anchor="middle">{i / 10:.1f}</text>'
                     f'<text x="{left - 8}" y="{y(i / 10) + 4}" text-anchor="end">{i / 10:.1f}</text>')
    parts.append(f'<text x="{x(0.5)}" y="{top + size + 38}" text-anchor="middle">estimated probability that a vote of eight is wrong</text>'
                 f'<text transform="translate(18 {y(0.5)}) rotate(-90)" text-anchor="middle">share that is wrong</text>')
    for row, (name, bins) in enumerate(series.items()):
        colour, total = COLOURS[name], sum(n for *_, n in bins)
        line = " ".join(f"{x(p):.1f},{y(o):.1f}" for p, o, _ in bins)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [f'<circle cx="{x(p):.1f}" cy="{y(o):.1f}" r="{3 + 12 * (n / total) ** 0.5:.1f}" fill="{colour}" fill-opacity="0.55">'
                  f"<title>{name}: {n} estimates, mean {p:.2f}, {o:.2f} hard</title></circle>" for p, o, n in bins]
        parts.append(f'<circle cx="{left + 8}" cy="{top + size + 58 + 18 * row}" r="5" fill="{colour}"/>'
                     f'<text x="{left + 20}" y="{top + size + 62 + 18 * row}">{name} ({total} estimates)</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


def report_bins(out, name, bins):
    out(f"\n{name}:\n\n| estimated, mean | hard | estimates |\n|---|---|---|")
    for predicted, observed, count in bins:
        out(f"| {predicted:.2f} | {observed:.2f} | {count} |")


def of(estimates, name, keep=lambda problem: True):
    return {m: {p: x for p, x in by[name].items() if keep(p)} for m, by in estimates.items()}


def report_recorded(out, estimates, wrong, paper, silent):
    aime = lambda problem: problem[0].startswith("aime")  # noqa: E731
    paper = {m: paper for m in estimates}
    out("| estimator, on recorded traces | a vote of eight is wrong | the paper's hard label |\n|---|---|---|")
    rows = {"prompt features, before (AIME alone)": of(estimates, "before", aime),
            "pilot, profile of the other half": of(estimates, "pilot"),
            "pilot, coefficients of the other models": of(estimates, "pilot, coefficients of the other models"),
            "the same pilot traces: agreement alone": of(estimates, "agreement"),
            "the same pilot traces: mean length alone": of(estimates, "length")}
    for name, by_model in rows.items():
        out(f"| {name} | {auc_text(by_model, wrong)} | {auc_text(by_model, paper)} |")
    out(f"\nThe pilot gave no estimate in {silent['pilot']} of {silent['solves']} solves: fewer than two traces had ended.\n")
    out("| model | votes that are wrong | pilot: wrong vote | pilot: the paper's label |\n|---|---|---|---|")
    pilots = of(estimates, "pilot")
    for m in estimates:
        one = {m: pilots[m]}
        out(f"| {m} | {sum(wrong[m].values()) / len(wrong[m]):.2f} | {mean_auc(one, wrong):.3f} | {mean_auc(one, paper):.3f} |")
    return {"pilot": bins_of(pilots, wrong), "prompt features": bins_of(rows["prompt features, before (AIME alone)"], wrong)}


def report_simulated(out, estimates, labels):
    out("\n| estimator, on simulated models | a vote of eight is wrong |\n|---|---|")
    for noise in NOISES:
        out(f"| judge, error {noise} | {auc_text(of(estimates[noise], 'before'), labels)} |")
    out(f"| pilot, built-in coefficients | {auc_text(of(estimates[NOISES[0]], 'pilot'), labels)} |")
    wrong = [y for by in labels.values() for y in by.values()]
    out(f"\n{SIMULATED_PROBLEMS} made-up problems, {len(labels)} simulated solvers, {sum(wrong) / len(wrong):.2f} of the votes wrong.")
    return {f"judge, error {n}": bins_of(of(estimates[n], "before"), labels) for n in NOISES}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path, required=True)
    parser.add_argument("--models", default=",".join(table.HORIZON))
    parser.add_argument("--rotations", type=int, default=4, choices=range(1, 9), metavar="1-8")
    parser.add_argument("--speed", type=float, default=8000)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--fit", action="store_true", help="print the coefficients of all models together, and end")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--plot", type=pathlib.Path)
    args = parser.parse_args()
    if not (args.shared / "traces").is_dir():
        print(f"skipped: there are no recorded traces in {args.shared}")
        sys.exit(77)
    started = time.monotonic()
    work = pathlib.Path(tempfile.mkdtemp(prefix="sextant-difficulty-"))
    models = args.models.split(",")
    files = {m: table.trace_files(args.shared, m) for m in table.HORIZON}
    # All models, whichever are run: the others lend their coefficients, and make the paper's label.
    rows = {m: evaluate.rows_of(files[m]) for m in table.HORIZON}
    if args.fit:
        print(fit(args, rows, work), end="")
        return
    # An answer is read from the end of a text as well, and many times faster.
    ends = {m: [{k: v for k, v in t.items() if k != "output"} for t in r] for m, r in rows.items()}
    oracle = table.load_oracle(args.shared)
    traces = {m: table.read_traces(args, files[m], work, m) for m in table.HORIZON}
    half = evaluate.halves(traces[models[0]])
    lines, estimates, silent = [], {}, collections.Counter()

    def out(line=""):
        print(line, flush=True)
        lines.append(line)

    for m in models:
        others = [fit(args, {o: [t for t in r if half.get((t["dataset"], t["problem_id"])) != tested]
                             for o, r in ends.items() if o != m}, work) for tested in (0, 1)]
        estimates[m], quiet = run_recorded(args, m, files[m], rows[m], half, others, work)
        silent += quiet
        print(f"# {m}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    bins = report_recorded(out, estimates, {m: wrong_votes(oracle, m, traces[m]) for m in models}, paper_labels(traces), silent)
    bins.update(report_simulated(out, *run_simulated(args, work)))
    for name in COLOURS:
        report_bins(out, name, bins[name])
    if args.plot:
        plot({name: bins[name] for name in COLOURS}, args.plot)
    out(f"\nTook {time.monotonic() - started:.0f} s: {args.rotations} of 8 rotations, {args.speed:g} tokens/s a trace, "
        f"{args.chunk} tokens a chunk, {args.concurrency} solves at a time.")
    if args.report:
        args.report.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
