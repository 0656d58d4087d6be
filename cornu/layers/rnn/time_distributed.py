"""`TimeDistributed`: a layer applied to each step."""

from cornu import ops
from cornu.core import dtypes, tree
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.layers.core.wrapper import Wrapper
from cornu.serial.registry import export, path_of
from cornu.symbolic.tensor import KerasTensor

# Layers that treat each example of a batch alone: for them, steps can be examples.
ALONE = {
    *("Activation", "Dense", "Dropout", "EinsumDense", "Embedding", "Flatten", "Identity"),
    *("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D", "InputLayer"),
    *("AveragePooling1D", "AveragePooling2D", "AveragePooling3D"),
    *("MaxPooling1D", "MaxPooling2D", "MaxPooling3D"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalMaxPooling3D"),
    *("GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"),
    *("ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "LSTM", "GRU", "SimpleRNN"),
    *("Cropping1D", "Cropping2D", "Cropping3D", "UpSampling1D", "UpSampling2D", "UpSampling3D"),
    *("Permute", "RepeatVector", "Reshape", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"),
}
MODELS = {"keras.Model", "keras.Sequential", "keras.src.models.functional.Functional"}


@export("keras.layers.TimeDistributed")
class TimeDistributed(Wrapper):
    """Applies a layer to each step of sequences.

    Layers that treat each example of a batch alone, such as `Dense` and `Conv2D`, and models of
    them, are called once, with all steps as examples; others are called for one step after the
    other.

    Args:
        layer: layer for inputs of one step, (batch, ...).
        **kwargs: see `Layer`.

    Call arguments:
        inputs: (batch, time, ...).
        training: whether in training, passed on.
        mask: booleans (batch, time, ...), passed on to layers that take one.

    Returns:
        The layer's outputs, with the time axis: (batch, time, ...).

    Raises:
        ValueError: if `layer` is none, or the inputs or the mask have no time axis.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.TimeDistributed(cornu.layers.Conv2D(4, 3))
        >>> layer(cornu.ops.ones((2, 10, 8, 8, 3))).shape
        (2, 10, 6, 6, 4)
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `TimeDistributed` layer with a `keras.layers.Layer` instance."
                f" Received: {shorten(layer)}"
            )
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        super().build(self._shape_of_step(input_shape))

    @staticmethod
    def _shape_of_step(input_shape):
        if len(input_shape) < 3:
            raise ValueError(
                "`TimeDistributed` Layer should be passed an `input_shape` with at least 3"
                f" dimensions, received: {tuple(input_shape)}"
            )
        return (input_shape[0], *input_shape[2:])

    def call(self, inputs, training=None, mask=None):
        batch, steps = inputs.shape[:2]
        if mask is not None and tuple(mask.shape[:2]) != (batch, steps):
            raise ValueError(
                "The `mask` passed to the `TimeDistributed` layer has a shape that does not begin"
                f" as that of the inputs: expected ({batch}, {steps}, ...). Received:"
                f" mask.shape={tuple(mask.shape)}"
            )
        plan = self.layer._plan
        mask = mask if plan.takes_mask else None

        def call(step, step_mask):
            options = {"training": training} if plan.takes_training else {}
            if step_mask is not None:
                options["mask"] = step_mask
            return self.layer(step, **options)

        run = self._at_once if treats_examples_alone(self.layer) else self._one_by_one
        return tree.map_structure(self._cast, run(call, inputs, mask))

    def _cast(self, output):
        floats = dtypes.is_float_dtype(str(output.dtype))
        return ops.cast(output, self.compute_dtype) if floats else output

    @staticmethod
    def _at_once(call, inputs, mask):
        batch, steps = inputs.shape[:2]

        def merged(x):
            return None if x is None else ops.reshape(x, (batch * steps, *x.shape[2:]))

        outputs = call(merged(inputs), merged(mask))
        return tree.map_structure(lambda x: ops.reshape(x, (batch, steps, *x.shape[1:])), outputs)

    @staticmethod
    def _one_by_one(call, inputs, mask):
        steps = inputs.shape[1]
        if isinstance(steps, int):
            outputs = [
                call(inputs[:, i], None if mask is None else mask[:, i]) for i in range(steps)
            ]
            return tree.map_structure(lambda *each: ops.stack(each, axis=1), *outputs)
        first = tree.map_structure(
            lambda x: None if x is None else ops.swapaxes(x, 0, 1), [inputs, mask]
        )
        outputs = ops.map(lambda step: call(*step), first)
        return tree.map_structure(lambda x: ops.swapaxes(x, 0, 1), outputs)

    def compute_output_shape(self, input_shape):
        """The layer's output shape with the time axis as the second."""
        shape = self.layer.compute_output_shape(self._shape_of_step(input_shape))
        return (shape[0], input_shape[1], *shape[1:])

    def compute_output_spec(self, inputs, training=None, mask=None):
        step = KerasTensor(self._shape_of_step(inputs.shape), inputs.dtype)

        def with_time(x):
            dtype = self.compute_dtype if dtypes.is_float_dtype(x.dtype) else x.dtype
            return KerasTensor((x.shape[0], inputs.shape[1], *x.shape[1:]), dtype)

        return tree.map_structure(with_time, self.layer.compute_output_spec(step))


def treats_examples_alone(layer):
    """Whether each of a layer's outputs is known to depend on one example of the batch alone."""
    if not isinstance(layer, Layer) or layer.activity_regularizer is not None:
        return False
    path = path_of(type(layer)) or ""
    if path in MODELS:
        parts = getattr(layer, "operations", None) or layer.layers
        return bool(parts) and all(map(treats_examples_alone, parts))
    return (
        path.removeprefix("keras.layers.") in ALONE
        and not getattr(layer, "stateful", False)
        and getattr(layer, "noise_shape", None) is None
    )
