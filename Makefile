# A fresh machine needs only make and Python 3.11 or newer: `make demo` and `make test` do the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BENCH := .venv-bench
CLIENTS := .venv-clients
PY := $(VENV)/bin/python
PEER := $(BENCH)/bin/python
CLIENT := $(CLIENTS)/bin/python
BENCH_ARGS ?=
# What `make conformance` runs of the peer's suite; the issue at hand decides how much of it must pass.
SUITE ?= --reachable layers/layer_test.py models layers/core/dense_test.py \
         layers/core/input_layer_test.py layers/core/lambda_layer_test.py
SHARED_SUITE := ../shared/conformance/peer_suite.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONPATH :=
# Tests start many programs, each of which would compile all modules anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help venv demo test lint format bench conformance clients native clean

help:
	@echo "make demo         train, save, reload and check a small network on real MNIST digits"
	@echo "make test         run all tests"
	@echo "make lint         ruff and pyright"
	@echo "make format       let ruff rewrite the files"
	@echo "make bench        measure cornu against its peers (installs Keras, TensorFlow and PyTorch)"
	@echo "make conformance  run Keras's own suite against cornu"
	@echo "make clients      run packages made for Keras (keras-hub, bayesflow, ...) on cornu"
	@echo "make native       build the optional kernels for processors (needs g++; native/README.md)"
	@echo "make clean        remove environments, caches and outputs"

# The stamps are older than pyproject.toml exactly when the environment has to be made again.
$(VENV)/stamp: pyproject.toml
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install -q -e '.[demo,test,dev]'
	touch $@

# PyTorch first, so that its CPU build is chosen before anything else can ask for another.
$(BENCH)/stamp: pyproject.toml
	test -x $(PEER) || $(PYTHON) -m venv $(BENCH)
	$(PEER) -m pip install -q 'torch==2.13.0'
	$(PEER) -m pip install -q 'keras==3.15.1' tensorflow-cpu jax flax optax
	$(PEER) -m pip install -q -e '.[bench,test]'
	touch $@

$(BENCH)/suite-stamp: $(BENCH)/stamp
	$(PEER) -m pip install -q absl-py pandas scikit-learn grain onnxruntime pillow
	touch $@

venv: $(VENV)/stamp

demo: $(VENV)/stamp
	$(PY) examples/mnist_demo.py

test: $(VENV)/stamp
	$(PY) -m pytest -n 2 --dist loadgroup -q

lint: $(VENV)/stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright

format: $(VENV)/stamp
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# With the kernels for processors where they can be built; the rows have contenders without them too.
$(BENCH)/native-stamp: $(BENCH)/stamp native/pyproject.toml native/CMakeLists.txt $(wildcard native/source/*)
	if command -v g++ > /dev/null; then $(PEER) -m pip install -q ./native; \
	else echo "g++ is missing: cornu is measured without cornu-native"; fi
	touch $@

# The run ends with the tables of bench/README.md, as `python -m bench.table` writes them.
bench: $(BENCH)/native-stamp
	$(PEER) -m bench.run $(BENCH_ARGS)

conformance: $(BENCH)/suite-stamp
	@test -f $(SHARED_SUITE) || { echo "$(SHARED_SUITE) is not here: nothing to run"; exit 1; }
	JAX_PLATFORMS=cpu $(PEER) $(SHARED_SUITE) $(SUITE) -n 2 -q --tb=line --timeout 300

# The packages themselves without what they ask for, which would bring Keras and TensorFlow along.
$(CLIENTS)/stamp: pyproject.toml tests/clients/requirements.txt tests/clients/packages.txt
	test -x $(CLIENT) || $(PYTHON) -m venv $(CLIENTS)
	$(CLIENT) -m pip install -q -e '.[test]' -r tests/clients/requirements.txt
	$(CLIENT) -m pip install -q --no-deps -r tests/clients/packages.txt
	touch $@

clients: $(CLIENTS)/stamp
	$(CLIENT) -m pytest -q -rs tests/clients

# Into the environment of the benchmarks too, if that is there: tests and benchmarks then run with them, and without
# under CORNU_NATIVE=0.
native: $(VENV)/stamp
	@command -v g++ > /dev/null || { echo "g++ is missing (Debian: apt-get install g++)"; exit 1; }
	for python in $(PY) $(PEER); do \
	    test ! -x $$python || $$python -m pip install -q ./native || exit 1; \
	done
	$(PY) -c "import cornu_native; print(len(cornu_native.targets()), 'kernels are installed')"

clean:
	rm -rf $(VENV) $(BENCH) $(CLIENTS) demo_output build native/build dist .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
