# Everything sets itself up: a virtual environment in .venv, made anew when pyproject.toml changes.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The first Python on the path that is new enough; PYTHON=... overrides it.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

HISTORIES ?= 10000
WORLDS ?= 10000
FUZZ ?= 60
ANSWERS ?= 400
SEED ?= $(shell date +%s)

# Without compiled bytecode each worker, and each process that a test starts, compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

# What takes long says so: a dot a second on stderr while the rest of the line runs.
WAITING = while sleep 1; do printf . >&2; done & dots=$$!; trap 'kill $$dots; echo >&2' EXIT;

.PHONY: help demo bench fuzz audit dist test check format lint types imports fidelity fidelity-az fidelity-js differential accessibility soak clean

help:  ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST)

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none is on the PATH; PYTHON=/path/to/python names one" >&2; exit 1; }
	@echo "making $(VENV) and installing what is needed: half a minute or so" >&2
	@$(WAITING) $(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(VENV)/pyvenv.cfg pyproject.toml
	@$(WAITING) $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[emulator]'
	@touch $@

$(VENV)/.development: $(VENV)/pyvenv.cfg pyproject.toml
	@$(WAITING) $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[emulator,dev]'
	@touch $(VENV)/.runtime $@

demo: $(VENV)/.runtime  ## Show the main job on this repository's own manifests/, on the embedded emulator
	@$(BIN)/python examples/demo.py

fuzz: $(VENV)/.development  ## A minute of damaged input for each reader; FUZZ=seconds
	$(BIN)/python -m tests.fuzz.manifests --seconds $(FUZZ)
	$(BIN)/python -m tests.fuzz.files --seconds $(FUZZ)
	$(BIN)/python -m tests.fuzz.github_step --seconds $(FUZZ)
	RECONCILER_FUZZ=$(ANSWERS) $(BIN)/python -m pytest -q -n 2 tests/fuzz/test_answers.py

test: $(VENV)/.development  ## Run every test
	$(BIN)/python -m pytest -q -n auto --dist worksteal

check: FUZZ = 8
check: ANSWERS = 40
check: format lint types imports fuzz test  ## What CI runs

format: $(VENV)/.development  ## Fail where ruff would format otherwise
	$(BIN)/ruff format --check .

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/python -m tools.lint_pipelines

types: $(VENV)/.development
	$(BIN)/mypy

imports: $(VENV)/.development
	$(BIN)/lint-imports

fidelity: $(VENV)/.development  ## Measure how much the emulator is like ARM; writes docs/fidelity.md
	$(BIN)/python tools/fidelity.py $(VENV)/fidelity

fidelity-az: $(VENV)/.development  ## The same with az CLI, installed on its own (slow the first time)
	$(BIN)/python tools/fidelity_az.py $(VENV)/fidelity/az

fidelity-js: $(VENV)/.development  ## The same with the JavaScript SDK, fetched through npm
	$(BIN)/python tools/fidelity_js.py $(VENV)/fidelity/js

differential: $(VENV)/.development  ## The same bad servers for this project and the official SDK; writes docs/differential.md
	$(BIN)/python tools/differential.py $(VENV)/fidelity

accessibility: $(VENV)/.development  ## Every HTML page in Chromium through axe-core, fetched through npm
	npm install --silent --no-save --prefix $(VENV)/axe axe-core
	RECONCILER_AXE=$(CURDIR)/$(VENV)/axe/node_modules/axe-core/axe.min.js \
		$(BIN)/python -m pytest -q -n 2 tests/e2e/test_in_chromium.py

soak: $(VENV)/.development  ## 10,000 random histories and 10,000 worlds without drift; HISTORIES=... WORLDS=... SEED=...
	RECONCILER_HISTORIES=$(HISTORIES) RECONCILER_WORLDS=$(WORLDS) RECONCILER_SEED=$(SEED) \
		$(BIN)/python -m pytest -q -n 2 -p no:logging tests/faults/test_histories.py tests/property/test_drift_laws.py

bench: $(VENV)/.development  ## Measure speed and memory beside their floors; writes docs/performance.md
	$(BIN)/python -m tools.bench --with-sdk $(VENV)/fidelity --write

audit: $(VENV)/.development  ## Look for known faults in what is installed with us (asks the package index)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9'
	$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip

dist: $(VENV)/.development  ## Build sdist and wheel, the same bytes each time, and try the wheel
	$(BIN)/python -m tools.release build dist
	$(BIN)/python -m tools.release try dist --offline

clean:  ## Remove what the targets made
	rm -rf $(VENV) .reconciler .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
