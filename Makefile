# Every target works on a fresh Debian 12: it installs the packages that are missing first.
.DEFAULT_GOAL := help
.PHONY: help deps demo test test-system bench evaluate soak fuzz arm64 server format check

help: ## Shows this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps:
	@scripts/install-deps.sh

demo: deps ## Solves a set of problems with simulated models; the first time it builds, for some five minutes
	@scripts/demo.sh

test: deps ## Format, lints and all tests: under ASan and UBSan, the core under TSan, recorded traces
	@scripts/test.sh

test-system: server ## The slower tests with real servers; skips what cannot be installed
	@scripts/build.sh release cancel_cost deadline_answer answer_speed overload chunk_instructions soak sextant-example
	@tests/system/run.sh

bench: deps ## Solves per second, and what deciding and a deadline cost, against simulated models
	@scripts/build.sh release sextant-server sextant sextant-simulator cancel_cost deadline_answer answer_speed \
		overload stream_cost chunk_instructions solve_cost close_cost scale
	@scripts/bench.sh

server: deps ## Release build of sextant-server, sextant and sextant-simulator in build/release/bin
	@scripts/build.sh release sextant-server sextant sextant-simulator

evaluate: server ## What the default policy is worth on recorded traces, where there are any
	@python3 tests/replay/evaluate.py --bin build/release/bin --shared ../shared --report build/evaluation.md
	@python3 tests/replay/difficulty.py --bin build/release/bin --shared ../shared --report build/difficulty.md --plot build/calibration.svg

soak: server ## A quarter of an hour of everything at once; then memory, descriptors and every bill are checked
	@scripts/build.sh release soak
	@scripts/soak.sh

fuzz: deps ## Ten million executions over the fuzz targets
	@scripts/fuzz.sh 10000000

arm64: ## A cross-build for 64-bit ARM, and its tests under QEMU
	@scripts/arm64.sh

format: deps ## Formats every source file
	@scripts/sources.sh | xargs clang-format-14 -i

check: deps ## Format and lints of all sources, clang-tidy over the product's
	@scripts/check.sh --tidy
