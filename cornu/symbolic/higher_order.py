"""`@higher_order`: the definition of an op that takes functions, or nests of tensors.

Unlike `@op` it neither converts nor promotes: the body sees what the caller gave. On `KerasTensor`s
the whole call is recorded, and the specs of its results come from tracing it.
"""

import functools
import inspect
from typing import Any

from cornu.serial import registry
from cornu.serial.decode import deserialize_keras_object
from cornu.symbolic.operation import Operation, has_symbolic


def higher_order(*static, family="core", keras_name=None, base=None):
    """Decorate the definition of an op.

    Args:
        *static: names of the parameters that files keep as settings of the node.
        family: the part of `keras.src.ops` under which files know the op.
        keras_name: the class name under which files know it, by default the function's in camel
            case.
        base: a subclass of `HigherOrderCall`, for ops that are recorded in another way.
    """

    def define(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def higher_order_call(*args, **kwargs):
            if not has_symbolic(args, kwargs):
                return function(*args, **kwargs)
            if not static:
                return call.operation()(*args, **kwargs)
            bound = signature.bind(*args, **kwargs).arguments
            settings = {name: bound.pop(name) for name in static if name in bound}
            return call.operation(**settings)(**bound)

        call: Any = higher_order_call
        name = keras_name or "".join(word.capitalize() for word in function.__name__.split("_"))
        content = {
            "function": staticmethod(function),
            "in_node": [each for each in signature.parameters if each not in static],
        }
        call.operation = type(name, (base or HigherOrderCall,), content)
        call.operation.saved_path = f"keras.src.ops.{family}.{name}"
        registry.alias(call.operation.saved_path, call.operation)
        return call

    return define


def _revived(value):
    is_object = isinstance(value, dict) and {"class_name", "config"} <= value.keys()
    return deserialize_keras_object(value) if is_object else value


class HigherOrderCall(Operation):
    """A call of such an op, as the node of a graph.

    Args:
        name: name of the node.
        **static: the settings.
    """

    function: Any = None
    in_node: list[str] = []

    def __init__(self, name=None, **static):
        super().__init__(name=name)
        self.static = static

    def call(self, *args, **kwargs):
        if self.static:
            kwargs = {**dict(zip(self.in_node, args, strict=False)), **kwargs, **self.static}
            return self.function(**kwargs)
        return self.function(*args, **kwargs)

    @classmethod
    def from_config(cls, config):
        """An object built from its config, functions in it being looked up."""
        return cls(**{name: _revived(value) for name, value in config.items()})

    def get_config(self):
        """The name and the settings."""
        return {"name": self.name, **self.static}
