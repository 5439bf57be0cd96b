# make run    set up and start the demo          make test   set up and run every check
# make lock   resolve the versions again         make clean  remove the environment
# make messages  take new user-facing texts into the translation catalogues

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check messages lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	@$(BIN)/aprendiz serve --demo

test: $(VENV)/.test
	@sh .ci/browser
	@$(MAKE) --no-print-directory check

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term

# A reworded text keeps its old translation, marked fuzzy until somebody looks at it; a removed one goes.
messages:
	$(BIN)/pybabel --quiet extract --no-default-keywords -k translate:2 -k N_ --no-wrap --no-location --omit-header \
		-o $(VENV)/messages.pot bot store finetune adapters
	$(BIN)/pybabel --quiet update -D aprendiz -i $(VENV)/messages.pot -d bot/locale --no-wrap --ignore-obsolete --previous \
		--ignore-pot-creation-date

# What must be there is asked for before anything is downloaded.
$(VENV)/bin/python:
	@sh .ci/needs $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check pip==26.3

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@test -e $@ || sh .ci/needs $(PYTHON)
	@echo "Installing the locked versions (llama.cpp is compiled: about five minutes the first time) ..."
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock: | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV)
