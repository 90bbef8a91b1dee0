"""The tables of evaluate.py, as Markdown."""
import collections
import random

import table

ACCURACY, FINISHED, BILLED, SEQUENTIAL = range(4)
RESAMPLES = 1000
VOTE = "majority_vote(n=8)"


def over_datasets(by_problem, problems=None):
    return table.mean_over_datasets([(p[0], by_problem[p]) for p in (problems or by_problem)])


def differences(ours, theirs, problems=None):
    """Points of accuracy, and the ratios of billed and sequential tokens."""
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


def mean_row(ours, theirs):
    """Means over models of differences(), with intervals."""
    rows = [differences(ours[m], theirs[m]) for m in ours]
    means = [sum(column) / len(rows) for column in zip(*rows)]
    boot = [[sum(column) / len(ours) for column in zip(*(differences(ours[m], theirs[m], r) for m in ours))]
            for r in resamples(next(iter(ours.values())))]
    ends = [interval(column) for column in zip(*boot)]
    return (f"**{means[0]:+.2f}** [{ends[0][0]:+.2f}, {ends[0][1]:+.2f}] | **{means[1]:.3f}** "
            f"[{ends[1][0]:.3f}, {ends[1][1]:.3f}] | **{means[2]:.3f}** [{ends[2][0]:.3f}, {ends[2][1]:.3f}]")


def percent(figures):
    return f"{100 * figures[ACCURACY]:.2f}"


def report_goal(out, name, ours, fixed):
    """Against majority_vote(n=8,stop=all), per model and in the mean with intervals."""
    out(f"\n### auto, {name}, against majority_vote(n=8,stop=all)\n")
    out("| model | vote of eight % | auto % | difference, points | billed | sequential |\n|---|---|---|---|---|---|")
    votes = {m: fixed[m][VOTE] for m in ours}
    for model in ours:
        d = differences(ours[model], votes[model])
        out(f"| {model} | {percent(over_datasets(votes[model]))} | {percent(over_datasets(ours[model]))} "
            f"| {d[0]:+.2f} | {d[1]:.3f} | {d[2]:.3f} |")
    out(f"| **mean** | | | {mean_row(ours, votes)} |")


def best_mixture(points, billed):
    """Highest accuracy at `billed` tokens of one fixed strategy or a mixture of two, or of a cheaper one; None below the
    cheapest."""
    best = max((y for x, y in points if x <= billed), default=None)
    if best is None:
        return None
    for x1, y1 in points:
        for x2, y2 in points:
            if x1 <= billed < x2:
                best = max(best, y1 + (y2 - y1) * (billed - x1) / (x2 - x1))
    return best


def points_of(counted):
    return [(f[BILLED], f[ACCURACY]) for f in (over_datasets(by) for by in counted.values())]


def report_budget(out, budget, ours, fixed, capped, over):
    """Against fixed strategies of the same billed tokens: without a cap, and with the same cap on every problem."""
    out(f"\n### auto, token budget {budget:g} mean traces\n")
    out("| model | billed, mean traces | auto % | best fixed without a cap % | difference | best fixed under the same cap % | "
        "difference | simple under the cap % at billed |\n|---|---|---|---|---|---|---|---|")
    gains, means = ([], []), []
    for model in ours:
        unit = over_datasets(fixed[model]["simple"])[BILLED]
        mine = over_datasets(ours[model])
        cells = []
        for i, counted in enumerate((fixed[model], capped[model])):
            best = best_mixture(points_of(counted), mine[BILLED])
            if best is None:
                cells.append("none is as cheap | ")
            else:
                gains[i].append(100 * (mine[ACCURACY] - best))
                cells.append(f"{100 * best:.2f} | {gains[i][-1]:+.2f}")
        simple = over_datasets(capped[model]["simple"])
        means.append((mine[BILLED] / unit, mine[ACCURACY], simple[ACCURACY], simple[BILLED] / unit))
        out(f"| {model} | {mine[BILLED] / unit:.2f} | {percent(mine)} | {cells[0]} | {cells[1]} "
            f"| {percent(simple)} at {simple[BILLED] / unit:.2f} |")
    used, accuracy, simple, simple_used = (sum(c) / len(c) for c in zip(*means))
    shown = [f"of {len(g)} | **{sum(g) / len(g):+.2f}**" if g else " | " for g in gains]
    out(f"| **mean** | {used:.2f} | {100 * accuracy:.2f} | {shown[0]} | {shown[1]} | {100 * simple:.2f} at {simple_used:.2f} |")
    out(f"\nSolves billed more than the budget and a chunk a trace: {over}.")


def report_time(out, lengths, ours, capped, over):
    """Against a vote of eight, and the first three of eight, that have the same time."""
    out(f"\n### auto, sequential budget {lengths:g} mean traces\n")
    out("| model | vote of eight % | first three of eight % | auto % | difference to the vote, points | billed | sequential |\n"
        "|---|---|---|---|---|---|---|")
    votes = {m: capped[m][VOTE] for m in ours}
    for model in ours:
        d = differences(ours[model], votes[model])
        out(f"| {model} | {percent(over_datasets(votes[model]))} | {percent(over_datasets(capped[model]['first_finish(k=3,n=8)']))} "
            f"| {percent(over_datasets(ours[model]))} | {d[0]:+.2f} | {d[1]:.3f} | {d[2]:.3f} |")
    out(f"| **mean** | | | | {mean_row(ours, votes)} |")
    out(f"\nSolves whose clock passed the budget by more than a chunk: {over}.")


def report_recipe(out, name, recipe, plans, auto, fixed):
    """The paper's recipe in the server beside auto on the same budget; billed and sequential in mean traces."""
    out(f"\n### The paper's recipe, {name}\n")
    out("| model | recipe ran | % | billed | sequential | auto % | billed | sequential | difference, points | "
        "FFS-1@8 % | finished, as the paper counts | billed |\n|---|---|---|---|---|---|---|---|---|---|---|---|")
    rows = []
    for model in recipe:
        unit = over_datasets(fixed[model]["simple"])[BILLED]
        theirs, mine = over_datasets(recipe[model]), over_datasets(auto[model])
        first = over_datasets(fixed[model]["first_finish(k=1,n=8)"])
        row = [100 * theirs[ACCURACY], theirs[BILLED] / unit, theirs[SEQUENTIAL] / unit, 100 * mine[ACCURACY],
               mine[BILLED] / unit, mine[SEQUENTIAL] / unit, 100 * (mine[ACCURACY] - theirs[ACCURACY]),
               100 * first[ACCURACY], first[FINISHED] / unit, first[BILLED] / unit]
        rows.append(row)
        out(f"| {model} | {plans[model]} | " + " | ".join(shown(row)) + " |")
    out("| **mean** | | " + " | ".join(shown([sum(c) / len(c) for c in zip(*rows)])) + " |")


def shown(row):
    formats = ("{:.2f}", "{:.2f}", "{:.2f}", "{:.2f}", "{:.2f}", "{:.2f}", "{:+.2f}", "{:.2f}", "{:.2f}", "{:.2f}")
    return [f.format(value) for f, value in zip(formats, row)]
