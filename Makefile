# Set-up, runs and checks. `make help` lists the targets; the first of them to run makes the environment in .venv.

VENV := .venv
PY   := $(VENV)/bin/python
PIP  := $(PY) -m pip --disable-pip-version-check --quiet
DEAL ?= deals/microsoft-openai-2024.yaml
HTML ?= build/$(basename $(notdir $(DEAL))).html

# The interpreter that the environment is made from; `make PYTHON=python3.12 ...` takes another.
PYTHON ?= python3

# Where a stamp's time is later than its lock's and pyproject's, the environment is as they say.
RUN_READY := $(VENV)/.installed
DEV_READY := $(VENV)/.installed-dev
BENCH_READY := $(VENV)/.installed-bench

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench fuzz docs lock clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN_READY) ## Simulate a deal and write its report (DEAL=deals/x.yaml, HTML=build/x.html).
	@mkdir -p $(dir $(HTML))
	$(VENV)/bin/prenup run $(DEAL) --html $(HTML)

test: $(DEV_READY) ## Run all tests (ARGS="-k word" to pick).
	$(PY) -m pytest -n 2 $(ARGS)

check: $(DEV_READY) ## Format, lint, types, layers: what a change must pass besides the tests.
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy --strict src
	$(VENV)/bin/lint-imports

bench: $(BENCH_READY) ## Measure speed, as ratios within one run (ARGS="process hand peers scaling ownership" to pick).
	$(PY) benchmarks/run.py $(ARGS)

fuzz: $(DEV_READY) ## Look for inputs that end in a traceback.
	$(PY) tests/fuzz.py $(ARGS)

docs: $(DEV_READY) ## Write the reference pages anew from the code.
	$(PY) docs/generate.py $(ARGS)

# Pinned versions stay as they are unless pyproject.toml rules them out; `make lock ARGS=--upgrade` takes the newest.
# One version for all Pythons and platforms ("fewest"), so that a figure does not depend on where it was worked out.
LOCK = $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-config --custom-compile-command 'make lock' $(ARGS)

lock: $(PY) ## Resolve the dependencies anew and pin them, with hashes.
	$(PIP) install uv
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --constraints requirements.lock --output-file requirements-dev.lock

clean: ## Remove everything that can be made again, the environment included.
	rm -rf $(VENV) build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian and Ubuntu ship Python without ensurepip, so that venv can't put pip into an environment. A system package
# has it: installed here where that is allowed, named otherwise.
$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer: name one that is, as in make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
			&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$$package" \
			&& $(PYTHON) -c 'import ensurepip' || { \
		echo "$(PYTHON) can't make an environment: install $$package (apt-get install $$package, as root)" >&2; exit 1; }; }
	$(PYTHON) -m venv $(VENV)

# The build backend is in the lock, hence no isolation: the last step reaches for nothing on the network.
define install
	@echo "Setting up $(VENV) from $(1)."
	$(PIP) install --require-hashes --requirement $(1)
	$(PIP) install --no-index --no-deps --no-build-isolation --editable .
endef

$(RUN_READY): requirements.lock pyproject.toml | $(PY)
	$(call install,requirements.lock)
	@touch $@

$(DEV_READY): requirements-dev.lock pyproject.toml | $(PY)
	$(call install,requirements-dev.lock)
	@touch $@ $(RUN_READY)

# The peers that prenup is measured against; their lock agrees with ours wherever both name a package.
$(BENCH_READY): $(DEV_READY) benchmarks/requirements.lock
	$(PIP) install --require-hashes --requirement benchmarks/requirements.lock
	@touch $@
