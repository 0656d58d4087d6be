"""`Wrapper`: a layer around another."""

from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.registry import export


@export("keras.layers.Wrapper")
class Wrapper(Layer):
    """Base of layers around another layer, which they keep as `layer`. Subclasses write `call`.

    Args:
        layer: the layer inside.
        **kwargs: see `Layer`.

    Raises:
        ValueError: if `layer` is none.

    Example:
        >>> import cornu
        >>> class Twice(cornu.layers.Wrapper):
        ...     def call(self, inputs):
        ...         return self.layer(self.layer(inputs))
        >>> Twice(cornu.layers.Dense(3))(cornu.ops.ones((2, 3))).shape
        (2, 3)
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(
                f"Layer {shorten(layer)} supplied to Wrapper isn't a supported layer type. Please"
                " ensure wrapped layer is a valid Keras layer."
            )
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from `get_config()`."""
        layer = deserialize_keras_object(config["layer"], custom_objects)
        return super().from_config({**config, "layer": layer})
