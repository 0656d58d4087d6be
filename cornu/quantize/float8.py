"""Products of 8-bit floats, in training too (Micikevicius et al. 2022, "FP8 Formats for Deep
Learning").

Inputs and kernel are rounded to `float8_e4m3fn`, gradients to `float8_e5m2`, each by a scale that
follows the largest magnitudes of the last steps. Scales and histories are variables whose
"gradient" is their next value.
"""

from cornu import ops
from cornu.quantize.strategy import Strategy
from cornu.quantizers import (
    compute_float8_amax_history,
    compute_float8_scale,
    quantize_and_dequantize,
)
from cornu.quantizers._functions import float8_max

FORWARD, BACKWARD = "float8_e4m3fn", "float8_e5m2"
ROUNDED = ("inputs", "kernel", "outputs_grad")


class Float8Product(Strategy):
    """Products of values that 8-bit floats can say."""

    mode = "float8"
    keeps_kernel = True
    files = (
        "{}",
        "bias",
        *(f"{name}_{kind}" for name in ROUNDED for kind in ("scale", "amax_history")),
    )

    def build(self, layer):
        """Make a scale and a history for inputs, kernel and the outputs' gradient."""
        settings = {"trainable": True, "autocast": False, "overwrite_with_gradient": True}
        length = getattr(self.policy, "amax_history_length", 1024)
        for name in ROUNDED:
            for kind, shape, initializer in (
                ("scale", (), "ones"),
                ("amax_history", (length,), "zeros"),
            ):
                attribute = f"{name}_{kind}"
                weight = layer.add_weight(
                    name=attribute, shape=shape, initializer=initializer, **settings
                )
                setattr(layer, attribute, weight)

    def values(self, layer, kernel):
        """The kernel."""
        return {f"_{layer.kernel_name}": kernel}

    def floats(self, layer):
        """The kernel."""
        return getattr(layer, f"_{layer.kernel_name}")

    def contract(self, layer, inputs, training):
        """The product of rounded inputs and kernel, whose gradient will be rounded too."""
        dtype = layer.compute_dtype
        inputs = rounded(layer, "inputs", inputs, dtype, training)
        kernel = rounded(layer, "kernel", self.floats(layer).value, dtype, training)
        outputs = layer._apply_kernel(inputs, kernel)
        return gradient_rounded(layer, "outputs_grad", outputs, dtype, training)

    def bias(self, layer):
        """The bias, which counts no more digits than bfloat16 has, as in Keras."""
        bias = ops.convert_to_tensor(layer.bias)
        if layer.compute_dtype == "float32":
            return ops.cast(ops.cast(bias, "bfloat16"), "float32")
        return bias


def _state(layer, name):
    return getattr(layer, f"{name}_scale"), getattr(layer, f"{name}_amax_history")


# No gradients.
UNCHANGED = (None, None)


def _next_state(x, scale, history, dtype):
    """The scale and the history for the next step, as the "gradients" of those of this one."""
    new_scale = compute_float8_scale(ops.max(history), scale, float8_max(dtype))
    return new_scale, compute_float8_amax_history(x, history)


def rounded(layer, name, x, dtype, training):
    """`x` as 8-bit floats can say it; its gradient is passed on."""

    def forward(x, scale, history):
        def gradient(upstream):
            following = _next_state(x, scale, history, FORWARD) if training else UNCHANGED
            return ops.cast(upstream, x.dtype), *following

        return quantize_and_dequantize(x, scale, FORWARD, dtype), gradient

    return ops.custom_gradient(forward)(x, *_state(layer, name))


def gradient_rounded(layer, name, x, dtype, training):
    """`x`, whose gradient is passed on as 8-bit floats can say it."""

    def forward(x, scale, history):
        def gradient(upstream):
            down = quantize_and_dequantize(upstream, scale, BACKWARD, dtype)
            following = _next_state(upstream, scale, history, BACKWARD) if training else UNCHANGED
            return ops.cast(down, x.dtype), *following

        return x, gradient

    return ops.custom_gradient(forward)(x, *_state(layer, name))
