# Two commands for a newcomer: `make build`, `make test`. Each makes its own environment from the locks.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADAPTERS := .venv-adapters
AUDIT := .venv-audit
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The sample company is built when no other data has been named.
export HOLDFAST_VARS ?= @sample_data/vars.yml

.PHONY: build test lint dev dashboard docs semantic spark-up spark-down test-variants test-faults test-spark test-sequences \
	test-semantic test-dashboard test-adapters bench bench-spark audit clean
.DEFAULT_GOAL := build

# Whoever has named other data would find the sample company among it.
build: $(VENV)/core profiles.yml ## sample company -> raw -> marts in .holdfast/warehouse.duckdb
	@test "$$HOLDFAST_VARS" = @sample_data/vars.yml || { echo "make build: makes the sample company, but HOLDFAST_VARS names other data: use holdfast land and holdfast build, or unset it" >&2; exit 1; }
	$(BIN)/python -m sample_data.generate --out sample_data/raw
	$(BIN)/holdfast land sample_data/raw
	$(BIN)/holdfast build

test: $(VENV)/dev profiles.yml ## every test of the code, on data that the tests make themselves
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: $(VENV)/dev profiles.yml ## style of Python and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONWARNINGS=ignore $(BIN)/sqlfluff lint models tests/singular tests/cross_db --processes 2

dev: $(VENV)/core profiles.yml ## Dagster on 127.0.0.1:3000
	$(BIN)/python -m orchestration.dev

dashboard: $(VENV)/dashboard ## the dashboard on 127.0.0.1:8501, of what is published
	$(BIN)/holdfast dashboard

docs: $(VENV)/core profiles.yml ## dbt docs as one page: target/static_index.html
	$(BIN)/dbt docs generate --static --vars "$$(cat sample_data/vars.yml)"

semantic: $(VENV)/semantic profiles.yml ## prepares: DBT_TARGET=published .venv/bin/mf query --metrics churn_rate ...
	$(BIN)/dbt parse --quiet

spark-up: $(VENV)/spark profiles.yml ## Spark's Thrift server on 127.0.0.1:10000, for dbt's target spark
	$(BIN)/holdfast spark up

spark-down: $(VENV)/spark
	$(BIN)/holdfast spark down

test-spark: $(VENV)/spark profiles.yml ## every model and test on Spark, compared with DuckDB
	$(BIN)/python -m pytest tests/spark

test-variants: $(VENV)/dev profiles.yml ## whole builds of other businesses, choices, threads, zones; forecasts of three seeds
	$(BIN)/python -m pytest tests/variants --numprocesses 2 --dist loadgroup
	HOLDFAST_SEEDS=3 $(BIN)/python -m pytest tests/python/test_prediction.py --numprocesses 2 --dist load

test-faults: $(VENV)/dev profiles.yml ## every loss and error is planted and must be found; kills, full disks, readers, injections
	$(BIN)/python -m pytest tests/faults --numprocesses 2 --dist load

test-sequences: export HOLDFAST_SEQUENCES ?= 2000
test-sequences: $(VENV)/dev profiles.yml ## random deliveries: builds that go on against builds from nothing
	$(BIN)/python -m pytest tests/python/test_incremental.py --numprocesses 2 --dist load

test-semantic: $(VENV)/dev semantic ## every metric of the semantic layer: mf query against the marts' columns
	$(BIN)/python -m pytest tests/semantic

test-dashboard: $(VENV)/dev profiles.yml ## every figure of the dashboard and the report against the marts; all pages in Chromium, with axe-core
	@command -v npm > /dev/null || { echo 'npm is missing: axe-core comes by it (apt-get install npm)' >&2; exit 1; }
	@command -v "$${HOLDFAST_CHROMIUM:-chromium}" > /dev/null || { \
		echo 'Chromium is missing (apt-get install chromium); another one: HOLDFAST_CHROMIUM=<path>' >&2; exit 1; }
	npm ci --prefix tests/browser --ignore-scripts --no-audit --no-fund
	$(BIN)/python -m pytest tests/dashboard --numprocesses 2 --dist loadfile
	$(BIN)/python -m pytest tests/browser

test-adapters: $(ADAPTERS)/ready ## the other warehouses of profiles.example.yml: compiled, not executed
	HOLDFAST_EVERY_ADAPTER=1 $(ADAPTERS)/bin/python -m pytest tests/adapters

bench: $(VENV)/bench profiles.yml ## what builds cost, beside other ways; an hour and a half: tables of docs/benchmark.md
	$(BIN)/python bench/scale.py
	$(BIN)/python bench/scale.py --customers 1000000 --memory 6GB
	$(BIN)/python bench/side_by_side.py --memory 6GB
	$(BIN)/python bench/incremental.py --memory 6GB --refresh 2GB
	$(BIN)/python bench/report.py

bench-spark: $(VENV)/spark profiles.yml ## a cluster of one master and two workers; one is killed; equal to DuckDB
	$(BIN)/python bench/cluster.py --once
	$(BIN)/python bench/cluster.py --customers 10000 --calm
	$(BIN)/python bench/cluster.py --customers 10000 --calm --once --workers 1
	$(BIN)/python bench/report.py

audit: $(AUDIT)/ready ## known advisories against what is installed; asks a database on the network
	$(AUDIT)/bin/pip-audit --disable-pip --require-hashes -r requirements/core.txt

# Of what is installed a build imports a part, and compiles that by itself: compiling all takes 20 s. Two installers
# at once, each with half of the lock, take two thirds of the time of one; a lock leaves nothing to resolve.
$(VENV)/core: requirements/core.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	awk '/^[a-z]/ { half = 1 - half } { print > ("$(VENV)/half" half ".txt") }' requirements/core.txt
	printf '%s\n' 0 1 | xargs -P 2 -I {} \
		$(BIN)/pip install -q --no-compile --no-deps --require-hashes -r $(VENV)/half{}.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dashboard: requirements/dashboard.txt pyproject.toml $(VENV)/core
	$(BIN)/pip install -q --no-compile --require-hashes -r requirements/dashboard.txt
	touch $@

$(VENV)/dev: requirements/dev.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/spark: requirements/spark.txt $(VENV)/dev
	$(BIN)/pip install -q --no-compile --require-hashes --no-build-isolation -r requirements/spark.txt
	touch $@

$(VENV)/bench: requirements/bench.txt $(VENV)/dev
	$(BIN)/pip install -q --no-compile --require-hashes -r requirements/bench.txt
	touch $@

# halo, for the spinner of `mf`, comes as source alone: core's setuptools builds it.
$(VENV)/semantic: requirements/semantic.txt $(VENV)/core
	$(BIN)/pip install -q --no-compile --require-hashes --no-build-isolation -r requirements/semantic.txt
	touch $@

# Apart from the rest: Databricks wants an older dbt-spark. Without --no-deps pip looks for newer versions of what the
# lock names with extras alone (google-auth), and refuses them for want of a hash.
$(ADAPTERS)/ready: requirements/adapters.txt
	test -x $(ADAPTERS)/bin/python || $(PYTHON) -m venv $(ADAPTERS)
	$(ADAPTERS)/bin/pip install -q --no-compile --no-deps --require-hashes -r requirements/adapters.txt
	touch $@

$(AUDIT)/ready: requirements/audit.txt
	test -x $(AUDIT)/bin/python || $(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/pip install -q --no-compile --require-hashes -r requirements/audit.txt
	touch $@

profiles.yml:
	cp profiles.example.yml $@

clean: ## environment, warehouse and everything generated
	rm -rf $(VENV) $(ADAPTERS) $(AUDIT) .holdfast target logs sample_data/raw sample_data/truth.json
