# Baton. `make` alone says what there is.
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME ?= 20s

# of the simulated power cuts
CUTS     ?= 10000

# of the simulation: how many histories, from which seed on
N        ?= 50000
SEED     ?= 0

.PHONY: help build demo demo-picture screenshots test test-clients power-cuts model check fuzz simulate torture bench bench-full bench-plots bench-through clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

build: ## bin/baton
	@echo "Building bin/baton $(VERSION) (the first time takes a minute or two)"
	@go build -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/baton ./cmd/baton

demo: ## the story of a handover, on a throwaway Jabber server (installs Debian's prosody if missing); SMS=1: with a phone too
	@scripts/install-deps.sh demo
	@$(MAKE) --no-print-directory build
	@bin/baton demo $(if $(SMS),--sms)

demo-picture: ## docs/transfer.svg, drawn from a fresh run of the demo
	@scripts/install-deps.sh demo
	@$(MAKE) --no-print-directory build
	@mkdir -p docs
	@bin/baton demo --record bin/transcript.json >/dev/null
	@go run -buildvcs=false ./integration/picture bin/transcript.json docs/transfer.svg
	@echo "docs/transfer.svg is drawn"

screenshots: ## the pictures of docs/agents.md: a transfer from Gajim to Dino, played on screens nobody sees
	@scripts/install-deps.sh screenshots
	@$(MAKE) --no-print-directory build
	@go run -buildvcs=false ./integration/screenshots -baton bin/baton -to docs
	go test -tags clients -count=1 -timeout 10m ./integration/screenshots # all that is said is in the pictures

# SQLite is C turned into Go, and one thread's at a time: to watch it takes most of the time that all else does. Its other
# modules are watched: they hold copies of generic code that ours uses too.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false
test: ## all tests, live ones on Prosody and ejabberd included, with the race detector
	@scripts/install-deps.sh test
	go vet ./...
	go test $(RACE) -count=1 -timeout 8m ./... # nothing from the cache: the live tests build the program themselves
	go test -count=1 -run '^TestCost' ./component/... # what the race detector would count too

test-clients: ## tests that drive other programs: the chat page in Chromium, Kannel, a message centre of Node's, Profanity, Poezio and Converse.js
	@scripts/install-deps.sh clients
	go test -tags clients -count=1 -timeout 20m ./integration/web/... ./integration/sms/...
	go test -tags clients -count=1 -timeout 20m -v ./integration/clients # says what is done and seen

power-cuts: ## CUTS (10000) simulated power cuts, and every operation of the disk failing once
	go test -count=1 -timeout 1h -v -run 'TestPowerCuts' ./store -cuts=$(CUTS)
	go test -count=1 -timeout 1h -run 'TestDiskFailsAnywhere$$' ./store -cuts=$(CUTS)

model: ## every interleaving of a handover within the printed bounds, and the seeded faults (10 minutes, under 1 GiB)
	@nice -n 10 go test ./handoff -run '^Test(Model|Mutants|Key)$$' -handoff.model=long -count=1 -timeout 60m -v

check: ## gofmt, go vet, staticcheck, and govulncheck where its database can be reached
	@scripts/install-deps.sh check
	@scripts/check.sh

fuzz: ## every fuzz test for FUZZTIME (20s) each
	@scripts/fuzz.sh $(FUZZTIME)

simulate: ## N (50000) random histories of the whole system from SEED (0) on
	go test -count=1 -timeout 2h -v -run 'TestHistories$$' ./integration/simulation -histories=$(N) -seed=$(SEED)

torture: N = 500
torture: ## kill -9 under load on both servers: N (500) cycles on each, SEED (0: from the clock); prints a table
	@scripts/install-deps.sh test
	go test -count=1 -timeout 6h -v ./integration/torture -cycles=$(N) -seed=$(SEED) -within=0

bench: ## what relaying a message costs, beside others (3 minutes, on a machine that does nothing else)
	@go run -buildvcs=false ./bench

bench-full: ## the same with all windows and rates (30 minutes)
	@go run -buildvcs=false ./bench -full

bench-plots: ## how costs grow with conversations and lines: docs/growth.json and docs/growth.svg (a quarter of an hour, 4 GB in TMPDIR)
	@go run -buildvcs=false ./bench -growth

bench-through: ## what is left of it behind a real server, Prosody and then ejabberd: docs/through.json (4 minutes)
	@scripts/install-deps.sh test
	@go run -buildvcs=false ./bench -through prosody
	@go run -buildvcs=false ./bench -through ejabberd

clean: ## remove what was built
	rm -rf bin .demo coverage.out
