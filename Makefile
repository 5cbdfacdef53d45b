# make run      set up, build the library from corpus/, open the app      make test   set up and pass every test
# make setup    fill .venv, every file by its hash                         make check  ruff, mypy and Biome
# make bench    measure again what the tables in tests/bench/ say          make lock   pin the same versions again
# make torture  promises at full counts (an hour)                          make audit  known holes in what is pinned
# make sbom     what the project is made of, as CycloneDX    make docs    the documentation site, in site/
# make release  the wheel and the source in dist/, installed and tried
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# the tests keep what is compiled, whatever the environment says: each process, and each command that a test runs, would
# compile kb and rewrite the tests again
test: export PYTHONDONTWRITEBYTECODE =
# processes that test, with up to 3 GB of memory each: one more than two cores, for a quarter of the time a test waits;
# the tests of a file stay together, the longest files come first (tests/conftest.py); a process that dies ends the run,
# which would wait for its tests for ever
WORKERS ?= 3

.PHONY: setup run test check docs release bench torture lock sbom audit tools clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tools/install.py $(wildcard tools/locks/torch*.txt)
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python tools/install.py
	touch $(STAMP)

run: setup
	$(BIN)/python corpus/index.py
	$(BIN)/kb app

test: setup
	bash tools/test-packages.sh
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0

check: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	@PATH="$(BIN):$$PATH"; if command -v biome >/dev/null; then biome check app/static; \
	else echo 'app/static is not checked: npm install -g @biomejs/biome installs its linter'; fi

docs: setup
	$(BIN)/python tools/docs.py

release: setup
	$(BIN)/python tools/release.py

bench: setup
	$(BIN)/python -m tests.bench

torture: setup
	$(BIN)/python -m tests.torture --write

tools: setup
	$(BIN)/python tools/install.py tools

lock: tools
	$(BIN)/python tools/lock.py

sbom: tools
	$(BIN)/python -m tools.sbom dist/sbom.json

audit: tools
	$(BIN)/python -m tools.audit

clean:
	rm -rf $(VENV) build dist site *.egg-info
