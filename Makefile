.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Where the function binaries go: <architecture>/<function>/bootstrap, as the stack expects them below build/lambda.
LAMBDA_DIR ?= build/lambda
FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard lambda/*/main.go)))
BOOTSTRAPS := $(foreach arch,arm64 x86_64,$(foreach f,$(FUNCTIONS),$(LAMBDA_DIR)/$(arch)/$(f)/bootstrap))
# The sandbox runs functions of this machine's architecture only.
HOST := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
# The same sources give the same bytes, wherever and whenever they are built.
LAMBDA_FLAGS := -tags lambda.norpc -buildvcs=false -ldflags "-s -w"

# Functions, sandbox, Pulumi CLI and plain tests share their flags, and the modules in tools/ their versions, so that
# what several of them need is compiled once. The race detector needs cgo.
export CGO_ENABLED := 0
export GOFLAGS := $(GOFLAGS) -trimpath
RACE := CGO_ENABLED=1

PULUMI_VERSION := $(shell awk '$$1 == "github.com/pulumi/pulumi/pkg/v3" { print $$2 }' tools/go.mod)
PULUMI_MODULE := github.com/pulumi/pulumi/sdk/v3/go/common/version

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# — Try it: no AWS account, no network once the modules are there

.PHONY: demo
demo: linux deps lambda-host cli build/bin/sandbox ## deploy the whole stack into an AWS on this machine, check it, destroy it
	@build/bin/sandbox demo

.PHONY: sandbox
sandbox: linux deps lambda-host cli build/bin/sandbox ## the same, and keep it up until Ctrl-C
	@build/bin/sandbox serve || [ $$? = 130 ] # interrupted before it was up: no error either

# R is one rehearsal by its name, SPEED 1 to 10; budgets are judged at 1 only. JOBS are held at a time: they mostly wait.
# With SANDBOX=build/bin/sandbox-race the race detector watches the sandbox.
R ?= *
SPEED ?= 1
JOBS ?= 4
SANDBOX ?= build/bin/sandbox
.PHONY: rehearse
rehearse: linux deps lambda-host cli $(SANDBOX) ## R=name: live the stack through one disaster, or through all (more than an hour)
	@$(SANDBOX) rehearse -speed $(SPEED) -jobs $(JOBS) -report build/rehearsals rehearsals/$(R).yaml

# The time until a person is told depends on when the region is lost: RUNS losses at moments drawn by lot, a probe every
# INTERVAL. AT_A_TIME sandboxes share the runs; two suit two cores that have nothing else to do.
RUNS ?= 10
INTERVAL ?= 15s
AT_A_TIME ?= 2
.PHONY: detect
detect: linux deps lambda-host cli build/bin/sandbox ## how long until a person is told of a lost region: ten runs (about 16 minutes)
	@build/bin/sandbox detect -runs $(RUNS) -interval $(INTERVAL) -jobs $(AT_A_TIME)

# — Work on it

# What describes or drives the Pulumi program waits for another process, the engine, and its race binaries take longest
# to link; the examples are other processes. These packages run without the detector, everything else with it. The
# longest come first, so that none of them is waited for alone.
PLAIN := rehearsal/stack adopt stacks \
  backups components cost docs doctor examples/connect lambda recipients sandbox sandbox/engine traffic verify
TESTED := '{{ if or .TestGoFiles .XTestGoFiles }}{{ .ImportPath }}{{ end }}'
# Tests wait for PostgreSQL, processes and deadlines more than for a processor, so more packages run than there are. With
# -o the test binaries stay, a gigabyte below build/test, and only what has changed is linked again; it wants names that
# differ, so packages without tests are left out.
TEST := go test -vet=off -shuffle=on -p 4 -ldflags "-s -w"
.PHONY: test
test: linux deps lambda cli ## every test, with the race detector where goroutines are
	@echo "Vetting and testing (about 5 minutes on two cores; the first time some 10 more, to compile everything with the race detector)"
	@go vet -tags e2e,browser,examples,verifyaws ./...
	@module=$$(go list -m); status=0; \
	$(RACE) $(TEST) -race -o build/test/race/ $$(go list -f $(TESTED) ./... | grep -vxF "$$(printf "$$module/%s\n" $(PLAIN))") || status=1; \
	$(TEST) -o build/test/plain/ $(addprefix ./,$(PLAIN)) || status=1; \
	exit $$status

.PHONY: test-application
test-application: linux deps lambda-host cli ## the distributed application end to end, in both regions (about a minute)
	@go test -vet=off -tags e2e -count=1 -run TestTheApplicationInTwoRegions ./rehearsal/stack

.PHONY: test-docs
test-docs: linux deps awscli lambda-host cli ## every aws command of the pages, by the AWS CLI against the deployed stack (about two minutes)
	@go test -vet=off -tags e2e -count=1 -timeout 20m -run TestTheCommandsOfThePagesWork ./rehearsal/stack

.PHONY: test-console
test-console: linux deps chromium lambda-host cli ## console and reports in headless Chromium, through an outage; makes docs/console.png
	@echo "Living through an outage on the console's page, and looking at reports (about 2 minutes)"
	@mkdir -p build/console
	@go test -tags browser -count=1 -timeout 20m -artifacts -outputdir build/console ./rehearsal/console ./rehearsal/report

.PHONY: test-examples
test-examples: linux deps examples-tools ## the examples of docs/connect.md, in Go, Python and Java, against a real endpoint
	@echo "Running the examples (about half a minute)"
	@go test -vet=off -tags examples -count=1 ./examples/connect

.PHONY: check
check: ## what CI runs: all tests; application, pages, console and examples end to end; the demo (about 13 minutes)
	@.ci/run

FROM ?= 1
.PHONY: mutants
mutants: linux deps lambda cli ## ONLY=text FROM=n: puts faults into the program, one by one; each has to be noticed (an hour or two)
	@go run ./mutants -jobs 2 -only "$(ONLY)" -from $(FROM)

.PHONY: fmt
fmt: build/bin/golangci-lint ## format the code
	@build/bin/golangci-lint fmt

.PHONY: lint
lint: build/bin/golangci-lint ## format and lint rules of .golangci.yml
	@echo "Linting (about 1 minute; the first time 3)"
	@build/bin/golangci-lint run

.PHONY: audit
audit: build/bin/govulncheck ## known vulnerabilities in what is really called (asks vuln.go.dev)
	@build/bin/govulncheck ./...

# With DEEP=1 the tables grow to a million rows and a restored database to a gigabyte, else each to a tenth of that.
DEEP ?=
.PHONY: bench
bench: linux deps lambda cli build/bin/bench ## what functions, application, restores and sandbox cost in time and memory (about 6 minutes)
	@DEEP=$(DEEP) build/bin/bench

.PHONY: first-run
first-run: linux deps ## what the first `make demo` costs, part by part, with an empty build cache (about 10 minutes)
	@tools/firstrun

.PHONY: cost
cost: stack ## STACK=dev DATABASE_GB=10: what a month of watching, and of backups, costs, line by line
	@go run ./cost $(STACK) "$${DATABASE_GB-}"

# — Deploy it: the pulumi on PATH, with your AWS credentials

# Where the settings of stacks are; `make sandbox` prints it for its own.
export STACK_DIR ?= .
ELSEWHERE = $(if $(filter-out .,$(STACK_DIR)), --cwd '$(STACK_DIR)')

.PHONY: preview
preview: stack deployer lambda recipients ## STACK=dev: show what would change
	pulumi preview$(ELSEWHERE) --stack $(STACK)

.PHONY: up
up: stack deployer lambda recipients ## STACK=dev: deploy
	pulumi up$(ELSEWHERE) --stack $(STACK)

.PHONY: recipients
recipients: stack ## STACK=dev: refuse to lose subscriptions of a stack that an earlier version deployed
	@go run ./recipients $(STACK)

# What people write comes by the environment, where make puts it, so that no quotation mark of theirs reaches the shell.
withdraw return: export BY ?= $(shell id -un)
.PHONY: withdraw
withdraw: stack ## STACK=dev REGION= FOR=2h REASON=: take a region out of traffic, without any control plane
	@go run ./traffic withdraw -stack '$(STACK)' -region "$${REGION-}" -for "$${FOR-}" -reason "$${REASON-}" -by "$$BY"

.PHONY: return
return: stack ## STACK=dev REGION=: end its withdrawal before its time
	@go run ./traffic return -stack '$(STACK)' -region "$${REGION-}" -by "$$BY"

# It makes things that AWS bills, so it is run by hand: it refuses without the account's number, and in CI.
.PHONY: verify-aws
verify-aws: build/bin/verify-aws ## CONFIRM=account ONLY=kms CLUSTERS=no: ask an AWS account whether what the pages claim about AWS is so
	@build/bin/verify-aws -confirm "$${CONFIRM-}" -regions "$${REGIONS-}" -only "$${ONLY-}" -clusters "$${CLUSTERS-}" \
	  -sql "$${SQL-}"

.PHONY: doctor
doctor: stack ## STACK=dev DEPLOYER= JSON=yes PAGE=yes: whether it can be deployed, and pages, routes and restores
	@go run ./doctor -stack '$(STACK)' -deployer "$${DEPLOYER-}" -json "$${JSON-}" -page "$${PAGE-}"

.PHONY: backup
backup: stack ## STACK=dev REGION=: make a recovery point of a cluster now, by default the primary's, and its twin
	@go run ./backups backup -stack '$(STACK)' -region "$${REGION-}"

.PHONY: restore-test
restore-test: stack ## STACK=dev REGION= PAIR=yes: test a restore now, and print what it found
	@go run ./backups restore-test -stack '$(STACK)' -region "$${REGION-}" -pair "$${PAIR-}"

.PHONY: restore
restore: stack ## STACK=dev POINT=arn BESIDE=yes CONFIRM=yes: restore a new pair of a recovery point and its twin
	@go run ./backups restore -stack '$(STACK)' -point "$${POINT-}" -beside "$${BESIDE-}" -confirm "$${CONFIRM-}"

# The stack may be new; a preview looks at the functions.
.PHONY: adopt
adopt: lambda ## STACK=new CLUSTERS='arn arn' OWNER= COSTCENTER= ENVIRONMENT=: take a pair that exists, or a restored one
	@go run ./adopt -stack '$(STACK)' -clusters "$${CLUSTERS-}" \
	  -environment "$${ENVIRONMENT-}" -owner "$${OWNER-}" -cost-center "$${COSTCENTER-}"

# A protected stack is refused here, and by Pulumi again; vaults with recovery points would stop a destroy half-way.
.PHONY: destroy
destroy: stack deployer ## STACK=dev: remove everything; protection and recovery points are refused before anything is touched
	@go run ./backups destroyable -stack '$(STACK)'
	pulumi destroy$(ELSEWHERE) --stack $(STACK)

.PHONY: deployer
deployer: stack
	@tools/deployer $(STACK)

# — Parts

# A first build shows how far it is; one after a change is too short for that.
gobuild = $(if $(wildcard $(1)),go build -o,$(CURDIR)/tools/gobuild) $(abspath $(1))

.PHONY: build
build: lambda build/bin/pulumi build/bin/sandbox ## everything: functions, Pulumi CLI, sandbox
	@go build ./...

.PHONY: lambda
lambda: $(BOOTSTRAPS) ## the function binaries, for arm64 and x86_64

.PHONY: lambda-host
lambda-host: $(filter $(LAMBDA_DIR)/$(HOST)/%,$(BOOTSTRAPS))

$(LAMBDA_DIR)/arm64/%/bootstrap: GOARCH = arm64
$(LAMBDA_DIR)/x86_64/%/bootstrap: GOARCH = amd64
$(BOOTSTRAPS): FORCE
	@[ -e $@ ] || echo "Building $@"
	@GOOS=linux GOARCH=$(GOARCH) $(call gobuild,$@) $(LAMBDA_FLAGS) ./lambda/$(notdir $(patsubst %/bootstrap,%,$@))

.PHONY: pulumi
pulumi: build/bin/pulumi ## the pinned Pulumi CLI, into build/bin

build/bin/pulumi: tools/go.mod tools/go.sum
	@echo "Building the Pulumi CLI $(PULUMI_VERSION) (the first time about 5 minutes, with 2 GB of memory)"
	@cd tools && $(call gobuild,$@) -ldflags "-s -w -X $(PULUMI_MODULE).Version=$(PULUMI_VERSION)" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi
	@touch $@

# The sandbox takes a pulumi on PATH that is not older than the SDK, as it checks itself; else the one in build/bin.
.PHONY: cli
cli:
	@have=$$(PULUMI_SKIP_UPDATE_CHECK=true pulumi version 2>/dev/null || true); \
	[[ $$have == v3.* ]] && printf '%s\n' $(PULUMI_VERSION) "$$have" | sort -VC || $(MAKE) -s build/bin/pulumi

# What reports say was rehearsed: a commit, and whether the working tree had more.
REVISION = $(shell git describe --always --abbrev=12 --exclude='*' --dirty=+changes 2>/dev/null)
STAMP = -ldflags "-X $(shell awk '$$1 == "module" { print $$2 }' go.mod)/rehearsal/report.revision=$(REVISION)"

build/bin/sandbox build/bin/bench: FORCE
	@[ -e $@ ] || echo "Building $@ (the first time about 3 minutes)"
	@$(call gobuild,$@) $(STAMP) ./rehearsal/cmd/$(@F)

build/bin/sandbox-race: FORCE
	@[ -e $@ ] || echo "Building the sandbox with the race detector (the first time about 5 minutes)"
	@$(RACE) $(call gobuild,$@) -race $(STAMP) ./rehearsal/cmd/sandbox

build/bin/verify-aws: FORCE
	@[ -e $@ ] || echo "Building $@ (the first time about a minute)"
	@$(call gobuild,$@) -tags verifyaws -ldflags "-X main.revision=$(REVISION)" ./verify/cmd

build/bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
	@echo "Building golangci-lint (the first time about 4 minutes)"
	@cd tools/lint && $(call gobuild,$@) -ldflags "-s -w" github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

build/bin/govulncheck: tools/lint/go.mod tools/lint/go.sum
	@cd tools/lint && $(call gobuild,$@) -ldflags "-s -w" golang.org/x/vuln/cmd/govulncheck
	@touch $@

.PHONY: deps
deps: ## PostgreSQL, which the sandbox runs: installed as root on Debian, else the command to type
	@compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null || \
	  tools/debian 'PostgreSQL is missing' 'install version 15 or later, so that postgres and initdb are on PATH' postgresql

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  tools/debian 'Chromium is missing' 'install it, so that chromium is on PATH' chromium

.PHONY: examples-tools
examples-tools:
	@{ python3 -c 'import psycopg' || /usr/bin/python3 -c 'import psycopg'; } 2>/dev/null && \
	  command -v javac >/dev/null && [ -e /usr/share/java/postgresql.jar ] || \
	  tools/debian 'What the examples need is missing' \
	    'install Python with psycopg 3, a JDK, and /usr/share/java/postgresql.jar' \
	    python3-psycopg default-jdk-headless libpostgresql-jdbc-java

# The commands of the pages also use curl, dig and openssl.
.PHONY: awscli
awscli:
	@command -v aws >/dev/null && command -v curl >/dev/null && command -v dig >/dev/null && \
	  command -v openssl >/dev/null || tools/debian 'The AWS CLI, curl, dig or openssl is missing' \
	  'install them, so that they are on PATH' awscli bind9-dnsutils curl openssl

.PHONY: clean
clean: ## remove build/
	@rm -rf build

.PHONY: linux
linux:
	@[ "$$(uname -s)" = Linux ] || { echo "The sandbox runs on Linux only, and this is $$(uname -s); preview, up, destroy, cost and lint run here." >&2; exit 1; }

.PHONY: stack
stack:
	@[ -f "$(STACK_DIR)/Pulumi.$(STACK).yaml" ] || { echo "$(if $(STACK),There is no Pulumi.$(STACK).yaml. )Which stack? Add STACK=<name>, one of: $(patsubst Pulumi.%.yaml,%,$(notdir $(wildcard $(STACK_DIR)/Pulumi.*.yaml)))" >&2; exit 2; }

FORCE:
