# make check: what can be told without running anything.
# make test:  every test, on every server that is there; `make servers` gets the missing
#             ones, and runs by itself where it can: as root on Debian.

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Every module of the workspace.
MODULES := $(shell go list -m -f '{{.Dir}}')

.PHONY: check test servers fuzz bench release-check

check:
	@files=$$(git ls-files '*.go' | xargs gofmt -l); test -z "$$files" || { echo "not gofmt-ed: $$files"; exit 1; }
	go vet work
	@fixes=$$(go fix -diff work 2>&1); test -z "$$fixes" || { echo "$$fixes"; exit 1; }
	go run $(STATICCHECK) $$(go list -f '{{.Dir}}/...' -m)
	@for dir in $(MODULES); do (cd $$dir && go mod tidy -diff) || exit 1; done
	@.ci/dependencies
	@.ci/layout

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
	go test -run '^$$' -bench . -benchmem . ./memstore

# The promises of docs/security.md at their full size. Takes hours.
release-check:
	PHONEAUTH_RELEASE=1 go test -timeout 6h . ./memstore
