# make demo   curate makes a dump with planted truth, verifies it, scores it and shows why
# make test   lint, types and every test
# make lint   lint and types alone
# make bench  speed beside Math-Verify, on the same rows in the same run
# make clean  away with everything that the other targets made

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint bench clean

demo: export PATH := $(CURDIR)/.venv/bin:$(PATH)
demo: .venv/core.stamp
	@rm -rf demo
	@echo '== a dump whose every verdict is known'
	curate sample -o demo/dump.jsonl
	@echo '== a pool with a verdict for every trace'
	curate verify demo/dump.jsonl -o demo/pool
	@echo '== why: an example of each way to a verdict'
	curate show demo/pool
	@echo '== verdicts that are not as planted go to demo/surprises.jsonl'
	curate export demo/pool --where 'verdict != planted_verdict' -o demo/surprises.jsonl
	@echo '== how good each trace is, from its text alone'
	curate score demo/pool
	@echo '== what to train on: right and well made, with a reason for all that is left out'
	curate filter demo/pool --where "verdict = 'correct'" --where "grade <= 'D'" --name good
	curate export demo/pool --selection good -o demo/good.jsonl
	curate report demo/pool -o demo/report.html
	@echo '== open demo/report.html; the pool is demo/pool, the data demo/good.jsonl; `source .venv/bin/activate` puts `curate` on your path'

test: lint
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/bench.stamp
	$(BIN)/python benchmarks/verify.py

clean:
	rm -rf .venv demo build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*

# A stamp stands for one set of packages; pip runs again only when the lists change.
.venv/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("curate needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/core.stamp: .venv/python.stamp pyproject.toml constraints.txt
	$(INSTALL) -e .
	@touch $@

.venv/dev.stamp: .venv/core.stamp
	$(INSTALL) -e '.[dev]'
	@touch $@

.venv/bench.stamp: .venv/core.stamp
	$(INSTALL) -e '.[bench,dev]'
	@touch $@
