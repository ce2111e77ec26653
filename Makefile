# The project's commands. `make help` lists them.
SHELL := /bin/bash
BUILD ?= build
GOLDEN_DIR ?= $(firstword $(wildcard ../shared/golden) Tests/Data)
ONLY ?=
KILLS ?= 20
INPUTS ?= 100000
DIRECTORY ?= $(BUILD)/network
PROGRAMS := oasis-node oasis-net-runner orc simple-keyvalue

.DEFAULT_GOAL := help
.PHONY: help setup build run test chaos fuzz golden bench lint format

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install what is missing from Debian's packages, check the Swift toolchain
	@./scripts/setup

build: setup ## build the programs (release, static Swift runtime) into build/bin
	@./scripts/build-release $(BUILD) $(PROGRAMS)

run: build ## start a private network with a ParaTime on this machine and send it transactions [DIRECTORY=build/network]
	@SWIFT_BACKTRACE=enable=no $(BUILD)/bin/oasis-net-runner demo --directory $(DIRECTORY)

test: build ## run all tests (debug, against the release programs)
	@OASIS_BIN=$(CURDIR)/$(BUILD)/bin SWIFT_BACKTRACE=enable=no swift test --scratch-path $(BUILD)/debug

chaos: build ## kill the node at random points of a private network while transactions run [KILLS=20]
	@OASIS_BIN=$(CURDIR)/$(BUILD)/bin OASIS_CHAOS=$(KILLS) SWIFT_BACKTRACE=enable=no swift test --scratch-path $(BUILD)/debug --filter ChaosTests

fuzz: setup ## feed every decoder random and mutated inputs, in processes of bounded memory [INPUTS=100000]
	@mkdir -p $(BUILD); rm -f $(BUILD)/fuzz.txt
	@FUZZ_COUNT=$(INPUTS) FUZZ_REPORT=$(abspath $(BUILD))/fuzz.txt SWIFT_BACKTRACE=enable=no swift test --scratch-path $(BUILD)/debug --filter 'FuzzTests|ClaimTests' >$(BUILD)/fuzz.log 2>&1 \
	  || { grep -a -E '✘|error' $(BUILD)/fuzz.log; cat $(BUILD)/fuzz.txt; exit 1; }
	@cat $(BUILD)/fuzz.txt

golden: setup ## check recorded data of the reference [GOLDEN_DIR=folder] [ONLY=vectors/core]
	@./scripts/build-release $(BUILD) $(PROGRAMS) golden
	@OASIS_BIN=$(abspath $(BUILD))/bin SWIFT_BACKTRACE=enable=no $(BUILD)/bin/golden $(GOLDEN_DIR) $(ONLY)

bench: setup ## measure the hot paths, beside the reference's figures [ONLY=cbor] [GOLDEN_DIR=folder]
	@./scripts/build-release $(BUILD) $(PROGRAMS) benchmarks
	@GOLDEN_DIR=$(GOLDEN_DIR) BENCH_DIR=$(BUILD)/bench OASIS_BIN=$(abspath $(BUILD))/bin SWIFT_BACKTRACE=enable=no $(BUILD)/bin/benchmarks $(ONLY)

lint: setup ## check format and structure: floors, sizes, comments
	@./scripts/lint

format: ## format all sources
	@swift format -i -r Benchmarks Sources Tests Package.swift
