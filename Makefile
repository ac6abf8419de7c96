# Everything that can be done with this repository. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

GO ?= go
STAGE := hack/stage.sh

# Arguments for every `go test`, for example TESTFLAGS='-run TestWatch -v'.
TESTFLAGS ?=
# How long `make soak` runs.
SOAK_DURATION ?= 60s

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
	$(GO) test -race $(TESTFLAGS) ./...

.PHONY: conformance
conformance: ## Run Kubernetes' own storage suites against memory, MariaDB and upstream.
	@hack/conformance.sh $(TESTFLAGS)

.PHONY: e2e
e2e: ## Run the scenarios with a real kube-apiserver, kubectl and controllers.
	@hack/install-dependencies.sh
	$(GO) -C test/e2e test -count=1 -timeout 20m $(TESTFLAGS) ./...

.PHONY: soak
soak: ## Run writers, informers and faults for SOAK_DURATION (60s), then compare.
	@hack/install-dependencies.sh
	SOAK_DURATION=$(SOAK_DURATION) hack/soak.sh

.PHONY: bench
bench: ## Measure against a CRD, a built-in type and plain SQL; prints a table.
	@hack/install-dependencies.sh
	hack/bench.sh

.PHONY: demo
demo: ## Start a legacy-looking database with the bridge in front, and show it.
	hack/demo.sh

.PHONY: generate
generate: ## Write the generated code again.
	hack/generate.sh

.PHONY: verify
verify: ## Check formatting, vet, staticcheck, generated code and go.mod files.
	@hack/verify.sh

.PHONY: clean
clean: ## Remove what `make build` made.
	rm -rf bin
