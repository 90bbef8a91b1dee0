"""Fixed strategies counted from recorded traces, also where a budget cuts them: what the server would answer and bill.

All traces of a solve start together and run at the same speed. A budget of tokens ends the solve when the traces have
generated that many together, one of sequential tokens when the clock comes to it. Then finished traces that answered vote;
if there is none, what the others have stated by then, as `sextant grade` reads their texts cut at that place. Of a trace
whose end alone is known the text begins there; of what was cut before nothing is known.
"""
import collections
import json
import math

import table

NO_ANSWER = "NO_ANSWER"


class Samples:
    """A problem's traces, in the order of one rotation."""

    def __init__(self, problem, samples, truth):
        self.problem, self.truth = problem, truth
        self.traces = samples  # [(tokens, answer, sample)]

    def first(self, n):
        return [(tokens, answer) for tokens, answer, _ in self.traces[:n]]


class CutTexts:
    """What traces have stated when they are cut: asked for first, then read at once."""

    def __init__(self):
        self.asked = {}  # (problem, sample, tokens) -> what was read.

    def stated(self, problem, sample, tokens):
        return self.asked.setdefault((problem, sample, int(tokens)), NO_ANSWER)

    def read(self, args, rows, work):
        """Grades every cut text that was asked for."""
        by_sample = {((t["dataset"], t["problem_id"]), t["sample_id"]): t for t in rows}
        source, graded = work / "cut.jsonl", work / "cut-read.jsonl"
        keys = []
        with open(source, "w", encoding="utf-8") as out:
            for problem, sample, tokens in self.asked:
                t = by_sample[problem, sample]
                text = cut_text(t, tokens)
                if text:
                    keys.append((problem, sample, tokens))
                    row = {k: t[k] for k in ("dataset", "answer", "answer_kind", "choices") if k in t}
                    out.write(json.dumps({**row, "id": len(keys) - 1, "text": text}) + "\n")
        if not keys:
            return
        table.run(args.bin / "sextant", "grade", "--out", graded, source)
        with open(graded, encoding="utf-8") as lines:
            for line in lines:
                t = json.loads(line)
                self.asked[keys[t["id"]]] = t["read"]
        source.unlink()
        graded.unlink()


def cut_text(trace, tokens):
    """The beginning of its text that `tokens` hold; as far as it is known."""
    text = trace.get("output")
    begin = 0
    if text is None:
        text = trace.get("tail") or ""
        begin = max(0, trace["output_chars"] - len(text))
    chars = begin + len(text) if trace.get("output") else max(trace["output_chars"], 1)
    text = text[:max(0, int(chars * tokens / max(1, trace["completion_tokens"])) - begin)]
    # Cut off while it thinks, so that only clear statements count, as for the server.
    return text if not text or "</think>" in text or text.startswith("<think>") else "<think>" + text


def clock_when_spent(lengths, budget):
    """The clock at which traces of these lengths have generated `budget` tokens together."""
    spent, running = 0.0, len(lengths)
    for length in sorted(lengths):
        if spent + running * length > budget:
            return (budget - spent) / running
        spent += length
        running -= 1
    return math.inf


def strategies(most):
    """(name, kind, k, n) for up to `most` traces. A vote of n is first_finish with k = n."""
    yield "simple", "first", 1, 1
    for n in range(2, most + 1):
        for k in range(1, n + 1):
            yield (f"majority_vote(n={n})" if k == n else f"first_finish(k={k},n={n})"), "first", k, n
        for k in range(1, n):
            yield f"last_finish(k={k},n={n})", "last", k, n


def count_cut(oracle, samples, strategy, ties, texts, max_tokens=math.inf, max_clock=math.inf):
    """(right, finished, billed, sequential) of one solve under a budget."""
    _, kind, k, n = strategy
    traces = samples.first(n)
    voters, *figures = (oracle.first_finish if kind == "first" else oracle.last_finish)(traces, k)
    end = min(clock_when_spent([t for t, _ in traces], max_tokens), max_clock)
    if end >= figures[2]:
        return (oracle.credit(voters, samples.truth, ties), *figures)
    finished = [(t, a) for t, a in traces if t <= end]
    voters = [(t, a) for t, a in finished if a != NO_ANSWER]
    if kind == "last":
        voters = sorted(voters, reverse=True)[:k]
    if not voters:
        voters = [(end, texts.stated(samples.problem, sample, end)) for t, _, sample in samples.traces[:n] if t > end]
    billed = sum(min(t, end) for t, _ in traces)
    return oracle.credit(voters, samples.truth, ties), sum(t for t, _ in finished), billed, end


def mean(columns):
    columns = list(columns)
    return [sum(c) / len(columns) for c in zip(*columns)]


def count(oracle, problems, wanted, ties, texts, **limits):
    """Strategy -> problem -> figures, means over the rotations. `problems`: problem -> [Samples]."""
    counted = collections.defaultdict(dict)
    for strategy in wanted:
        for problem, rotations in problems.items():
            counted[strategy[0]][problem] = mean(
                count_cut(oracle, samples, strategy, ties, texts, **limits) for samples in rotations)
    return counted
