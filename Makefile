# Thin on purpose: every target is one script in scripts/, which says at its top what it does.

# Size of the demo studio, and seed of its contents.
LEADS ?= 2000
MESSAGES ?= 20000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check api bench simulate torture fuzz package fmt bindings

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what is missing (Debian and Ubuntu; elsewhere it names what to install)
	@scripts/setup.sh build window test check

demo: ## A demo studio in a real server, and the window on it (LEADS=2000 MESSAGES=20000 SEED=1)
	@LEADS=$(LEADS) MESSAGES=$(MESSAGES) SEED=$(SEED) scripts/demo.sh

test: ## Every test, ending with "N passed, N failed"
	@scripts/test.sh

check: ## Formatting, lints, licences, floors, fresh bindings
	@scripts/check.sh

api: ## The hosted API, held against its own OpenAPI document
	@scripts/api.sh

bench: ## Build release, measure, write bench-output/ (SCALE=10 for ten times the rows)
	@scripts/bench.sh

simulate: ## Desks and a server on a network that a seed decides (SEEDS=10000 FROM=0 STEPS=100)
	@scripts/simulate.sh

torture: ## Power cuts, kills, full disks, changed bytes (IMAGES=20000 KILLS=10000 FAULTS=2000 SEED=1)
	@SEED=$(SEED) scripts/torture.sh

fuzz: ## Bytes that find new ways through what reads a feed, a push, a CSV file, an envelope (SECONDS_EACH=300 TARGET=…)
	@SECONDS_EACH=$(SECONDS_EACH) TARGET=$(TARGET) scripts/fuzz.sh

package: ## Build the .deb
	@scripts/package.sh

fmt: ## Format everything
	@scripts/fmt.sh

bindings: ## Write the TypeScript bindings anew from the Rust types
	@scripts/bindings.sh
