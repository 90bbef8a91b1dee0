#!/usr/bin/env python3
"""What confidence is worth on simulated models: through the real server and the simulator.

  confidence.py --bin build/release/bin [--problems 200] [--models blind,deepconf,clear] [--report FILE]

No model runs. Three simulated models differ only in how well the confidence of a trace tells right answers from wrong
ones: not at all, about as well as DeepConf's authors find (AUROC 0.76), and better than that (0.92). So the figures show
what the strategies make of such a signal, and not whether a real model gives one. Problems are made up, their difficulty
spread evenly; every strategy gets the same traces of each.
"""
import argparse
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import table  # noqa: E402  The same servers.

WINDOW, TOKENS = 64, 300
CONFIDENCE = f"weights=confidence,window={WINDOW}"
STRATEGIES = ["majority_vote(n=16,stop=all)", f"majority_vote(n=16,{CONFIDENCE})",
              f"majority_vote(n=16,{CONFIDENCE},keep=0.9,warmup=4)", f"majority_vote(n=16,{CONFIDENCE},keep=0.5,warmup=4)",
              "adaptive(n=16)", f"adaptive(n=16,{CONFIDENCE})", f"adaptive(n=16,{CONFIDENCE},keep=0.9,warmup=4)"]
# Mean confidence of right and of wrong traces, with a standard deviation of 2 between traces.
MODELS = {"blind": (13, 13), "deepconf": (14, 12), "clear": (15, 11)}
AUROC = {"blind": 0.50, "deepconf": 0.76, "clear": 0.92}


def write_files(work, problems):
    with open(work / "problems.jsonl", "w") as out:
        for i in range(problems):
            # The number leads and ends with a stop, so that no prompt contains another.
            out.write(json.dumps({"dataset": "made-up", "problem_id": i, "prompt": f"Made-up problem {i}. What is it?",
                                  "answer": str(1000 + 7 * i), "answer_kind": "integer",
                                  "difficulty": i / max(1, problems - 1)}) + "\n")
    models = [{"name": name, "horizon": "short", "tokens": {"mean": TOKENS, "sigma": 0.4, "min": 80},
               "accuracy": {"easy": 0.9, "hard": 0.2, "length_effect": 0.3}, "no_answer": 0.02,
               "confidence": {"right": right, "wrong": wrong, "spread": 2}} for name, (right, wrong) in MODELS.items()]
    (work / "models.json").write_text(json.dumps({"models": models}))  # JSON is YAML.


def evaluate(args, address, model, work):
    rows = work / f"{model}.jsonl"
    command = [args.bin / "sextant", "--server", address, "eval", "--model", model, "--problems", work / "problems.jsonl",
               "--samples-from", "0", "--concurrency", "4", "--out", rows, "--json"]
    for strategy in STRATEGIES:
        command += ["--strategy", strategy]
    return json.loads(table.run(*command))["results"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--report", type=pathlib.Path)
    args = parser.parse_args()
    lines = ["| model (AUROC) | strategy | accuracy % | billed | sequential |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        write_files(work, args.problems)
        simulator = [args.bin / "sextant-simulator", "--listen", "127.0.0.1:0", "--problems", work / "problems.jsonl",
                     "--simulate", work / "models.json", "--chunk-tokens", "16",
                     # As fast as it can, a trace would have ended before it could be stopped.
                     "--tokens-per-second", "1000"]
        with table.Process(simulator, work / "simulator.log", r"listening on (\S+)") as backend:
            config = {"server": {"listen": "127.0.0.1:0"},
                      "models": [{"name": m, "horizon": "short", "typical_trace_tokens": TOKENS, "max_traces": 16,
                                  "backends": [{"url": f"http://{backend.address}/v1"}]} for m in MODELS]}
            (work / "server.json").write_text(json.dumps(config))
            server = [args.bin / "sextant-server", "--config", work / "server.json"]
            with table.Process(server, work / "server.log", r"model\(s\) on (\S+),") as sextant:
                for model in args.models.split(","):
                    for row in evaluate(args, sextant.address, model, work):
                        if row["failed"]:
                            sys.exit(f"{model} {row['strategy']}: {row['failed']} solves failed")
                        lines.append(f"| {model} ({AUROC[model]:.2f}) | {row['strategy']} | {100 * row['accuracy']:.1f} | "
                                     f"{row['billed_tokens']:.0f} | {row['sequential_tokens']:.0f} |")
                        print(lines[-1], flush=True)
    if args.report:
        args.report.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
