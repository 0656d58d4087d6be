"""cornu: the Keras API on JAX.

import cornu as keras

model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)])
"""

import gc

# Nothing that an import makes is garbage, and looking for it takes a third of the time.
_collects = gc.isenabled()
gc.disable()
try:
    from cornu import (
        _api,
        activations,
        backend,
        callbacks,
        config,
        constraints,
        distribution,
        dtype_policies,
        initializers,
        layers,
        legacy,
        losses,
        metrics,
        mixed_precision,
        models,
        ops,
        optimizers,
        quantizers,
        random,
        regularizers,
        saving,
        tree,
        utils,
    )
    from cornu._api import install_as_keras, load_ipython_extension
    from cornu.backend.jax.tape import GradientTape
    from cornu.core.scopes import name_scope
    from cornu.dtype_policies import DTypePolicy, FloatDTypePolicy
    from cornu.initializers import Initializer
    from cornu.layers import Input, InputSpec, Layer
    from cornu.layers._remat import RematScope, remat
    from cornu.losses import Loss
    from cornu.metrics import Metric
    from cornu.models import Model, Sequential
    from cornu.optimizers import Optimizer
    from cornu.quantizers import Quantizer
    from cornu.regularizers import Regularizer
    from cornu.state.functional import StatelessScope
    from cornu.state.variable import Variable, device
    from cornu.symbolic.function import Function
    from cornu.symbolic.operation import Operation
    from cornu.symbolic.tensor import KerasTensor
    from cornu.version import __version__, version
finally:
    if _collects:
        gc.enable()

__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Quantizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "device",
    "distribution",
    "dtype_policies",
    "initializers",
    "install_as_keras",
    "layers",
    "legacy",
    "load_ipython_extension",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "quantizers",
    "random",
    "regularizers",
    "remat",
    "saving",
    "tree",
    "utils",
    "version",
]
del _api, _collects, gc
