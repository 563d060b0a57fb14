# What to run from a checkout. The work is in scripts/; `make` alone lists the targets.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test test-wheels fuzz lint docs package check-package install test-matrix \
	benchmark clean

READY := .venv/.ready
# One process for each processor; tests/conftest.py says which tests stay together.
SIDE_BY_SIDE := -n auto

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: $(READY) ## install what is missing (apt), and .venv over it

$(READY): scripts/setup scripts/common.sh scripts/requirements.py pyproject.toml
	@scripts/setup

demo: setup ## make a simulated study in demo/ and run it to maps and a report
	test -e demo/study.toml || .venv/bin/wco2 new demo
	.venv/bin/wco2 run demo/study.toml

test: lint check-package docs ## every check and test, with Debian's libraries and with the newest wheels
	.venv/bin/python -m pytest $(SIDE_BY_SIDE)
	@scripts/test-wheels $(SIDE_BY_SIDE)

test-wheels: setup ## the engine's tests only, with the newest wheels
	@scripts/test-wheels $(SIDE_BY_SIDE)

fuzz: setup ## hostile inputs for MINUTES minutes (60), with limits of memory and time for each
	OPENBLAS_NUM_THREADS=1 nice .venv/bin/python -m tests.hostile.fuzz --minutes $(or $(MINUTES),60)

lint: setup ## ruff and mypy
	@scripts/lint

docs: setup ## the documentation as pages, in build/docs
	@scripts/docs

package: ## build the QGIS plugin's zip in dist/
	@scripts/package

check-package: setup package ## the plugin repository's rules, bandit, detect-secrets, Qt 6 rules
	@scripts/check-package

install: ## put the plugin into the default QGIS profile
	@scripts/install

test-matrix: ## the provider's tests with QGIS 3.40 and 3.44 (root, debootstrap)
	@scripts/test-matrix

benchmark: setup ## time all that people wait for, beside others, into docs/performance.md (30 minutes)
	OPENBLAS_NUM_THREADS=1 .venv/bin/python benchmarks/everything.py

clean: ## remove the environments, the caches and demo/
	rm -rf .venv .venv-lint .venv-package .venv-wheels demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
