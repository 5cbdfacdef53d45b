# make run    set up, build the library from corpus/, open the app        make test   set up and pass every test
# make setup  fill .venv                                                   make check  ruff, mypy and Biome
# make bench  measure again what the tables in tests/bench/ say              make torture  promises at full counts (an hour)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test check bench torture clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(STAMP)

run: setup
	$(BIN)/python corpus/index.py
	$(BIN)/kb app

test: setup
	bash tools/test-packages.sh
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	@PATH="$(BIN):$$PATH"; if command -v biome >/dev/null; then biome check app/static; \
	else echo 'app/static is not checked: npm install -g @biomejs/biome installs its linter'; fi

bench: setup
	$(BIN)/python -m tests.bench

torture: setup
	$(BIN)/python -m tests.torture --write

clean:
	rm -rf $(VENV) build dist *.egg-info
