# Every target sets up .venv first if that has not been done for this pyproject.toml.
PYTHON ?= python3
VENV   := .venv
READY  := $(VENV)/ready
RUN    := $(VENV)/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint claims clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s%s\n", $$1, $$2}' Makefile

setup: $(READY)  ## the virtual environment in .venv, with the tested versions
	@echo "setup: $(VENV) is ready"

demo: $(READY)  ## learn a language from examples and read what was learned (about a minute)
	@$(RUN) -m nesy demo

test: $(READY)  ## all tests, in two processes; ARGS="-k pairs" selects
	@$(RUN) -m pytest -q -n 2 $(ARGS)

lint: $(READY)  ## ruff and mypy
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

claims: $(READY)  ## the table of benchmarks; NAME=scan selects, kept in benchmarks/results
	@$(RUN) -m benchmarks.claims $(NAME)

clean:  ## remove .venv, caches and built files
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt .ci/setup.py
	@command -v $(PYTHON) >/dev/null || { echo "setup: there is no $(PYTHON); install Python 3.11, 3.12 or 3.13"; exit 1; }
	@$(PYTHON) .ci/setup.py $(VENV)
