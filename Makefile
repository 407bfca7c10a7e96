# Two commands: `make demo` and `make test`. Each sets up what it needs in .venv/ first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# What Python compiles is kept, whatever the caller's environment says: else each process does it again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: env dev peers demo test style reference bench fuzz fmt docs lock clean

env: $(VENV)/.runtime
dev: $(VENV)/.dev

$(VENV)/.runtime: locks/runtime.txt pyproject.toml tools/env.sh
	PYTHON="$(PYTHON)" sh tools/env.sh $(VENV) locks/runtime.txt
	touch $@

# The lock for development holds all that the other holds (a test says so).
$(VENV)/.dev: locks/dev.txt locks/runtime.txt pyproject.toml tools/env.sh
	PYTHON="$(PYTHON)" sh tools/env.sh $(VENV) locks/dev.txt
	touch $(VENV)/.runtime $@

# What the benchmarks hold us against, in an environment of its own.
peers: $(VENV)-peers/.peers

$(VENV)-peers/.peers: locks/peers.txt tools/peers.sh | $(VENV)/.runtime
	PYTHON="$(PYTHON)" sh tools/peers.sh $(VENV)-peers locks/peers.txt
	touch $@

demo: env
	$(BIN)/makara demo $(ARGS)

test: dev
	$(MAKE) --no-print-directory -j 2 style reference
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

# Two lanes, one a core: types and the decoder of AIS on one side, on the other every rule. Both leave compiled kernels
# behind, which else both workers of the tests would compile.
style:
	sh tools/browser.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/makara ingest --explain tests/sources/samples/case >/dev/null

reference:
	$(BIN)/python tools/docs.py --check

bench: dev peers
	$(BIN)/python -m bench $(ARGS)

fuzz: dev peers
	$(BIN)/python tools/fuzz_ais.py $(ARGS)

fmt: dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: dev
	$(BIN)/python tools/docs.py

# Needs the package registry; uv is kept out of the environment.
lock:
	sh tools/lock.sh "$(PYTHON)"

clean:
	rm -rf $(VENV) $(VENV)-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis out
