# onboard: make demo, make test and make lint need Go, git and make, and nothing else
# beforehand. The race detector of the tests also wants a C compiler; without one the
# tests run without it, and say so. The page of --report is also looked at in a browser,
# where there is Chromium.

GO        ?= go
VULN      := golang.org/x/vuln/cmd/govulncheck@v1.9.0
RELEASER  := github.com/goreleaser/goreleaser/v2@v2.9.0
LINTER    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
RACE      := $(if $(shell command -v $${CC:-cc} 2>/dev/null),-race)
VERSION   := $(patsubst v%,%,$(shell git describe --tags --always --dirty 2>/dev/null))
COMMIT    := $(shell git rev-parse HEAD 2>/dev/null)
DATE      := $(shell TZ=UTC git show -s --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null)
LDFLAGS   := -s -w -X main.release=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)
TESTFLAGS ?=
FUZZTIME  ?= 5m
CHROMIUM  := $(shell command -v chromium 2>/dev/null)
POSTGRES  := $(wildcard /usr/lib/postgresql/*/bin/initdb)$(shell command -v initdb 2>/dev/null)
PGBOUNCER := $(shell command -v pgbouncer 2>/dev/null)
comma     := ,
TAGS      := crashpoints$(if $(CHROMIUM),$(comma)browser)$(if $(POSTGRES),$(comma)postgres$(if $(PGBOUNCER),$(comma)pgbouncer))

.PHONY: help build demo man dist release-check vuln test torture mutants lint cross bench fuzz docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

build: ## build bin/onboard
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/onboard ./cmd/onboard

demo: build ## submit samples/partners.csv to the sandbox and show the files
	@rm -rf bin/demo && mkdir -p bin/demo && cp samples/partners.csv bin/demo/
	cd bin/demo && ../onboard submit partners.csv --target sandbox --yes --rate-limit 20/s
	@echo && echo "bin/demo/partners.results.csv begins:" && cut -d, -f 1,2,4,7 bin/demo/partners.results.csv | head -n 5

man: build ## write the manual to bin/man and the completions to bin/completions
	@mkdir -p bin/man bin/completions
	bin/onboard man bin/man
	for shell in bash zsh fish powershell; do bin/onboard completion $$shell > bin/completions/onboard.$$shell; done

dist: man ## make the files of a release in dist/: docs/release.md
	$(GO) run ./cmd/dist

release-check: ## hold .goreleaser.yaml against goreleaser itself
	$(GO) run $(RELEASER) check

vuln: ## look for known vulnerabilities in what the program uses; needs the network
	$(GO) run $(VULN) ./...

test: ## run all tests, with the race detector
	@$(if $(RACE),,echo "note: no C compiler, so the tests run without the race detector")
	@$(if $(CHROMIUM),,echo "note: no chromium, so the report is not tested in a browser")
	@$(if $(POSTGRES),,echo "note: no PostgreSQL server, so the ledger on PostgreSQL is not tested; Debian has it as postgresql")
	@$(if $(PGBOUNCER),,echo "note: no pgbouncer, so the ledger on PostgreSQL is not tested behind one")
	$(GO) test $(RACE) -timeout 30m -tags $(TAGS) $(TESTFLAGS) ./...

torture: ## run the whole reliability battery: up to an hour; needs strace
	$(GO) test -count=1 -timeout 2h -tags $(TAGS),torture $(TESTFLAGS) ./cmd/onboard ./pkg/ledger/...

mutants: ## break each promise on purpose, and see that a test fails
	$(GO) test -count=1 -timeout 1h -tags $(TAGS),mutants -run TestMutants -v ./cmd/onboard

lint: ## check form, imports between packages and common mistakes
	$(GO) vet ./...
	$(GO) run $(LINTER) run --allow-parallel-runners ./...

cross: ## compile everything, tests too, for Windows and macOS
	GOOS=windows GOARCH=amd64 $(GO) vet -tags crashpoints,browser ./...
	GOOS=darwin GOARCH=arm64 $(GO) vet -tags crashpoints,browser ./...

bench: ## run the benchmarks: rows/s and bytes of each stage, then the program beside others
	$(GO) test -run '^$$' -bench . -benchmem ./...
	$(GO) test -count=1 -timeout 2h -tags compare -run TestCompare -v $(TESTFLAGS) ./cmd/onboard

fuzz: ## run each fuzz test for five minutes: make fuzz FUZZTIME=5m
	@grep -rn --include=*_test.go '^func Fuzz' pkg | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9]*).*|\1 \2|' | \
	while read -r package name; do \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) ./$$package || exit 1; done

docs: ## write docs/fields.md anew
	$(GO) run ./cmd/onboard fields --markdown > docs/fields.md

clean: ## remove what was built
	rm -rf bin dist
