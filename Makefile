# The two commands a stranger needs: make demo, make test.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo demo-keep test test-fast swarm swarm-mutants lint figures clean

demo: $(STAMP)
	$(BIN)/vendtower-sim demo

demo-keep: $(STAMP)
	$(BIN)/vendtower-sim demo --keep

test: $(STAMP) lint
	$(BIN)/python -m pytest -n 4 --dist worksteal -r aR

test-fast: $(STAMP)
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not slow and not browser"

# Many seeds of a tower on a virtual clock with faults, for example: make swarm SEEDS=1-200 HOURS=24.
SEEDS ?= 100
HOURS ?= 1
JOBS  ?= 2
swarm: $(STAMP)
	$(BIN)/python -m benchmarks.swarm --seeds $(SEEDS) --hours $(HOURS) --jobs $(JOBS)

swarm-mutants: $(STAMP)
	$(BIN)/python -m benchmarks.swarm.mutants --jobs $(JOBS)

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

figures: $(STAMP)
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build dist demo-run .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "vendtower needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "$(PYTHON) has no venv: install the package python3-venv and try again"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[sim,dev]'
	@touch $@
