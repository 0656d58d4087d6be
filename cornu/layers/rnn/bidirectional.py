"""`Bidirectional`: a recurrent layer run from both ends."""

from cornu import ops
from cornu.backend import kernels
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.layers._layer import Layer
from cornu.serial import sharing
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export

MERGE_MODES = ("sum", "mul", "concat", "ave", None)
SHARED = ("stateful", "return_sequences", "return_state")


@export("keras.layers.Bidirectional")
class Bidirectional(Layer):
    """A recurrent layer run along sequences and a second one run from their end (Schuster & Paliwal
    1997).

    Args:
        layer: `LSTM`, `GRU` or another `RNN`, or a layer with its attributes `go_backwards`,
            `return_sequences`, `return_state`, `stateful` and `input_spec`. It serves as a model:
            the first layer is made from its config.
        merge_mode: how the two outputs become one: `"concat"` along the last axis, `"sum"`,
            `"mul"`, `"ave"`; None for a tuple of both.
        weights: initial weights of both, a list as of `get_weights()`, or None.
        backward_layer: the second layer, with the other `go_backwards`; by default one made from
            the config of `layer`.
        **kwargs: see `Layer`.

    Call arguments: see `RNN`. `initial_state` is a list of the first layer's states, then those of
    the second. Outputs of the second come in the order of the inputs.

    Raises:
        ValueError: if the layers can't be used, or do not fit one another.

    Example:
        >>> import cornu
        >>> cornu.layers.Bidirectional(cornu.layers.LSTM(4))(cornu.ops.ones((2, 5, 3))).shape
        (2, 8)
    """

    config_exclude = Layer.config_exclude | {"layer", "backward_layer", "weights"}

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        for name, each in (("layer", layer), ("backward_layer", backward_layer)):
            if not isinstance(each, Layer) and (each is not None or name == "layer"):
                raise ValueError(
                    "Please initialize `Bidirectional` with a `keras.layers.Layer` instance as"
                    f" `{name}`. Received: {shorten(each)}"
                )
        if merge_mode not in MERGE_MODES:
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of"
                f" {MERGE_MODES}"
            )
        super().__init__(**kwargs)
        self.merge_mode = merge_mode
        self.forward_layer = _renamed(layer, "forward_")
        if backward_layer is None:
            turned = not layer.go_backwards
            backward_layer = _renamed(layer, "backward_", go_backwards=turned)
        self.backward_layer = backward_layer
        for each in (self.forward_layer, self.backward_layer):
            if hasattr(each, "zero_output_for_mask"):
                # Else the two would repeat their outputs of different steps.
                each.zero_output_for_mask = each.return_sequences
        self._check_layers()
        for name in SHARED:
            setattr(self, name, getattr(layer, name))
        self._initial_weights = weights
        self.supports_masking = True
        self.input_spec = layer.input_spec

    def _check_layers(self):
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                "Forward layer and backward layer should have different `go_backwards` value."
                f" Received: go_backwards={forward.go_backwards} of both"
            )
        for name in SHARED:
            values = getattr(forward, name), getattr(backward, name)
            if values[0] != values[1]:
                raise ValueError(
                    "Forward layer and backward layer are expected to have the same value for"
                    f" attribute `{name}`. Received: {values[0]} and {values[1]}"
                )

    def build(self, sequences_shape, initial_state_shape=None):
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                layer.build(sequences_shape)
        if self._initial_weights is not None:
            half = len(self._initial_weights) // 2
            self.forward_layer.set_weights(self._initial_weights[:half])
            self.backward_layer.set_weights(self._initial_weights[half:])

    def call(self, sequences, initial_state=None, mask=None, training=None):
        states = (None, None)
        if initial_state is not None:
            half = len(initial_state) // 2
            states = (list(initial_state[:half]), list(initial_state[half:]))
        layers = (self.forward_layer, self.backward_layer)
        found = [
            _called(layer, sequences, state, mask, training)
            for layer, state in zip(layers, states, strict=True)
        ]
        found = tree.map_structure(lambda x: ops.cast(x, self.compute_dtype), found)
        first, second = ((x[0] if self.return_state else x) for x in found)
        if self.return_sequences:
            second = kernels.flip(second, 1)
        output = self._merged(first, second)
        if not self.return_state:
            return output
        output = output if self.merge_mode is None else (output,)
        return (*output, *found[0][1:], *found[1][1:])

    def _merged(self, first, second):
        if self.merge_mode == "concat":
            return kernels.concatenate([first, second], -1)
        if self.merge_mode == "sum":
            return first + second
        if self.merge_mode == "ave":
            return (first + second) / 2
        if self.merge_mode == "mul":
            return first * second
        return first, second

    @property
    def states(self):
        """The states of both layers, of the first one first; None for layers without."""
        states = self.forward_layer.states, self.backward_layer.states
        return [*states[0], *states[1]] if states[0] and states[1] else None

    def reset_state(self):
        """Begin the next batch of stateful layers with the initial states."""
        for layer in (self.forward_layer, self.backward_layer):
            layer.reset_state()

    reset_states = reset_state

    def compute_mask(self, _, mask):
        """The mask of each output for `return_sequences`, and none for states."""
        mask = tree.flatten(mask)[0] if self.return_sequences else None
        masks = (mask, mask) if self.merge_mode is None else mask
        if not self.return_state:
            return masks
        masks = masks if self.merge_mode is None else (masks,)
        states = len(self.forward_layer.state_size) + len(self.backward_layer.state_size)
        return (*masks, *(None,) * states)

    def compute_output_shape(self, sequences_shape, initial_state_shape=None):
        """The layers' output shape, with the sum of the last sizes for `"concat"`; with those of
        the states."""
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        other = self.backward_layer.compute_output_shape(sequences_shape)
        states = ()
        if self.return_state:
            (shape, *states), (other, *others) = shape, other
            states += others
        if self.merge_mode == "concat":
            shape = (*shape[:-1], shape[-1] + other[-1])
        outputs = (shape, other) if self.merge_mode is None else shape
        if not self.return_state:
            return outputs
        return (*(outputs if self.merge_mode is None else (outputs,)), *states)

    def get_config(self):
        """The constructor's arguments."""
        config = super().get_config()
        config["layer"] = serialize_keras_object(self.forward_layer)
        config["backward_layer"] = serialize_keras_object(self.backward_layer)
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from `get_config()`."""
        config = dict(config)
        for name in ("layer", "backward_layer"):
            if config.get(name) is not None:
                config[name] = deserialize_keras_object(config[name], custom_objects)
        return super().from_config(config)


def _renamed(layer, prefix, **changes):
    """A new layer from the config of another."""
    described = serialize_keras_object(layer)
    described.pop("build_config", None)
    name = prefix + layer.name.removeprefix(prefix)
    described["config"] = {**described["config"], "name": name, **changes}
    with sharing.sharing(fresh=True):  # inside a load too, the copy is an object of its own
        copy = deserialize_keras_object(described)
    for attribute in NOT_IN_CONFIG:
        if hasattr(layer, attribute):
            setattr(copy, attribute, getattr(layer, attribute))
    return copy


# Settings of layers that their configs leave out.
NOT_IN_CONFIG = ("use_cudnn",)


def _called(layer, sequences, states, mask, training):
    options = {"training": training} if layer._plan.takes_training else {}
    if states is not None:
        options["initial_state"] = states
    if layer._plan.takes_mask:
        options["mask"] = mask
    return layer(sequences, **options)
