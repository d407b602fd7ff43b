# Concordat. `make demo` and `make test` need Python 3.11+ and nothing else.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv --quiet
SYNC := $(UV) sync --frozen --inexact --compile-bytecode --extra node

.PHONY: help demo test pythons test-long lint bench clean
help:  ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Concordat needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/installed: $(BIN)/uv pyproject.toml uv.lock
	@$(SYNC) --no-dev
	@$(BIN)/python -m compileall -q src
	@touch $@

.venv/installed-dev: .venv/installed
	@$(SYNC)
	@touch $@

demo: .venv/installed  ## Play the story and leave the console running (ONCE=1 ends by itself, RESET=1 starts over)
	@$(BIN)/concordat demo --dir demo/node $(if $(ONCE),--once) $(if $(RESET),--reset) $(if $(DATA),--data "$(DATA)")

test: .venv/installed-dev  ## Run the tests
	@$(BIN)/pytest -q -n 2 -m "not slow and not browser"
	@$(BIN)/pytest -q -n 2 --dist loadfile -m browser

pythons: .venv/installed  ## Install for the other Pythons that pyenv has, so that `make test` compares roots across them
	@for python in $(wildcard $(HOME)/.pyenv/versions/3.1[2-9]*/bin/python); do \
	  UV_PROJECT_ENVIRONMENT=.venv/pythons/$$(basename $$(dirname $$(dirname $$python))) $(UV) sync --frozen --no-dev --python $$python || exit 1; done

test-long: .venv/installed-dev  ## Run the long lanes too: 10 000 crash points, 50 kills
	@$(BIN)/pytest -q -n 2 -m "not browser"
	@$(BIN)/pytest -q -n 2 --dist loadfile -m browser

lint: .venv/installed-dev  ## Style, types, import boundaries
	@$(BIN)/ruff check src tests bench
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: .venv/installed-dev  ## Measure, beside named rivals and limits; writes bench/results.json
	@$(BIN)/python -m bench.run

clean:  ## Remove what was installed and the demo's folders
	rm -rf .venv demo
