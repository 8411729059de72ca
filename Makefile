# make film   sets up .venv and renders the default film to build/xor.mp4
# make test   sets up .venv and runs the tests; make test-docs those of the documentation, test-frameworks of frameworks
# make fuzz   tries netviz with made-up scenes and broken files: EXAMPLES of each kind

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
EXAMPLES ?= 150

# Tests start some hundred processes: where bytecode is not kept, each of them would compile all of netviz anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: film test test-docs test-frameworks fuzz lint typecheck format bench pictures docs dist clean help

help:
	@echo "make film | test | test-docs | test-frameworks | fuzz | lint | typecheck | format | bench | pictures | docs | dist | clean"

film: $(READY)
	@mkdir -p build
	$(BIN)/netviz render xor -o build/xor.mp4 --overwrite

# Matrix products in tests are small: with a worker on each core, more threads would only wait for each other.
test: $(READY)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not documentation and not fuzz"

# The documentation: every block of its pages is run, its links are followed, its pages are read in a real browser.
test-docs: $(READY)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m documentation

# The integrations, with the frameworks that they are for: hundreds of megabytes, which nothing else here needs.
test-frameworks: $(VENV)/.frameworks
	OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/integrations -n $(WORKERS) --dist worksteal

# Scenes, links, tables, recordings, music and films that nobody would think of: make fuzz EXAMPLES=5000 takes hours.
# Others each time, but with SEED=1 those that continuous integration tries.
fuzz: $(READY)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest tests/fuzz -n $(WORKERS) --dist worksteal -m fuzz --examples $(EXAMPLES) $(SEED:%=--hypothesis-seed=%)

lint: $(READY) typecheck
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(READY)
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(BIN)/mypy release

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.memory
	$(BIN)/python -m benchmarks.leaks
	$(BIN)/python -m benchmarks.estimates
	$(BIN)/python -m benchmarks.film
	$(BIN)/python -m benchmarks.film --scene xor-classic
	$(BIN)/python -m benchmarks.film --scene playground-quadrants
	$(BIN)/python -m benchmarks.quality
	$(BIN)/python -m benchmarks.outputs
	$(BIN)/python -m benchmarks.large
	$(BIN)/python -m benchmarks.recorder
	$(BIN)/python -m benchmarks.watch
	$(BIN)/python -m benchmarks.preview
	$(BIN)/python -m benchmarks.workers

# The pictures in the README, made by netviz itself.
pictures: $(READY)
	$(BIN)/python docs/make_pictures.py

# The documentation, with a film of every bundled scene: build/docs/index.html. Films that are there are kept while
# neither their scene nor the code has changed.
docs: $(READY)
	$(BIN)/python docs/make_films.py build/docs/films
	$(BIN)/python -m sphinx --quiet --fresh-env --fail-on-warning --keep-going -d build/doctrees docs build/docs
	@echo build/docs/index.html

# Wheel and sdist, as they would be released: whole, the same when built again, and used in an empty environment.
dist: $(READY)
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/twine check --strict dist/*
	$(BIN)/python release/check_dist.py dist

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/.frameworks: $(READY) tests/integrations/requirements.txt
	$(BIN)/python -m pip install --quiet --requirement tests/integrations/requirements.txt
	@touch $@

# An environment with netviz (editable) and everything its tests need. pip older than 25.1 knows no dependency groups.
$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "netviz needs Python 3.11 or newer: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@
