# The list of commands. Plain `make` prints it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .venv/bin/uv
BIN := .venv/bin
export STILLWATCH_SHARED ?= ../shared

help: ## List what you can do here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

# The environment: uv itself by hash, then everything else from uv.lock, by hash.
.venv/ready: uv.lock pyproject.toml dev/uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r dev/uv.txt
	@$(UV) sync --quiet --frozen
	@touch $@

.venv: .venv/ready

demo: .venv ## See a hydra found and contained: teacher, gateway and a few hundred callers (PROMPTS=DIR for real prompts)
	@$(BIN)/stillwatch demo $(if $(PROMPTS),--prompts $(PROMPTS)) $(if $(KEEP),--keep)

test: .venv ## Every test
	$(BIN)/pytest

test-quick: .venv ## The tests that take seconds
	$(BIN)/pytest -m 'not slow' tests/unit tests/integration tests/contract src

lint: .venv ## Everything that reads code without running it: format, lint, types, import contracts, layout
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python dev/check_layout.py
	$(BIN)/python dev/make_reference.py --check

fix: .venv ## Format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv ## CPU, throughput and latency beside nginx, LiteLLM and a plain proxy; exit 1 where a promised number falls short
	$(BIN)/python -m bench

bench-detection: .venv ## What hunts in millions of exchanges, live detection and its memory cost; exit 1 where it is more than promised
	$(BIN)/python -m bench.detection

bench-access: .venv ## How well the gate screens and decides, beside its rivals, and what it costs; exit 1 where it falls short
	$(BIN)/python -m bench.access

picture: .venv ## Regenerate the README's picture from the demo's own view
	$(BIN)/stillwatch demo --picture docs/demo.svg

docs: .venv ## Write the reference pages from the code
	$(BIN)/python dev/make_reference.py

golden: .venv ## Write the reduced tables' SQL texts, which the tests compare
	@$(BIN)/python -m dev.make_golden_sql

sizes: ## The ten longest files and functions
	@$(PYTHON) dev/sizes.py

check: lint test ## All that guards main

.PHONY: help demo test test-quick lint fix bench bench-detection bench-access picture docs golden sizes check .venv
