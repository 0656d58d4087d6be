"""`SpectralNormalization`."""

import operator

from cornu import initializers, ops
from cornu.core import dtypes, tree
from cornu.core.errors import shorten
from cornu.layers._input_spec import InputSpec
from cornu.layers.core.wrapper import Wrapper
from cornu.serial.registry import export


@export("keras.layers.SpectralNormalization")
class SpectralNormalization(Wrapper):
    """Keeps the largest singular value of a layer's kernel near 1 (Miyato et al. 2018), which
    steadies the training of generative adversarial networks.

    Args:
        layer: a layer with a `kernel` or `embeddings`.
        power_iterations: steps of the power method at each call in training; the vector that they
            start from is kept.
        **kwargs: see `Layer`.

    Call arguments:
        inputs: what the layer takes.
        training: whether to normalise the kernel first, for good.

    Raises:
        ValueError: if the layer has neither, or `power_iterations` is no positive int.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.SpectralNormalization(cornu.layers.Dense(3), power_iterations=20)
        >>> y = layer(cornu.ops.ones((2, 4)), training=True)
        >>> round(float(cornu.ops.norm(layer.layer.kernel, ord=2)), 3)
        1.0
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        try:
            self.power_iterations = operator.index(power_iterations)
        except TypeError:
            self.power_iterations = 0
        if self.power_iterations <= 0:
            raise ValueError(
                "`power_iterations` should be greater than zero: a number of steps. Received:"
                f" `power_iterations={shorten(power_iterations)}`"
            )

    def build(self, input_shape):
        super().build(input_shape)
        self.input_spec = InputSpec(shape=[None, *input_shape[1:]])
        self.kernel = getattr(self.layer, "kernel", None)
        if self.kernel is None:
            self.kernel = getattr(self.layer, "embeddings", None)
        if self.kernel is None:
            raise ValueError(
                f"{type(self.layer).__name__} object has no attribute 'kernel' nor 'embeddings':"
                f" there is nothing to normalize. Received: layer '{self.layer.name}'"
            )
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            dtype=self.kernel.dtype,
        )

    def call(self, inputs, training=False):
        if training:
            vector, kernel = self.normalized_weights()
            self.vector_u.assign(vector)
            # The step goes on from the normalized kernel, so its gradient is the one there.
            before = ops.convert_to_tensor(self.kernel)
            self.kernel.assign(before + ops.stop_gradient(kernel - before))
        return tree.map_structure(self._in_compute_dtype, self.layer(inputs))

    def _in_compute_dtype(self, output):
        is_float = dtypes.is_float_dtype(output.dtype)
        return ops.cast(output, self.compute_dtype) if is_float else output

    def normalized_weights(self):
        """The next vector of the power method, and the kernel divided by its largest singular value
        as that estimates it. A kernel of zeros stays as it is.

        Returns:
            A pair of tensors.
        """
        kernel, start = ops.convert_to_tensor(self.kernel), ops.convert_to_tensor(self.vector_u)
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        right = start
        for _ in range(self.power_iterations):
            left = ops.normalize(ops.matmul(right, ops.transpose(matrix)), axis=None)
            right = ops.normalize(ops.matmul(left, matrix), axis=None)
        left, right = ops.stop_gradient(left), ops.stop_gradient(right)
        sigma = ops.matmul(ops.matmul(left, matrix), ops.transpose(right))
        empty = ops.all(ops.equal(matrix, 0))
        sigma = ops.where(empty, ops.ones_like(sigma), sigma)
        return ops.where(empty, start, right), ops.divide(kernel, ops.reshape(sigma, ()))

    def compute_output_shape(self, input_shape):
        """The shape of the layer's outputs."""
        return self.layer.compute_output_shape(input_shape)
