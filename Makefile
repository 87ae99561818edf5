# Two commands for a newcomer: `make test`, then `make reproduce`. Each makes the environment it needs.
PROFILE ?= smoke
PYTHON  ?= $(shell command -v python3.11 || command -v python3)
VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/ready
WORKERS ?= 2

.PHONY: reproduce test lint lab app venv clean
reproduce: $(READY)
	$(BIN)/python -m fasnb reproduce --profile $(PROFILE) --workers $(WORKERS)

test: $(READY) lint
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lab: $(READY)
	$(BIN)/jupyter lab notebooks/00_start_here.ipynb

# The threshold explorer in the browser, over the scores of the most advanced profile there is.
app: $(READY)
	$(BIN)/python -m fasnb.app

venv: $(READY)

# The stamp is written last, so an interrupted installation is taken up again.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; v = sys.version_info; sys.exit(v < (3, 11) and f'fasnb needs Python 3.11 or newer, this is {v[0]}.{v[1]}: run make PYTHON=/path/to/python3.11')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
