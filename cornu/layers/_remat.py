"""Rematerialisation: recomputing inner values for the gradient instead of keeping them."""

import math

from cornu import activations
from cornu.core import tree
from cornu.core.scopes import REMAT
from cornu.layers._call import recomputed
from cornu.serial.registry import export

MODES = ("full", "activations", "larger_than", "list_of_layers")


@export("keras.RematScope")
class RematScope:
    """Layers called inside compute inner values again for the gradient, to save memory (Chen et al.
    2016, "Training Deep Nets with Sublinear Memory Cost").

    Args:
        mode: `"full"`: every layer; `"activations"`: layers that are activation functions;
            `"larger_than"`: layers whose outputs have more than `output_size_threshold` elements;
            `"list_of_layers"`: those in `layer_names`; None: no layer.
        output_size_threshold: number of elements.
        layer_names: list of names.

    Raises:
        ValueError: for another mode.

    Example:
        >>> import cornu
        >>> with cornu.RematScope(mode="full"):
        ...     y = cornu.layers.Dense(2)(cornu.ops.ones((1, 3)))
    """

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        if mode not in (*MODES, None):
            raise ValueError(
                f"Invalid mode '{mode}'. Supported modes are: {', '.join(map(repr, MODES))}, or"
                " None."
            )
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []
        self._tokens = []

    def __enter__(self):
        self._tokens.append(REMAT.set(self if self.mode is not None else None))
        return self

    def __exit__(self, *exc):
        REMAT.reset(self._tokens.pop())

    def applies(self, layer, args, kwargs):
        """Whether a call of `layer` is recomputed."""
        if self.mode == "full":
            return True
        if self.mode == "list_of_layers":
            return layer.name in self.layer_names
        if self.mode == "activations":
            activation = getattr(layer, "activation", None)
            return activation is not None and activation is not activations.linear
        outputs = tree.flatten(layer.compute_output_spec(*args, **kwargs))
        return any(math.prod(output.shape) > self.output_size_threshold for output in outputs)


@export("keras.remat")
def remat(f):
    """`f` with its inner values computed again for the gradient instead of kept.

    Args:
        f: function of tensors.

    Example:
        >>> import cornu
        >>> cornu.remat(lambda x: x * 2)(cornu.ops.ones((1,)))
        Array([2.], dtype=float32)
    """
    return recomputed(f)
