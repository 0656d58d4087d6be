"""The calls in a functional model of Keras 1 and 2, as Keras 3 writes them.

There, a call is a list of places `[layer, number of its call, number of its output, arguments]`. A
model within a model has a call of its own, number 0, that made it.
"""

from cornu.saving.legacy_h5 import tf_ops
from cornu.saving.legacy_h5.layer_rules import RENAMED
from cornu.saving.legacy_h5.objects import plain_name
from cornu.serial.errors import ConfigError

CONSTANT = "_CONSTANT_VALUE"
_RECURRENT = {"RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM2D", "Bidirectional"}


class Graph:
    """The layers of a functional model and how they are called.

    Args:
        config: the model's config.
    """

    def __init__(self, config):
        entries = config["layers"]
        self._entries = {_name(entry): entry for entry in entries}
        if len(self._entries) != len(entries):
            raise ConfigError("Two layers of the model have the same name.", pointer="$")
        # Layer -> the numbers of its calls whose outputs are used.
        self._used = {}
        for entry in entries:
            self._note_places(entry["inbound_nodes"])
        self._note_places([config["input_layers"], config["output_layers"]])

    def _note_places(self, value):
        if self._is_place(value):
            self._used.setdefault(value[0], set()).add(value[1])
        if isinstance(value, (list, dict)):
            for item in value.values() if isinstance(value, dict) else value:
                self._note_places(item)

    def _is_place(self, value):
        return (
            isinstance(value, list)
            and len(value) in (3, 4)
            and isinstance(value[0], str)
            and value[0] in self._entries
            and all(isinstance(n, int) and not isinstance(n, bool) for n in value[1:3])
            and (len(value) == 3 or isinstance(value[3], dict))
        )

    def _first(self, name):
        """The number of the first call of a layer: 1 for a model, which has one of its own."""
        entry, used = self._entries[name], self._used.get(name, set())
        config = entry["config"]
        is_model = isinstance(config, list) or (isinstance(config, dict) and "layers" in config)
        return int(0 not in used and (is_model or max(used, default=0) >= _calls(entry)))

    def calls(self, entry):
        """The calls of one layer, as Keras 3 writes them."""
        calls = [self._call(call) for call in entry["inbound_nodes"]]
        if RENAMED.get(entry["class_name"], entry["class_name"]) in _RECURRENT:
            calls = [_with_states(call) for call in calls]
        if tf_ops.is_op(entry):
            return [tf_ops.call(entry, call["args"], call["kwargs"]) for call in calls]
        return calls

    def _call(self, call):
        """One call: its first argument, which holds the tensors, and the others by name."""
        if self._is_leaf(call):
            return _explicit({"args": [self._tensor(call)], "kwargs": self._arguments(call)})
        first = self._tensors(call)
        if isinstance(first, list) and len(first) == 1:
            first = first[0]
        leaf = call
        while not self._is_leaf(leaf):
            leaf = next(iter(leaf.values())) if isinstance(leaf, dict) else leaf[0]
        return _explicit({"args": [first], "kwargs": self._arguments(leaf)})

    def _is_leaf(self, value):
        return self._is_place(value) or (isinstance(value, list) and value[:1] == [CONSTANT])

    def _tensors(self, value):
        if self._is_leaf(value):
            return self._tensor(value)
        if isinstance(value, dict):
            return {key: self._tensors(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._tensors(item) for item in value]
        raise ConfigError(f"A call names {value!r:.100}, which is no layer's output.", pointer="$")

    def _tensor(self, place):
        if place[0] == CONSTANT:
            return place[2]
        name, call, output = place[:3]
        history = [plain_name(name), call - self._first(name), output]
        return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}

    def _arguments(self, leaf):
        given = leaf[3] if len(leaf) > 3 and isinstance(leaf[3], dict) else {}
        return {key: self._argument(value) for key, value in given.items()}

    def _argument(self, value):
        if self._is_place(value):
            return self._tensor(value)
        if isinstance(value, dict):
            return {key: self._argument(item) for key, item in value.items()}
        return [self._argument(item) for item in value] if isinstance(value, list) else value

    def places(self, value):
        """Where the inputs or outputs of the model are, as Keras 3 writes it: a single one is no
        list."""
        if self._is_place(value):
            name, call, output = value[:3]
            entry = self._entries[name]
            counted = "input_layers" in entry["config"]  # a functional model, not a Sequential one
            return [plain_name(name), call - self._first(name) + int(counted), output]
        if isinstance(value, dict):
            return {key: self.places(item) for key, item in value.items()}
        if isinstance(value, list):
            found = [self.places(item) for item in value]
            return found[0] if len(found) == 1 else found
        raise ConfigError(f"The model names {value!r:.100}, which is no output.", pointer="$")


def _name(entry):
    return entry.get("name") or entry["config"]["name"]


def _calls(entry):
    return max(1, len(entry["inbound_nodes"]))


def _explicit(call):
    """Keras 2 wrote `training` only where somebody passed it."""
    if call["kwargs"].get("training") is not None:
        call["explicit"] = ["training"]
    return call


def _with_states(call):
    """A recurrent layer that was called on a list: the data, and the states to begin with."""
    first, kwargs = call["args"][0], call["kwargs"]
    if isinstance(first, list) and len(first) > 1 and "initial_state" not in kwargs:
        return {**call, "args": [first[0]], "kwargs": {**kwargs, "initial_state": first[1:]}}
    return call
