# make check: what can be told without running a test.
# make test:  every test, on every server that is there; `make servers` gets the missing
#             ones, and runs by itself where it can: as root on Debian.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Every module of the workspace.
MODULES := $(shell go list -m -f '{{.Dir}}')

.PHONY: check test servers fuzz bench bench-signin bench-stores pumping release-check release-prepare release-dry-run release-tags

check:
	@files=$$(git ls-files '*.go' | xargs gofmt -l); test -z "$$files" || { echo "not gofmt-ed: $$files"; exit 1; }
	go vet work
	@fixes=$$(go fix -diff work 2>&1); test -z "$$fixes" || { echo "$$fixes"; exit 1; }
	go run $(STATICCHECK) $$(go list -f '{{.Dir}}/...' -m)
	@for dir in $(MODULES); do (cd $$dir && go mod tidy -diff) || exit 1; done
	@.ci/modules
	@.ci/dependencies
	@.ci/counts
	@.ci/api
	@.ci/vulnerabilities
	@$(MAKE) --no-print-directory release-dry-run

test:
	@.ci/test

servers:
	@.ci/servers

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 60s
fuzz:
	@.ci/fuzz $(FUZZTIME)

# The figures of docs/performance.md.
bench:
	@.ci/bench

# The table of docs/operations.md, each operation BENCHTIME times.
BENCHTIME ?= 1000x
bench-stores: servers
	@.ci/bench-stores $(BENCHTIME)

# The table of docs/performance.md about a whole sign-in: so many of each kind.
SIGNINS ?= 2000x
bench-signin: servers
	@.ci/bench-signin $(SIGNINS)

# The tables of docs/security.md about the human check. Takes some ten minutes.
pumping:
	@go run ./internal/suite/pumping/cmd

# The promises of docs/security.md at their full size, on every store. Takes a day or so:
# one package after the other, for some measure time and memory.
release-check: servers
	PHONEAUTH_RELEASE=1 PHONEAUTH_REQUIRE_SERVERS=1 go test -count=1 -p 1 -timeout 72h . ./memstore ./integration

# The steps of docs/releasing.md. VERSION is like v1.2.3.
release-prepare:
	@.ci/api "$(VERSION)"
	@go run ./.ci/tools/release prepare "$(VERSION)"

# Gets, builds, tidies and runs every public module as a host would after the release.
release-dry-run:
	@go run ./.ci/tools/release dry-run

# Prints the git commands that publish VERSION.
release-tags:
	@go run ./.ci/tools/release tags "$(VERSION)"
