"""`Input` and `InputLayer`: where a functional model begins."""

import warnings

from cornu.core import dtypes
from cornu.core.shapes import standardize_shape
from cornu.layers._layer import Layer
from cornu.serial.registry import export
from cornu.symbolic.graph import Node
from cornu.symbolic.tensor import KerasTensor


@export("keras.layers.InputLayer")
class InputLayer(Layer):
    """The operation whose output is an input of a model. `Input` makes one.

    Args: as of `Input`, with `input_tensor` for `tensor`.
    """

    def __init__(
        self,
        shape=None,
        batch_size=None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        input_tensor=None,
        optional=False,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name)
        if "input_shape" in kwargs:
            warnings.warn(
                "Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2
            )
            shape = kwargs.pop("input_shape")
        if "batch_input_shape" in kwargs:
            batch_shape = kwargs.pop("batch_input_shape")
        if kwargs:
            raise ValueError(f"InputLayer does not take the arguments {sorted(kwargs)}")
        batch_shape, dtype = _shape_and_dtype(
            shape, batch_size, batch_shape, dtype, input_tensor, sparse, ragged
        )
        for kind, wanted in (("sparse", sparse), ("ragged", ragged)):
            if wanted:
                raise ValueError(
                    f"`{kind}=True` is not supported: the JAX engine has dense tensors only."
                )
        self._batch_shape = batch_shape
        self._dtype = dtype
        self.sparse, self.ragged = False, False
        self.optional = bool(optional)
        output = input_tensor
        if output is None:
            output = KerasTensor(batch_shape, dtype, name=name)
        elif not isinstance(output, KerasTensor):
            raise ValueError(
                "Argument `input_tensor` must be a KerasTensor. Received invalid type:"
                f" {type(output)}"
            )
        object.__setattr__(self, "_input_tensor", output)
        if getattr(output, "_keras_history", None) is None:
            Node(self, (), {}, output)
        else:
            self._inbound_nodes.append(
                output._keras_history.operation._inbound_nodes[output._keras_history.node_index]
            )
        object.__setattr__(self, "built", True)

    @property
    def batch_shape(self):
        """Shape of the input, batch axis first."""
        return self._batch_shape

    @property
    def dtype(self):
        """Dtype of the input."""
        return self._dtype

    def call(self):
        """There is nothing to compute."""
        return

    def get_config(self):
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config):
        """A layer from `get_config()`, also from those of Keras 2."""
        return cls(**{key: value for key, value in config.items() if key != "trainable"})


def _shape_and_dtype(shape, batch_size, batch_shape, dtype, tensor, sparse, ragged):
    if tensor is not None and isinstance(tensor, KerasTensor):
        dtype = None if dtype is None else dtypes.standardize_dtype(dtype)
        for name, given, own in (
            ("shape", shape and tuple(shape), tensor.shape[1:]),
            ("batch_shape", batch_shape and tuple(batch_shape), tensor.shape),
            ("batch_size", batch_size, tensor.shape[0] if tensor.shape else None),
            ("dtype", dtype, tensor.dtype),
            ("sparse", sparse, tensor.sparse),
            ("ragged", ragged, tensor.ragged),
        ):
            if given is not None and given != own:
                raise ValueError(
                    "When providing the `input_tensor` keyword argument, you cannot provide an"
                    f" incompatible `{name}`: the tensor's is {own}. Received: {name}={given}"
                )
        return tensor.shape, tensor.dtype
    if shape is not None and batch_shape is not None:
        raise ValueError(
            "You cannot pass both `shape` and `batch_shape` at the same time. Received:"
            f" shape={shape}, batch_shape={batch_shape}"
        )
    if batch_size is not None and batch_shape is not None:
        raise ValueError(
            "You cannot pass both `batch_size` and `batch_shape` at the same time. "
            f"Received: batch_size={batch_size}, batch_shape={batch_shape}"
        )
    if shape is None and batch_shape is None:
        raise ValueError("You must pass a `shape` argument.")
    if shape is not None:
        batch_shape = (batch_size, *standardize_shape(shape))
    batch_shape = standardize_shape(batch_shape)
    return batch_shape, dtypes.standardize_dtype(dtype)


@export("keras.Input", "keras.layers.Input")
def Input(
    shape=None,
    batch_size=None,
    dtype=None,
    sparse=None,
    ragged=None,
    batch_shape=None,
    name=None,
    tensor=None,
    optional=False,
):
    """A tensor without a value, the input of a model to be built.

    Args:
        shape: shape of one sample, without the batch axis; None is an unknown size.
        batch_size: size of the batch axis, if it is fixed.
        dtype: name of a dtype, by default `floatx()`.
        sparse, ragged: must be falsy: the engine has dense tensors only.
        batch_shape: shape with the batch axis, in place of `shape` and `batch_size`.
        name: name of the input and its layer.
        tensor: a `KerasTensor` to use as the input.
        optional: whether the model may be called with None for it.

    Returns:
        A `KerasTensor`.

    Raises:
        ValueError: if shapes are missing or contradict each other.

    Example:
        >>> import cornu
        >>> x = cornu.Input((4,))
        >>> cornu.Model(x, cornu.layers.Dense(2)(x)).output_shape
        (None, 2)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        name=name,
        input_tensor=tensor,
        optional=optional,
    )
    return layer._inbound_nodes[0].outputs[0]
