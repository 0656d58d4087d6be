"""What the families of named objects share: `get`, `serialize` and `deserialize` of losses,
initializers and so on."""

import inspect

from cornu.core.errors import LIMIT, did_you_mean, shorten
from cornu.core.names import to_snake_case
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object


class Family:
    """The named objects of one kind.

    Args:
        kind: what to call one of them in an error message.
        objects: classes and functions; a class is known by its name and by that in snake case.
        **aliases: further names.

    Example:
        >>> from cornu.serial.family import Family
        >>> class HalfFull:
        ...     pass
        >>> type(Family("glass", [HalfFull]).get("half_full")).__name__
        'HalfFull'
    """

    def __init__(self, kind, objects, **aliases):
        self.kind = kind
        self.names = {}
        for obj in objects:
            self.names[obj.__name__] = obj
            if inspect.isclass(obj):
                self.names.setdefault(to_snake_case(obj.__name__), obj)
        self.names.update(aliases)

    def get(self, identifier):
        """The object that a user names: by string, config, class, or by passing it; None stays
        None.

        Raises:
            ValueError: for an unknown name, or something that can't be called.
        """
        if identifier is None:
            return None
        found = identifier
        if isinstance(identifier, (str, dict)):
            found = self.deserialize(identifier)
        if inspect.isclass(found):
            return found()
        if callable(found) or type(found) in self.names.values():
            return found
        raise ValueError(self.unknown(identifier))

    def deserialize(self, config, custom_objects=None):
        """The object that a config or name stands for; an unknown name is returned as it is."""
        return deserialize_keras_object(
            config,
            custom_objects=custom_objects,
            module_objects=self.names,
            printable_module_name=self.kind,
        )

    def serialize(self, obj):
        """The config of an object of the family."""
        return serialize_keras_object(obj)

    def unknown(self, identifier):
        """The message for an identifier that means nothing."""
        text = identifier if isinstance(identifier, str) else shorten(identifier)
        hint = did_you_mean(identifier, self.names) if isinstance(identifier, str) else ""
        return (
            f"Could not interpret {self.kind} identifier: {text[:200]}.{hint} Expected one of "
            f"{', '.join(self.names)}, or a callable, class or config."
        )[:LIMIT]
