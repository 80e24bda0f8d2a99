# One command each; `make help` lists them. PYTHON names the interpreter to build .venv with (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses=4 --dist loadscope
SOURCES := careline tests scripts benchmarks

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-quick test-postgres check fmt bench wheel lock messages clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1|/p' Makefile | column -t -s '|' 2>/dev/null \
	  || sed -n 's/^\([a-z-]*\):[^#]*## /  make \1  /p' Makefile

setup: ## prepare .venv, the assets and the translations (nothing to do: a blink)
	@$(PYTHON) scripts/setup.py

run: setup ## start Careline on http://localhost:8000 (PORT changes it)
	@exec $(BIN)/careline up

demo: setup ## fill an empty Careline with the demo operation
	@$(BIN)/careline demo
	@echo "The demo operation is ready. Start it with: make run"

test: setup ## run every test, on SQLite or on the database in DATABASE_URL
	@$(BIN)/python scripts/system_packages.py tests
	@$(PYTEST) $(PYTEST_ARGS)

test-quick: setup ## run the tests that take no browser and no long time
	@$(PYTEST) -m "not slow and not browser" $(PYTEST_ARGS)

test-postgres: setup ## run every test on PostgreSQL (one that answers here, else a private one)
	@$(BIN)/python scripts/system_packages.py tests postgres
	@$(BIN)/python scripts/with_postgres.py $(PYTEST) $(PYTEST_ARGS)

check: setup ## format, lint, types, floors, architecture, translations, known vulnerabilities
	@$(BIN)/python scripts/check.py

fmt: setup ## format the code and repair what ruff can
	@$(BIN)/ruff check --fix-only --quiet $(wildcard $(SOURCES))
	@$(BIN)/ruff format --quiet $(wildcard $(SOURCES))

bench: setup ## run the benchmarks; each prints its ratio
	@set -e; for file in benchmarks/[a-z]*.py; do \
	  [ -e "$$file" ] || { echo "There are no benchmarks yet."; break; }; \
	  echo "== $$file"; $(BIN)/python "$$file"; done

wheel: setup ## build the wheel into dist/, assets and translations inside
	@$(BIN)/python -m hatchling build -t wheel

lock: setup ## choose versions again: requirements.lock from pyproject.toml (UPGRADE=--upgrade for newer ones)
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header $(UPGRADE) \
	  --extra dev --extra postgres pyproject.toml -o requirements.lock

messages: setup ## collect the texts to translate into careline/locale
	@$(BIN)/python scripts/system_packages.py messages
	@$(BIN)/python scripts/messages.py extract

clean: ## remove what setup made (your data under var/ stays)
	rm -rf .venv node_modules careline/web/static/dist dist build
