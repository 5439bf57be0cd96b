# make run    set up and start the demo          make test   set up and run every check
# make train  set up training, too               make lock   resolve the versions again
# make clean  remove the environment
# make messages  take new user-facing texts into the translation catalogues

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What comes with torch's own build.
TORCH := cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
	nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
	nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx torch triton

.PHONY: run train test check messages lock clean
.DELETE_ON_ERROR:

run: $(VENV)/.run
	@$(BIN)/aprendiz serve --demo

train: $(VENV)/.train

test: $(VENV)/.train $(VENV)/.test
	@sh .ci/browser
	@$(MAKE) --no-print-directory check

check:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder --cov --cov-report=term

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

# No lock holds torch: it comes in builds for each processor and graphics card, from indexes of its own. Without an NVIDIA card, point pip
# to PyTorch's CPU builds first (https://pytorch.org/get-started/locally): they are a tenth of the download.
$(VENV)/.train: $(VENV)/.run requirements-train.lock
	$(BIN)/pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-train.lock
	@touch $@

$(VENV)/.test: $(VENV)/.run requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock: | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra train --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url -c requirements.lock $(TORCH:%=--no-emit-package %) -o requirements-train.lock

clean:
	rm -rf $(VENV)
