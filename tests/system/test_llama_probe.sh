#!/usr/bin/env bash
# `sextant probe` against a real llama.cpp server: its table, and a configuration that the server takes
# and that solves.
source "$(dirname "$0")/checks.sh"
source tests/system/llama.sh

setup_llama
start_llama tiny

"$bin/sextant" probe "http://127.0.0.1:$llama" || fail "the probe found that something is missing"
"$bin/sextant" --json probe "http://127.0.0.1:$llama/v1" >"$work/probe.json" || fail "the probe failed"
expect_json "$work/probe.json" '.kind == "llama_cpp" and .model == "tiny" and .slots == 8 and .usable' "what the probe learned"
for check in streaming usage max_tokens seed stop n logprobs continuation context cancel; do
  expect_json "$work/probe.json" ".checks[] | select(.name == \"$check\") | .verdict == \"yes\"" "the check $check"
done
expect_json "$work/probe.json" '.beam_search == "steps"' "beam search"

jq -r .config "$work/probe.json" >"$work/pasted.yaml"
"$bin/sextant-server" --config "$work/pasted.yaml" --check-config || fail "the configuration is refused"
start_server "$work/server.log" "$work/pasted.yaml"
solve pasted --model tiny --strategy "beam_search(width=2)" --max-trace-tokens 64
expect_json "$work/pasted.json" 'has("answer")' "a solve with the configuration of the probe"
echo "the probe's configuration is well-formed and solves"
