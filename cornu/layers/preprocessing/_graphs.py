"""Layers in the graphs that an installed TensorFlow makes of `tf.data` pipelines: the host computes
them there."""

import numpy as np

from cornu.core import tree
from cornu.core.lazy import lazy_module

tensorflow = lazy_module("tensorflow")


def is_graph_tensor(value):
    """Whether a value is a tensor of TensorFlow that has no value yet."""
    module = type(value).__module__
    return module.startswith("tensorflow.") and not hasattr(value, "numpy")


def in_graph(function, inputs, spec, dtype=None):
    """The result of a function of arrays, as a tensor of the graph.

    Args:
        function: from a nest of NumPy arrays to an array.
        inputs: nest of tensors of a graph.
        spec: `KerasTensor` that says shape and dtype of the result.
        dtype: dtype of the result if it is not that of `spec`.
    """
    dtype = dtype or spec.dtype
    structure, leaves = tree.structure_of(inputs), tree.flatten(inputs)

    def run(*arrays):
        found = np.asarray(function(structure.unflatten(arrays)))
        return found if dtype == "string" else found.astype(dtype)

    found = tensorflow.numpy_function(run, leaves, dtype)
    found.set_shape(spec.shape)
    return found
