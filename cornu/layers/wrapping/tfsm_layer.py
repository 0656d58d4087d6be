"""`TFSMLayer`: a SavedModel of TensorFlow as a layer."""

import numpy as np

from cornu.backend import engine
from cornu.core import tree
from cornu.core.lazy import lazy_module
from cornu.layers._layer import Layer
from cornu.serial.functions import refuse_unless_allowed
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor

tensorflow = lazy_module("tensorflow")

REFUSAL = (
    "The config names a SavedModel of TensorFlow; loading it would run whatever its author put "
    "there, so it is refused. If you trust the author, pass `safe_mode=False` to the loading "
    "function, or call `keras.config.enable_unsafe_deserialization()`."
)
PROBE_SIZES = (2, 3)


@export("keras.layers.TFSMLayer")
class TFSMLayer(Layer):
    """A SavedModel as a layer: TensorFlow computes it, on the CPU, and the gradients by its inputs.

    Its weights stay in TensorFlow and are not trained: it is for inference, and as a fixed part of
    a model.

    Args:
        filepath: folder of the SavedModel.
        call_endpoint: the endpoint to call: an attribute of the SavedModel, or one of its
            signatures such as `"serving_default"`.
        call_training_endpoint: the endpoint to call with `training=True`, by default the same.
        trainable, name, dtype: see `Layer`.

    Raises:
        ImportError: if TensorFlow is not installed.
        ValueError: if there is no such endpoint.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.TFSMLayer("saved", "serve")  # doctest: +SKIP
        >>> layer(cornu.ops.ones((2, 4))).shape  # doctest: +SKIP
        (2, 3)
    """

    def __init__(
        self,
        filepath,
        call_endpoint="serve",
        call_training_endpoint=None,
        trainable=True,
        name=None,
        dtype=None,
    ):
        super().__init__(trainable=trainable, name=name, dtype=dtype)
        self.filepath = str(filepath)
        self.call_endpoint = call_endpoint
        self.call_training_endpoint = call_training_endpoint
        loaded = tensorflow.saved_model.load(self.filepath)
        # Past the tracking of state: these are objects of TensorFlow's.
        object.__setattr__(self, "_loaded", loaded)
        object.__setattr__(self, "_infer", _endpoint(loaded, call_endpoint, "call_endpoint"))
        train = self._infer
        if call_training_endpoint is not None:
            train = _endpoint(loaded, call_training_endpoint, "call_training_endpoint")
        object.__setattr__(self, "_train", train)
        self._build_at_init()

    def call(self, inputs, training=False, **kwargs):
        job = _Job(self._train if training else self._infer, inputs, kwargs)
        return job.on_engine()

    def compute_output_spec(self, inputs, training=False, **kwargs):
        endpoint = self._train if training else self._infer
        small, large = (_probe(endpoint, inputs, kwargs, size) for size in PROBE_SIZES)
        return tree.map_structure(_joined, small, large)

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """A layer from `get_config()`.

        Raises:
            ValueError: unless unsafe loading is allowed: a SavedModel is a program.
        """
        refuse_unless_allowed(safe_mode, REFUSAL)
        return cls(**config)


def _endpoint(loaded, name, argument):
    found = getattr(loaded, name, None)
    if found is None and name in loaded.signatures:
        found = loaded.signatures[name]
    if found is None:
        raise ValueError(
            f"The endpoint '{name}' is neither an attribute of the reloaded SavedModel, nor an"
            " entry in the `signatures` field of the reloaded SavedModel. Select another endpoint"
            f" via the `{argument}` argument. Available endpoints for this SavedModel:"
            f" {sorted(loaded.signatures)}"
        )
    return found


class _Job:
    """One call of an endpoint: its arguments, and how the host computes it."""

    def __init__(self, endpoint, inputs, kwargs):
        self.endpoint, self.kwargs = endpoint, kwargs
        self.values = tree.flatten(inputs)
        self.shape = tree.structure_of(inputs)

    def on_engine(self):
        """The outputs as tensors of the engine."""
        examples = self._run(*(np.zeros(value.shape, value.dtype) for value in self.values))
        specs = [(example.shape, str(example.dtype)) for example in examples]
        results = engine.host_function(self._run, self._pull, specs)(*self.values)
        return self.outputs.unflatten(results)

    def _call(self, tensors):
        outputs = self.endpoint(self.shape.unflatten(tensors), **self.kwargs)
        self.outputs = tree.structure_of(outputs)
        return tree.flatten(outputs)

    def _run(self, *arrays):
        with tensorflow.device("CPU"):
            return tuple(x.numpy() for x in self._call(list(map(_to_tensor, arrays))))

    def _pull(self, values, upstream):
        with tensorflow.device("CPU"):
            tensors = list(map(_to_tensor, values))
            floats = [tensor for tensor in tensors if tensor.dtype.is_floating]
            with tensorflow.GradientTape() as tape:
                tape.watch(floats)
                outputs = self._call(tensors)
            slopes = list(map(_to_tensor, upstream))
            found = tape.gradient(
                outputs, floats, slopes, unconnected_gradients=tensorflow.UnconnectedGradients.ZERO
            )
        return tuple(slope.numpy() for slope in found)


def _to_tensor(array):
    return tensorflow.constant(np.asarray(array))


def _probe(endpoint, inputs, kwargs, size):
    def zeros(leaf):
        shape = [size if n is None else n for n in leaf.shape]
        return tensorflow.zeros(shape, leaf.dtype)

    return endpoint(tree.map_structure(zeros, inputs), **kwargs)


def _joined(small, large):
    """A `KerasTensor` for what came out at two sizes of the unknown axes."""
    shape = (m if m == n else None for m, n in zip(small.shape, large.shape, strict=True))
    return KerasTensor(tuple(shape), small.dtype.name)
