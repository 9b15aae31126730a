# make report   render Worcestershire from the embedded data pack, reporting year 2022, or YEAR=2025
# make test     every check: style, types, tests, documentation examples, notebooks
# make test-unit  the unit tests alone, in less than two minutes
# make lab      open the notebooks in JupyterLab
# make bench    time one report and many against the plain way, and rates against the national
#               package; measure how hard the report is to read and how soon it opens; a line for
#               each target
# make campaign change every national file and data package in every way that files go wrong, and read it: a table
#               of what came of it, for SEED=1, TIMES=2
# make profile  where the time of one report goes, stage by stage
# make lock     pin the newest packages that pyproject.toml allows
# make clean    remove what the commands above made, the rendered report excepted
#
# Needs GNU make and Python 3.11 or newer: make report PYTHON=python3.12
# On Windows, set up with conda (environment.yml) and call `needs` itself.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What a report needs, and all the rest: JupyterLab and the tests.
READY := $(VENV)/.ready
ALL := $(VENV)/.all
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq

# The date printed on the report: a parameter, so that the same run gives the same bytes.
REPORT_DATE ?= 2026-11-30
# Of the worked example.
YEAR ?= 2022
WORKERS ?= 2
SEED ?= 1
TIMES ?= 2
TEST_PROCESSED := build/test/processed
# The embedded data pack by itself: national files in data/raw would give other figures.
EXAMPLE := build/example
EXAMPLE_DATA := --raw $(EXAMPLE)/raw --processed $(EXAMPLE)/processed
# The publishers' national files, where they are at hand: prepared once for all tests.
MIRROR ?= ../shared/mirror
TEST_NATIONAL := build/test/national

.PHONY: report test test-unit lab bench campaign profile gallery lock clean
.DELETE_ON_ERROR:

report: $(READY)
	rm -rf $(EXAMPLE)/raw
	mkdir -p $(EXAMPLE)/raw
	cp -R data/raw/worcestershire $(EXAMPLE)/raw
	$(BIN)/needs run --area Worcestershire --year $(YEAR) --date $(REPORT_DATE) $(EXAMPLE_DATA)

test: $(ALL)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/needs prepare --processed $(TEST_PROCESSED) --quiet
	[ ! -d $(MIRROR) ] || $(BIN)/needs prepare --raw $(MIRROR) --processed $(TEST_NATIONAL) --quiet
	NEEDS_PROCESSED=$(abspath $(TEST_PROCESSED)) NEEDS_NATIONAL=$(abspath $(TEST_NATIONAL)) \
		$(BIN)/pytest tests src notebooks \
		--doctest-modules --nbval-lax --numprocesses $(WORKERS) --dist loadfile -q

test-unit: $(ALL)
	$(BIN)/pytest tests -m unit --numprocesses $(WORKERS) --dist load -q

lab: $(ALL)
	$(BIN)/jupyter lab notebooks

bench: $(ALL)
	$(foreach one,reading opening stats report batch,$(BIN)/python bench/$(one).py &&) true

campaign: $(ALL)
	$(BIN)/python tests/campaign/campaign.py --raw $(MIRROR) --seed $(SEED) --times $(TIMES) \
		--workers $(WORKERS)

profile: $(ALL)
	$(BIN)/python bench/stages.py

gallery: $(ALL)
	$(BIN)/python tests/charts/gallery.py build/gallery

# The stamp is newer than the lock once everything in it is installed, so set-up runs once.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "needs: Python 3.11 or newer is required; name one with PYTHON=...")'
	@echo "Setting up $(VENV) (once; a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes --no-deps --no-compile -r requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(ALL): $(READY) requirements-more.lock
	@echo "Adding JupyterLab and the tests to $(VENV) (once; a minute)"
	@$(PIP) install --require-hashes --no-deps --no-compile -r requirements-more.lock
	@# only now: pip asks for UNUSED too, which the first group leaves out
	@$(PIP) check
	@touch $@

# What packages of the first group ask for and import only in what needs never calls, 140 MB of it:
# geopandas its reader of other file formats (pyogrio), IPython the completion of what one types (jedi,
# and parso for it). The second group has them.
UNUSED := jedi parso pyogrio

# One set of versions in two groups: the second leaves out what the first has under the same marker.
LOCK := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header pyproject.toml

lock:
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check -qq install uv
	$(LOCK) --upgrade --all-extras --output-file build/lock/all.txt
	$(LOCK) --constraint build/lock/all.txt --output-file requirements.lock \
		$(UNUSED:%=--no-emit-package %)
	$(LOCK) --constraint build/lock/all.txt --all-extras --output-file requirements-more.lock \
		$$(grep -xFf build/lock/all.txt requirements.lock | sed -n 's/^\([a-z0-9.-]*\)==.*/--no-emit-package \1/p')

clean:
	rm -rf $(VENV) build dist data/processed/*.parquet data/processed/manifest.json
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
