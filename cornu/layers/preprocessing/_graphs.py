"""Layers in the graphs that an installed TensorFlow makes of `tf.data` pipelines: the host computes
them there."""

import numpy as np

from cornu.core import tree
from cornu.core.lazy import lazy_module
from cornu.symbolic.tensor import KerasTensor

tensorflow = lazy_module("tensorflow")


def is_graph_tensor(value):
    """Whether a value is a tensor of TensorFlow that has no value yet."""
    module = type(value).__module__
    return module.startswith("tensorflow.") and not hasattr(value, "numpy")


class WorksInGraphs:
    """Mixed into layers of tensors that may be called in such a graph, in `dataset.map(layer)`."""

    def __call__(self, *args, **kwargs):
        leaves = tree.flatten(args[0]) if args else ()
        if not any(map(is_graph_tensor, leaves)):
            return super().__call__(*args, **kwargs)
        call, rest = super().__call__, args[1:]
        symbols = tree.map_structure(
            lambda x: KerasTensor(tuple(x.shape), np.dtype(x.dtype.as_numpy_dtype).name), args[0]
        )
        specs = self.compute_output_spec(symbols, *rest, **kwargs)
        structure, wanted = tree.structure_of(specs), tree.flatten(specs)

        def run(*arrays):
            found = call(tree.pack_sequence_as(args[0], arrays), *rest, **kwargs)
            pairs = zip(tree.flatten(found), wanted, strict=True)
            return [np.asarray(each).astype(spec.dtype) for each, spec in pairs]

        found = tensorflow.numpy_function(run, leaves, [spec.dtype for spec in wanted])
        for each, spec in zip(found, wanted, strict=True):
            each.set_shape(spec.shape)
        return structure.unflatten(found)


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
