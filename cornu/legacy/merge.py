"""`merge` and `Merge` of Keras 1: several tensors made one."""

from cornu import layers
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.registry import export

_LAYERS = {
    "sum": layers.Add,
    "mul": layers.Multiply,
    "ave": layers.Average,
    "max": layers.Maximum,
}


def merging_layer(mode, concat_axis=-1, dot_axes=-1, name=None):
    """The layer of today for a `mode` of Keras 1.

    Args:
        mode: `"sum"`, `"mul"`, `"concat"`, `"ave"`, `"max"`, `"dot"`, `"cos"`, or a function of a
            list of tensors.
        concat_axis: the axis of `"concat"`.
        dot_axes: the axes of `"dot"` and `"cos"`: an int, or one (or a list of one) for each input.
        name: name of the layer.

    Raises:
        ValueError: for another mode.
    """
    if callable(mode):
        return layers.Lambda(mode, name=name)
    if mode in _LAYERS:
        return _LAYERS[mode](name=name)
    if mode == "concat":
        return layers.Concatenate(axis=concat_axis, name=name)
    if mode in ("dot", "cos"):
        axes = dot_axes
        if isinstance(axes, (list, tuple)):
            axes = [axis[0] if isinstance(axis, (list, tuple)) else axis for axis in axes]
        return layers.Dot(axes=axes, normalize=mode == "cos", name=name)
    raise ValueError(
        f"`mode` must be one of {[*_LAYERS, 'concat', 'dot', 'cos']} or a function. Received:"
        f" mode={shorten(mode)}"
    )


def merge(inputs, mode="sum", concat_axis=-1, dot_axes=-1, name=None):
    """Several tensors made one, as Keras 1 has it.

    Args:
        inputs: list of tensors.
        mode, concat_axis, dot_axes, name: see `merging_layer`.

    Example:
        >>> import cornu
        >>> a, b = cornu.Input((3,)), cornu.Input((4,))
        >>> cornu.layers.merge([a, b], mode="concat").shape
        (None, 7)
    """
    return merging_layer(mode, concat_axis, dot_axes, name)(list(inputs))


@export("keras.layers.Merge")
class Merge(Layer):
    """The first layer of a Sequential model over the outputs of other models, as Keras 1 has it.

    Args:
        layers: list of models or layers, one for each input; None to merge the inputs themselves.
        mode, concat_axis, dot_axes: see `merging_layer`.
        **kwargs: see `Layer`.

    Call arguments:
        inputs: list of tensors, one for each of `layers`.

    Example:
        >>> import cornu
        >>> left = cornu.Sequential([cornu.layers.Dense(4, input_shape=(3,))])
        >>> right = cornu.Sequential([cornu.layers.Dense(4, input_shape=(2,))])
        >>> both = cornu.Sequential([cornu.layers.Merge([left, right], mode="sum")])
        >>> both([cornu.ops.ones((5, 3)), cornu.ops.ones((5, 2))]).shape
        (5, 4)
    """

    def __init__(self, layers=None, mode="sum", concat_axis=-1, dot_axes=-1, **kwargs):
        super().__init__(**kwargs)
        self.layers = None if layers is None else list(layers)
        self.mode = mode
        self.concat_axis = concat_axis
        self.dot_axes = dot_axes
        self.merging = merging_layer(mode, concat_axis, dot_axes)

    def call(self, inputs):
        if self.layers is None:
            return self.merging(list(inputs))
        if len(inputs) != len(self.layers):
            raise ValueError(
                f"Merge takes an input for each of its {len(self.layers)} models. Received:"
                f" {shorten(inputs)}"
            )
        return self.merging([layer(each) for layer, each in zip(self.layers, inputs, strict=True)])
