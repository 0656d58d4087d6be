"""The base of initializers."""

from cornu.serial.configurable import Configurable
from cornu.serial.registry import export


@export("keras.Initializer", "keras.initializers.Initializer")
class Initializer(Configurable):
    """Makes the first value of a weight. Subclasses write `__call__(self, shape, dtype=None)`.

    The config follows from the constructor's arguments, if each is kept in an attribute of its
    name.

    Example:
        >>> import cornu
        >>> class Sevens(cornu.initializers.Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return cornu.ops.full(shape, 7, dtype=dtype)
        >>> cornu.layers.Dense(1, bias_initializer=Sevens()).bias_initializer((2,))
        Array([7., 7.], dtype=float32)
    """

    def __call__(self, shape, dtype=None):
        """A tensor of the given shape (tuple of ints) and dtype (`floatx()` if None)."""
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")

    def clone(self):
        """A new initializer of the same config."""
        return type(self).from_config(self.get_config())
