"""What normalisations share: a trained factor and offset, and how axes are given."""

import operator

from cornu import constraints, initializers, ops, regularizers
from cornu.core.errors import shorten
from cornu.core.shapes import canonicalize_axis

HALVES = ("float16", "bfloat16")


class Affine:
    """Mixin of layers that end with a factor `gamma` and an offset `beta`."""

    def _set_affine(
        self,
        center,
        scale,
        beta_initializer,
        gamma_initializer,
        beta_regularizer,
        gamma_regularizer,
        beta_constraint,
        gamma_constraint,
    ):
        """Keep the constructor's arguments on the two."""
        self.center = center
        self.scale = scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.gamma = self.beta = None

    def _add_affine(self, shape):
        """Make those that the layer has. They are read in their own dtype, also by layers that
        compute in half precision."""
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
                autocast=False,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
                autocast=False,
            )


def checked_axis(axis, complaint=None):
    """An axis as an int, several as a list of ints.

    Raises:
        TypeError: for anything else, beginning with `complaint`.
    """
    try:
        if isinstance(axis, (list, tuple)):
            return [operator.index(one) for one in axis]
        return operator.index(axis)
    except TypeError:
        complaint = complaint or (
            "Expected an int or a list/tuple of ints for the argument 'axis', but received:"
        )
        raise TypeError(f"{complaint} {shorten(axis)}") from None


def wide(inputs, dtype):
    """The inputs in a layer's compute dtype, but in float32 if that is half precision."""
    return ops.cast(inputs, "float32" if dtype in HALVES else dtype)


def axes_of(axis, rank):
    """The axes, counted from the front, in order."""
    given = axis if isinstance(axis, (list, tuple)) else [axis]
    found = tuple(sorted(canonicalize_axis(one, rank) for one in given))
    if len(set(found)) < len(found):
        raise ValueError(f"`axis` names the same axis twice. Received: axis={axis}")
    return found


def as_list(axis):
    """The axes as a layer keeps them once it is built; the shape of its weights follows them."""
    return sorted(axis) if isinstance(axis, list) else [axis]


def shaped_for(weight, inputs, axes):
    """A weight with sizes in the order of the inputs' axes, which counting axes from the end can
    change."""
    sizes = tuple(inputs.shape[axis] for axis in axes)
    return weight if weight is None or weight.shape == sizes else ops.reshape(weight, sizes)


def known_sizes(layer, input_shape, axes):
    """The sizes of the axes.

    Raises:
        ValueError: naming the layer, if one is unknown.
    """
    sizes = tuple(input_shape[axis] for axis in axes)
    if None in sizes:
        raise ValueError(
            f"Layer '{layer.name}': axis {list(axes)} of input tensor should have a defined"
            f" dimension but the layer received an input with shape {tuple(input_shape)}."
        )
    return sizes
