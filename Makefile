.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
# How many files of tests run at a time; the tests of a file share servers, so that they stay together. One more than there
# are cores: on two, they were busy for little over half of the time, as tests wait for processes, disks and networks.
JOBS ?= $(shell expr $$(nproc) + 1)
# Tests start hundreds of processes: each would compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint format bench bench-network bench-codecs bench-density bench-load bench-fidelity bench-live bench-audio-sync bench-loading bench-scale bench-scale-scene bench-panorama bench-load-overhead bench-malformed bench-kills bench-media-port bench-cluster kubernetes-assets bench-publish bench-small-files bench-fetch-lateness bench-recovery fuzz-admin images test-images setup setup-tests

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: setup ## serve the demo showroom on http://localhost:8080
	.venv/bin/edge-render demo

test: setup-tests ## run all tests
	$(PYTHON) -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
	$(if $(wildcard tests/web/*.test.mjs),node --test tests/web/*.test.mjs)

lint: setup-tests ## format check, lint, types, direction of imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: setup-tests ## format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: setup-tests ## print the table of figures (several minutes)
	$(PYTHON) -m bench

bench-network: setup-tests ## print how each sender holds on bad networks
	$(PYTHON) -m bench.network $(OPTIONS)

bench-codecs: setup-tests ## print what each codec costs and gives (a minute)
	$(PYTHON) -m bench.codecs

bench-density: setup-tests ## print what followers cost and how many visitors are carried (10 minutes)
	$(PYTHON) -m bench.density $(OPTIONS)

bench-load: setup-tests ## find how many visitors a node carries, and write a report
	$(PYTHON) -m bench.visitors $(OPTIONS)

bench-fidelity: setup-tests ## compare the models of DIR with reference pictures, on a page
	$(PYTHON) -m bench.fidelity $(DIR) $(OPTIONS)

bench-live: setup-tests ## print what live video costs per visitor, and how late it is (a minute)
	$(PYTHON) -m bench.live

bench-audio-sync: setup-tests ## print how far apart picture and sound are in a browser
	$(PYTHON) -m bench.audio_sync

bench-loading: setup-tests ## print what a visitor notices while another scene is loaded (a minute)
	$(PYTHON) -m bench.loading

bench-scale-scene: setup-tests ## print frame times of two million triangles in 1,000 nodes, moving and still (3 minutes)
	$(PYTHON) -m bench.scale

bench-scale: setup-tests ## simulate 10,000 visits at 1,000 renderers, and print what a gateway needs to place them (4 minutes)
	$(PYTHON) -m bench.allocation $(OPTIONS)

bench-panorama: setup-tests ## print what a panorama of 16384x8192 costs to open and to draw (3 minutes)
	$(PYTHON) -m bench.panorama

bench-load-overhead: setup-tests ## compare the load's visitors with Chromium on the same node
	$(PYTHON) -m bench.visitors.overhead $(OPTIONS)

bench-malformed: setup-tests ## print what is said of broken models, in which time and memory (two minutes)
	$(PYTHON) -m bench.malformed $(DIR)

bench-kills: setup-tests ## kill edges, admins and nodes in downloads, switches and uploads, and look what is left (10 minutes)
	$(PYTHON) -m bench.kills $(OPTIONS)

bench-cluster: setup-tests kubernetes-assets ## print what visitors notice of kills, evictions, restarts and new versions in a cluster (5 minutes)
	$(PYTHON) -m bench.cluster $(OPTIONS)

kubernetes-assets: ## build a Kubernetes control plane for tests and benches, where there is none (5 minutes, once)
	@scripts/kubernetes-assets

bench-media-port: setup-tests ## print what one UDP port for all visits costs beside one for each (20 s)
	$(PYTHON) -m bench.media_port $(OPTIONS)

bench-publish: setup-tests ## print what publishing moves to an edge, and how long it takes (5 minutes)
	$(PYTHON) -m bench.publishing

bench-small-files: setup-tests ## print how long a package of 2,000 small files takes to be uploaded and fetched (2 minutes)
	$(PYTHON) -m bench.publishing.small_files

bench-fetch-lateness: setup-tests ## print what visitors notice while their node fetches content (1 minute)
	$(PYTHON) -m bench.publishing.lateness

bench-recovery: setup-tests ## print what a visitor notices when renderers and gateways are killed or drained (5 minutes)
	$(PYTHON) -m bench.recovery $(OPTIONS)

fuzz-admin: setup-tests ## call the admin's API as its description allows and forbids (10 minutes)
	$(PYTHON) -m bench.fuzz $(OPTIONS)

images: ## build the container images, with podman or buildah
	@scripts/images

test-images: setup-tests ## start the images as a cluster would, and print what they weigh (as root, with buildah)
	$(PYTHON) -m bench.images $(OPTIONS)

setup:
	@scripts/setup

setup-tests:
	@scripts/setup tests
