# Everything a person does with this project. `make help` lists it.
# Needs: Linux, Python 3.11 or newer, make, a package index. No Docker, no AWS account, no root, no Node.js.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
MLFLOW_INSTALLED := .build/mlflow/.installed
export PATH := $(CURDIR)/$(BIN):$(PATH)
STAGE ?= sandbox

.PHONY: bench fault-lab mlflow record-bundles diagnosis-score audit report round break mend down test test-slow fuzz check format synth deploy lock help
.DEFAULT_GOAL := help

audit: $(INSTALLED) $(if $(filter real,$(MLFLOW)),mlflow)  ## the main job: sandbox up, auditor deployed, report in out/report (ESTATE=hokusai or shop, INCIDENT=H13, MLFLOW=real)
	@$(BIN)/python -m sandbox audit $(if $(ESTATE),--estate $(ESTATE)) $(if $(INCIDENT),--incident $(INCIDENT)) $(if $(filter real,$(MLFLOW)),--real mlflow)

report: $(INSTALLED)  ## fetch and print the newest report of the running sandbox
	@$(BIN)/python -m sandbox report

round: $(INSTALLED)  ## what the newest run of every function took, held and asked of AWS
	@$(BIN)/python -m sandbox round

break: $(INSTALLED)  ## break something: make break WHAT=database (without WHAT: the list)
	@$(BIN)/python -m sandbox break $(WHAT)

mend: $(INSTALLED)  ## mend it again: make mend WHAT=database
	@$(BIN)/python -m sandbox mend $(WHAT)

down: $(INSTALLED)  ## stop everything that `make audit` started
	@$(BIN)/python -m sandbox down

# One worker a core; the deployed stack is one for all of its tests, which therefore run in one process.
test: $(INSTALLED)  ## pass all tests that take minutes, not more
	@$(BIN)/python -m pytest -m "not slow" -n auto --dist loadscope --ignore tests/e2e $(ARGS)
	@$(BIN)/python -m pytest -m "not slow" tests/e2e

test-slow: $(INSTALLED)  ## pass the tests that take longer
	@$(MAKE) --no-print-directory mlflow || echo "NOT MEASURED: MLflow cannot be installed, so its stand-in is compared with nothing"
	@$(BIN)/python -m pytest -m slow $(ARGS)

fuzz: $(INSTALLED)  ## every parser's fuzzer for a minute, two at a time (SECONDS=60)
	@$(BIN)/python -m tests.fuzz.run $(or $(SECONDS),60)

fault-lab: $(INSTALLED)  ## real faults by real servers: what we and our peers said of each, and the confusion matrix (FAMILY=http)
	@$(BIN)/python -m tests.fault_lab $(FAMILY)

bench: $(INSTALLED)  ## measure what the project promises and print the table: minutes, on a quiet machine (ROWS="init diagnosis")
	@$(BIN)/python -m tests.bench $(ROWS)

check: $(INSTALLED)  ## ruff and mypy --strict over everything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(INSTALLED)  ## let ruff put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

synth: $(INSTALLED)  ## write the CloudFormation template of STAGE (default sandbox) to .build/cdk.out
	@$(BIN)/cdk synth --quiet -c stage=$(STAGE) --output .build/cdk.out && ls .build/cdk.out/*.template.json

deploy: $(INSTALLED)  ## deploy to a real AWS account: make deploy STAGE=name (with that account's credentials)
	@if [ "$(STAGE)" = sandbox ]; then echo "STAGE=sandbox lives on the emulator: use 'make audit', or name a stage of cdk.json"; exit 2; fi
	@$(BIN)/cdk deploy "HealthAuditor-$(STAGE)" -c stage=$(STAGE) --output .build/cdk.out-$(STAGE)

record-bundles: $(INSTALLED)  ## record the healthy bundles of Hokusai and of the shop from the sandbox, one after the other
	@for estate in hokusai shop; do \
		$(BIN)/python -m sandbox down && $(BIN)/python -m sandbox audit --estate $$estate && $(BIN)/python -m sandbox record || exit 1; \
	done
	@$(BIN)/python -m sandbox down

diagnosis-score: $(INSTALLED)  ## diagnose every incident file; a table per platform and contrast set
	-@$(BIN)/audit replay --score tests/incidents/*.yaml tests/incidents/shop/*.yaml
	@echo && echo "Written without sight of the rules (docs/measurements.md says how many were right when first seen):"
	-@$(BIN)/audit replay --score tests/incidents/unseen/*.yaml

mlflow: $(MLFLOW_INSTALLED)  ## install a real MLflow server for the sandbox into .build/mlflow

lock: $(INSTALLED)  ## write requirements.txt anew from requirements.in
	@$(BIN)/pip install --quiet pip-tools==7.6.2
	@$(BIN)/pip-compile --quiet --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras --output-file requirements.txt requirements.in

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  \1\t/' | expand -t 14

$(MLFLOW_INSTALLED): sandbox/mlflow-requirements.txt
	@echo "installing a real MLflow server into $(@D) (once; half a minute, 380 MB)"
	@rm -rf $(@D)
	@"$(PYTHON)" -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: --requirement sandbox/mlflow-requirements.txt
	@touch $@

$(INSTALLED): requirements.txt pyproject.toml layers/auditor/pyproject.toml
	@test -n "$(PYTHON)" || { echo "no python3 was found: install Python 3.11 or newer"; exit 2; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: Python 3.11 or newer is needed (make PYTHON=/path/to/python3.11 ...)"; exit 2; }
	@echo "installing pinned dependencies into $(VENV) (once; one to five minutes)"
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable . --editable layers/auditor
	@touch $(INSTALLED)
