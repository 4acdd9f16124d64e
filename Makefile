# Every target sets up what it needs inside the checkout: a virtual environment in .venv, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The policy pack's library pins an old protobuf, so it has an environment of its own.
PACK := .venv-policy
PACK_STAMP := $(PACK)/.installed
# Hundreds of processes start in a test run: compiled modules are kept, whatever this says outside.
export PYTHONDONTWRITEBYTECODE :=
# A test that waits for a process or a build leaves its core to another one.
WORKERS ?= $(shell $(BIN)/python -c 'import os; n = os.cpu_count(); print(min(2 * n, n + 8))')
SOURCES := pulumi_comfy tests examples docs/templates bench
# Each worker collects every file that it is given, so it is given those that hold its tests.
APART = $(shell grep -rl 'mark\.apart' tests --include='test_*.py')
# What is measured runs without the CLI, also where there is one, so that the figure is the same everywhere.
WHOLLY_APART = $(shell grep -rl '^pytestmark = .*mark\.apart' tests --include='test_*.py')

# What decides a promotion; what deploys it needs an engine.
DECIDING := changes compat exported gate lines pins plan records settings_file splice words yaml_text yaml_tree
comma := ,
empty :=

.PHONY: demo test test-cli test-strangers check generate bench soak clean
.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "pulumi_comfy needs Python 3.10 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(PACK_STAMP): pyproject.toml
	$(PYTHON) -m venv $(PACK)
	$(PACK)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[policy]'
	@touch $@

demo: $(STAMP) ## Deploy the quickstart to the embedded emulator and show it
	@$(BIN)/pulumi-comfy demo

test: $(STAMP) $(PACK_STAMP) ## Run the tests; CASES=all: every case, and the coverage gates; ARGS: what pytest is told
ifdef ARGS
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)
else ifeq ($(CASES),all)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/core --cov=pulumi_comfy/core --cov-report= --cov-fail-under=100
	.ci/without-cli $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not apart' tests/promotion --cov --cov-append --cov-report=
	$(BIN)/python -m coverage report --fail-under=100 --include=$(subst $(empty) ,$(comma),$(DECIDING:%=pulumi_comfy/promotion/%.py))
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m apart $(APART)
	.ci/without-cli $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m 'not apart' $(addprefix --ignore=,tests/core tests/promotion $(WHOLLY_APART)) --cov --cov-append --cov-report=term --cov-fail-under=95
else
	.ci/without-cli $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --brief tests
endif

test-cli: $(STAMP) $(PACK_STAMP) ## Run the scenarios on the real pulumi CLI too (it must be on PATH)
	$(BIN)/python -m pytest -m cli --comfy-engine=both $(ARGS)

test-strangers: $(STAMP) ## Run the vendors' own clients against the emulators; RUNCOMFY_MCP names a checkout of RunComfy's
	COMFY_STRANGERS=1 $(BIN)/python -m pytest $(or $(ARGS),tests/strangers)

check: $(STAMP) ## Everything a reviewer would look at: format, lint, types, generated files
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/python -m pulumi_comfy.schema --check
	$(BIN)/python -m pulumi_comfy.emulator.page --check
	$(BIN)/python -m pulumi_comfy.policy.page --check

generate: $(STAMP) ## Write schema.json, the resource classes and the docs pages from the models
	$(BIN)/python -m pulumi_comfy.schema
	$(BIN)/python -m pulumi_comfy.emulator.page
	$(BIN)/python -m pulumi_comfy.policy.page

bench: $(STAMP) ## Measure how fast it is and print a table: each number, as a ratio in one run, beside the bar that it holds
	$(BIN)/python -m bench

soak: $(STAMP) ## Live 10,000 random steps of a stack's life (COMFY_SOAK_STEPS=n for another number); half an hour
	COMFY_SOAK_STEPS=$${COMFY_SOAK_STEPS:-10000} $(BIN)/python -m pytest -q -o faulthandler_timeout=0 tests/soak $(ARGS)

clean: ## Remove everything that make has made
	rm -rf $(VENV) $(PACK) .pytest_cache .mypy_cache .ruff_cache .coverage* htmlcov
