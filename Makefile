# make demo and make test do all the set-up themselves; make help lists the rest.
PYTHON := .venv/bin/python
# One verdict about one commit: examples are not drawn anew.
PYTEST := pytest --dist worksteal --hypothesis-profile repeatable
CORES := $(shell getconf _NPROCESSORS_ONLN)
# Most tests wait for a process more than they compute; the real programs do compute.
MANY := $(PYTEST) -n $(shell expr 2 '*' $(CORES))
FAST := $(MANY) -m "not real"
REAL := $(PYTEST) -n $(CORES) -m real
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help detection rules hanging demo test test-fast test-oldest test-pythons lint programs generate bench false-positives overhead queries outage reliability clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

demo: .venv/ready ## break a sharded shop, one way after another, and time its alerts (FAULT=hot: one; FULL=1: with Jaeger and Loki)
	@$(PYTHON) -m tools.demo $(if $(FAULT),--fault $(FAULT)) $(if $(FULL),--full)

test: .venv/ready .venv/uwsgi lint test-oldest test-pythons ## run every test, those against the real programs included
	$(PYTHON) -m tools.bring
	OBSKIT_REQUIRE_PROGRAMS=1 $(PYTHON) -m $(FAST)
	OBSKIT_REQUIRE_PROGRAMS=1 $(PYTHON) -m $(REAL)

test-fast: .venv/ready ## run the tests that need none of the real programs
	$(PYTHON) -m $(FAST)

# Generated pages are those of the newest versions, which is why they are left out here.
test-oldest: .venv-oldest/ready ## the same with the oldest version of every dependency that pyproject.toml allows
	.venv-oldest/bin/python -m $(MANY) -m "not real and not once" --ignore tests/test_generated.py

test-pythons: .venv/ready ## the same under every other supported Python that this machine has, and 3.14
	$(PYTHON) -m tools.pythons

lint: .venv/ready ## ruff and mypy
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

programs: .venv/ready ## bring the real programs into the cache
	$(PYTHON) -m tools.bring

generate: .venv/ready ## write the generated files anew
	$(PYTHON) tools/generate.py

bench: .venv/ready ## what rendering costs next to the start of the program
	$(PYTHON) benchmarks/render.py

detection: .venv/ready ## how long from a fault to the webhook, on Prometheus 3 and 2.42 (usually 25 min); writes docs/detection.md
	$(PYTHON) -m benchmarks.detection

rules: .venv/ready ## what the rules cost Prometheus (usually 15 min); writes docs/rules.md
	$(PYTHON) -m benchmarks.rules

false-positives: .venv/ready ## how often statistical alerts are wrong, and what they find (usually 10 min); writes docs/false-positives.md
	$(PYTHON) -m benchmarks.false_positives

overhead: .venv/ready ## what obskit and others cost a service (usually 30 min); writes docs/overhead.md
	$(PYTHON) -m benchmarks.overhead

queries: .venv/ready ## what obskit adds to a query (usually 1 min); writes docs/queries.md
	$(PYTHON) benchmarks/queries.py

outage: .venv/ready ## take the sidecar of a real service away for 10 min (12 min in all); writes docs/outage.md
	$(PYTHON) -m benchmarks.outage

hanging: .venv/ready ## whether requests wait for a sidecar that hangs (usually 3 min); writes docs/hanging.md
	$(PYTHON) benchmarks/hanging.py

reliability: .venv/ready .venv/uwsgi ## run every server through outages, stops and kills (usually 8 min); writes docs/reliability.md
	$(PYTHON) -m tools.reliability

clean: ## remove what make made in this folder; the cache of programs stays
	rm -rf .venv .venv-* build dist

.venv/ready: pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 10) and "obskit needs Python 3.10 or later; this is " + sys.version.split()[0])'
	@echo "creating .venv (usually 20 s)"
	@python3 -m venv .venv
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	@$(PYTHON) -m uv pip install --quiet --python $(PYTHON) -e '.[cli]' --group dev
	@touch $@

# The one server of the tests that comes as source; without a compiler its tests are left out, but in CI.
.venv/uwsgi: .venv/ready
	@if command -v cc > /dev/null; then echo "building uWSGI (usually 60 s)"; $(PYTHON) -m uv pip install --quiet --python $(PYTHON) uwsgi && touch $@; fi

.venv-oldest/ready: pyproject.toml .venv/ready
	@echo "creating .venv-oldest (usually 20 s)"
	@python3 -m venv .venv-oldest
	@$(PYTHON) -m uv pip install --quiet --resolution lowest-direct --only-binary :all: --no-binary obskit-k8s \
		--python .venv-oldest/bin/python -e '.[cli]' --group dev
	@touch $@
