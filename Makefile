# make demo: the environment, the main job, and where the charts are.   make test: the environment and the tests.
# make types: mypy over the package, and over a file of uses and misuses of the public names.
# make site: the documents as a site, in build/site, readable without a network.
# PYTHON= picks another interpreter (3.11 or later), VENV= another place for the environment.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test types slow docs site clean

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "crink_abm needs Python 3.11 or later; '$(PYTHON)' is not one. Say make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet -c constraints.txt -e . --group test
	@touch $@

GROUP := import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"][sys.argv[1]], sep="\n")

$(VENV)/.ready-types: $(VENV)/.ready
	$(BIN)/python -c '$(GROUP)' types > $(VENV)/types.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r $(VENV)/types.txt
	@touch $@

demo: $(VENV)/.ready
	$(BIN)/crink-abm sweep experiments/policy_cube.toml

test: $(VENV)/.ready-test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST_ARGS)

types: $(VENV)/.ready-types
	$(BIN)/python -m mypy

slow: $(VENV)/.ready-test
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

docs: $(VENV)/.ready
	$(BIN)/python -m crink_abm.report.odd docs/odd.md
	$(BIN)/python docs/architecture.py

$(VENV)/.ready-site: $(VENV)/.ready
	$(BIN)/python -c '$(GROUP)' site > $(VENV)/site.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r $(VENV)/site.txt
	@touch $@

site: $(VENV)/.ready-site
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

clean:
	rm -rf .venv .venv-* build *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache
