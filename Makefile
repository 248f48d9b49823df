# Everything a newcomer types. Each target sets up what it needs; nothing has to be installed by hand but Python 3.11 and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SERVICES := gateway catalog enrollment notifications
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:

.PHONY: help run test nightly fuzz check bench chaos assets lock docs

help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run $(VENV)/bin/skillslab node_modules/.made  ## start the whole platform on this machine; Ctrl-C stops it
	@SKILLSLAB_DEMO=$${SKILLSLAB_DEMO:-1} exec $(PY) -m shared.launch $(SERVICES)

test: $(VENV)/.dev node_modules/.made  ## every test, on real servers
	@.ci/servers
	@$(PY) -m pytest -n 3

nightly: $(VENV)/.dev node_modules/.made  ## the same tests with their full counts
	@.ci/servers
	@SKILLSLAB_COUNTS=full $(PY) -m pytest

fuzz: $(VENV)/.dev node_modules/.made  ## only made-up input, and all of it: the API by its document, and hostile texts
	@.ci/servers
	@SKILLSLAB_COUNTS=full $(PY) -m pytest -m fuzz

check: $(VENV)/.dev  ## lint, types, import contracts, generated files
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(VENV)/bin/lint-imports --no-logo
	@$(PY) -m docs.generate --check
	@$(VENV)/bin/codespell

bench: $(VENV)/.dev node_modules/.made  ## speed, each figure beside its yardstick; writes docs/benchmarks.md
	@.ci/servers
	@$(PY) -m tests.bench

chaos: $(VENV)/.dev node_modules/.made  ## enroll and cancel under kill -9 of everything, then check every promise (SEED, OPS, KILLS)
	@.ci/servers
	@$(PY) -m tests.chaos

assets: node_modules/.made  ## style sheets, icons, font and map, from npm

docs: $(VENV)/.dev  ## the documents that follow from the code
	@$(PY) -m docs.generate

lock: $(VENV)/.dev  ## renew the lock files from pyproject.toml
	@for set in service: run:embedded dev:embedded,dev; do \
	  extras=$$(echo $${set#*:} | sed 's/\([a-z]\+\)/--extra \1/g; s/,/ /g'); \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    --constraint requirements/dev.txt $$extras pyproject.toml --output-file requirements/$${set%:*}.txt; \
	done

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Skillslab needs Python 3.11 or newer; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up (once): Python packages …"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/run.txt | $(VENV)/.python
	@$(PIP) -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/.python
	@$(PIP) -r $<
	@touch $@ $(VENV)/.run

$(VENV)/bin/skillslab: | $(VENV)/.python
	@ln -sf ../../deploy/skillslab $@

node_modules/.made: package-lock.json | $(VENV)/.python
	@echo "Setting up (once): style sheets, icons and map …"
	@if command -v npm >/dev/null; then npm=npm; else $(PIP) -r requirements/node.txt && npm=$(VENV)/bin/npm; fi; \
	  PATH="$$PWD/$(VENV)/bin:$$PATH" $$npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
