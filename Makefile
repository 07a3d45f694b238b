.DEFAULT_GOAL := help
SHELL := /bin/bash

FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard lambda/*/main.go)))
BOOTSTRAPS := $(foreach arch,arm64 x86_64,$(foreach f,$(FUNCTIONS),build/lambda/$(arch)/$(f)/bootstrap))

.PHONY: lambda
lambda: $(BOOTSTRAPS) ## build the function binaries for both architectures

build/lambda/arm64/%/bootstrap: GOARCH = arm64
build/lambda/x86_64/%/bootstrap: GOARCH = amd64
$(BOOTSTRAPS): FORCE
	@CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "-s -w" -o $@ ./lambda/$(notdir $(patsubst %/bootstrap,%,$@))

FORCE:
