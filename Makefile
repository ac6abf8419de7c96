# Everything that can be done with this repository. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

GO ?= go
STAGE := hack/stage.sh

# One set of flags for all runs, so that results are reused.
RACE_TEST := $(GO) test -race -timeout 20m

# Arguments for every `go test`, for example TESTFLAGS='-run TestWatch -v'.
TESTFLAGS ?=
# Seed of the comparison with etcd: fixed, so that a change is judged by what it does;
# 0 draws one, which the output names.
DIFFERENTIAL_SEED ?= 1
# How long `make soak` runs.
SOAK_DURATION ?= 60s
# Flags of the programs: `go -C bench run . --help`, `go -C demo run . --help`.
BENCH_FLAGS ?=
DEMO_FLAGS ?=
# The embedded database then needs no C compiler.
DEMO_TAGS := gms_pure_go

.PHONY: help
help: ## Show this list.
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the static binary into bin/.
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/bridge-apiserver ./cmd/bridge-apiserver

.PHONY: test
test: ## Run the unit, conformance and e2e tests; installs MariaDB if it is missing.
	@$(STAGE) dependencies hack/install-dependencies.sh
	@$(STAGE) control-plane test/controlplane/build.sh
	@$(STAGE) unit $(MAKE) --no-print-directory test-unit
	@$(STAGE) conformance $(MAKE) --no-print-directory conformance
	@$(STAGE) e2e $(MAKE) --no-print-directory e2e

.PHONY: test-unit
test-unit: ## Run the unit tests with the race detector.
	$(RACE_TEST) $(TESTFLAGS) ./...
	$(GO) -C demo test -tags $(DEMO_TAGS) $(TESTFLAGS) ./...
	$(GO) -C bench test $(TESTFLAGS) ./...

# The suites of the first line run among the unit tests too, in the same binaries, and
# are not run twice.
.PHONY: conformance
conformance: ## Run Kubernetes' own storage suites on memory and MariaDB, and compare with etcd.
	@hack/install-dependencies.sh
	$(RACE_TEST) $(TESTFLAGS) ./adapters/... ./registry/...
	$(GO) -C test/differential test -race -timeout 20m $(TESTFLAGS) ./... -args -rapid.seed=$(DIFFERENTIAL_SEED)

.PHONY: e2e
e2e: ## Run the scenarios with a real kube-apiserver, kubectl and controllers.
	@hack/install-dependencies.sh
	@test/controlplane/build.sh
	$(GO) -C test/e2e test -count=1 -timeout 20m $(TESTFLAGS) ./...

.PHONY: soak
soak: ## Run writers, informers and faults for SOAK_DURATION (60s), then compare.
	@hack/install-dependencies.sh
	SOAK_DURATION=$(SOAK_DURATION) $(GO) test -count=1 -timeout 0 -v -run TestSoak $(TESTFLAGS) ./test/soak

.PHONY: bench
bench: ## Measure against a CRD, a built-in type and plain SQL; prints a table.
	@hack/install-dependencies.sh
	@test/controlplane/build.sh
	$(GO) -C bench run . $(BENCH_FLAGS)

.PHONY: demo
demo: ## Start a legacy-looking database with the bridge in front, and show it.
	@$(GO) -C demo run -tags $(DEMO_TAGS) . $(DEMO_FLAGS)

.PHONY: generate
generate: ## Write the generated code again.
	hack/generate.sh

.PHONY: verify
verify: ## Check formatting, vet, staticcheck, generated code and go.mod files.
	@hack/verify.sh

.PHONY: clean
clean: ## Remove what `make build` made.
	rm -rf bin
