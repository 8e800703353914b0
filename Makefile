# The front doors. `make help` lists them.
SHELL := /bin/bash
# A build that fails behind a pipe fails the target.
.SHELLFLAGS := -o pipefail -ec
.DEFAULT_GOAL := help
PRESET ?= dev
BUILD := build/$(PRESET)
JOBS ?= $(shell nproc)
DEPS := $(or $(DEPS_DIR),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/millrace/deps)
PYTHON := $(DEPS)/python/bin/python
export DEPS_DIR := $(DEPS)
# Clones share one compiler cache: paths are hashed relative to the clone.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

bootstrap: ## install what is missing (pinned, verified, cached outside the clone)
	@scripts/bootstrap

configure: bootstrap
	@[ -f $(BUILD)/build.ninja ] || cmake --preset $(PRESET) >/dev/null

build: configure ## build everything
	@echo "[build] $(PRESET)"
	@ninja -C $(BUILD) -j $(JOBS) | scripts/progress
	@scripts/build-console build/console

demo: build ## the whole story on this machine; HEADLESS=1 runs it without a person and checks it
	@$(PYTHON) -u scripts/demo.py --build $(BUILD) $(if $(HEADLESS),--headless) $(DEMO)

test: build ## every test that needs no person
	@echo "[test] unit, interop and system tests"
	@ctest --preset $(PRESET) --output-on-failure $(TESTS)

lint: configure ## formatting, clang-tidy on changed files, headers compile by themselves
	@scripts/lint $(BUILD)

check-headers: configure
	@ninja -C $(BUILD) check_headers | scripts/progress

bench: build ## benchmarks; PEERS=1 runs peers beside; writes build/bench/report.json
	@$(if $(PEERS),scripts/bootstrap --peers)
	@$(PYTHON) -u scripts/bench.py --build $(BUILD) $(if $(PEERS),--peers)

bench-cmapss: build ## remaining useful life on NASA's files: DATA=<folder> SUBSET=FD001
	@$(BUILD)/bench/bench_cmapss $(or $(DATA),$(or $(MILLRACE_DATA),../shared/data)/cmapss) $(or $(SUBSET),FD001)

asan tsan: bootstrap ## the unit tests under a sanitizer
	@cmake --preset $@ >/dev/null
	@ninja -C build/$@ -j $(JOBS) | scripts/progress
	@ctest --preset $@ -L unit

fuzz: bootstrap ## each fuzz target for SECONDS_EACH seconds (default 30), with clang
	@cmake --preset fuzz >/dev/null
	@ninja -C build/fuzz -j $(JOBS) fuzz_targets | scripts/progress
	@scripts/fuzz build/fuzz $(or $(SECONDS_EACH),30)

format: bootstrap ## rewrite C++ sources with clang-format
	@git ls-files '*.cpp' '*.hpp' | xargs $(DEPS)/python/bin/clang-format -i

clean: ## remove everything that was built
	@rm -rf build

.PHONY: help bootstrap configure build demo test lint check-headers bench bench-cmapss asan tsan fuzz format clean
