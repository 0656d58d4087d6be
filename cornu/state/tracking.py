"""What an object owns: variables, layers, metrics, seed generators, found as its attributes are
set.

Lists, dicts and sets set as attributes become containers that tell their owner of what is put in
later, so that the order of weights is the order in which they came, as files and optimizers expect.
"""

from collections import OrderedDict

from cornu.core import tree

LOCKED = (
    "You cannot add new elements of state (variables or sub-layers) to a layer that is already"
    " built. All state must be created in the `__init__()` method or in the `build()` method."
)


class Tracker:
    """Sorts values into stores by their kind.

    Args:
        kinds: dict from a name to `(test, list)`; a value goes into the list of the first kind
            whose test it passes.
    """

    def __init__(self, kinds):
        self.kinds = kinds
        self.ids = {name: set() for name in kinds}
        self.locked = None

    def track(self, value):
        """Track `value` if it is of some kind, and what a container holds; returns what is to be
        set in its place."""
        for name, (test, store) in self.kinds.items():
            if test(value):
                if id(value) not in self.ids[name]:
                    self._check_lock(value)
                    self.ids[name].add(id(value))
                    store.append(value)
                return value
        if isinstance(value, (TrackedList, TrackedDict, TrackedSet)):
            if not any(self is tracker for tracker in value._trackers):  # it may hold itself
                value._trackers.append(self)
                for item in value._items():
                    self.track(item)
            return value
        return self._wrap(value)

    def _wrap(self, value):
        if type(value) is tuple:
            return tuple(self.track(item) for item in value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            for item in value:
                self.track(item)
            return value
        if type(value) is list:
            return TrackedList(value, self)
        if type(value) is dict:
            return TrackedDict(value, self)
        if type(value) is OrderedDict:
            return TrackedOrderedDict(value, self)
        if type(value) is set:
            return TrackedSet(value, self)
        return value

    def untrack(self, value):
        """Forget `value`."""
        for name, (_, store) in self.kinds.items():
            if id(value) in self.ids[name]:
                self.ids[name].discard(id(value))
                for index, item in enumerate(store):
                    if item is value:
                        del store[index]
                        break

    def store(self, name):
        """The list of the kind `name`."""
        return self.kinds[name][1]

    def add(self, name, value, late=False):
        """Track `value` as of the kind `name`, after the lock too where it may come `late`."""
        if id(value) not in self.ids[name]:
            if not late:
                self._check_lock(value)
            self.ids[name].add(id(value))
            self.store(name).append(value)

    def owns(self, name, value):
        """Whether `value` is tracked as of the kind `name`."""
        return id(value) in self.ids[name]

    def lock(self, message=LOCKED):
        """From now on, tracking anything new raises ValueError with this message."""
        self.locked = message

    def unlock(self):
        """Allow new things again."""
        self.locked = None

    def _check_lock(self, value):
        if self.locked:
            raise ValueError(
                f"{self.locked} Received: {getattr(value, 'name', None) or type(value).__name__}"
            )


class _Container:
    def _start(self, tracker):
        self._trackers = [tracker] if tracker is not None else []

    def _take(self, value):
        for tracker in list(self._trackers):
            value = tracker.track(value)
        return value

    def _drop(self, value):
        for tracker in self._trackers:
            tracker.untrack(value)
        return value


class TrackedList(list, _Container):
    """A list that tells its owners what is put in and taken out."""

    def __init__(self, values=None, tracker=None):
        self._start(tracker)
        super().__init__(self._take(value) for value in values or ())

    def _items(self):
        return list(self)

    def append(self, value):
        super().append(self._take(value))

    def insert(self, index, value):
        super().insert(index, self._take(value))

    def extend(self, values):
        super().extend([self._take(value) for value in values])

    def __iadd__(self, values):
        self.extend(values)
        return self

    def __setitem__(self, index, value):
        if isinstance(index, slice):
            for old in self[index]:
                self._drop(old)
            super().__setitem__(index, [self._take(item) for item in value])
        else:
            self._drop(self[index])
            super().__setitem__(index, self._take(value))

    def __delitem__(self, index):
        for old in self[index] if isinstance(index, slice) else [self[index]]:
            self._drop(old)
        super().__delitem__(index)

    def remove(self, value):
        self._drop(value)
        super().remove(value)

    def pop(self, index=-1):
        return self._drop(super().pop(index))

    def clear(self):
        for value in self:
            self._drop(value)
        super().clear()

    def __reduce__(self):
        return (list, (list(self),))


class TrackedDict(dict, _Container):
    """A dict that tells its owners what is put in and taken out."""

    def __init__(self, values=None, tracker=None):
        self._start(tracker)
        super().__init__({key: self._take(value) for key, value in dict(values or {}).items()})

    def _items(self):
        return list(self.values())

    def __setitem__(self, key, value):
        if key in self:
            self._drop(self[key])
        super().__setitem__(key, self._take(value))

    def __delitem__(self, key):
        self._drop(self[key])
        super().__delitem__(key)

    def update(self, *args, **kwargs):
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key, default=None):
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key, *default):
        return self._drop(super().pop(key, *default))

    def popitem(self):
        key, value = super().popitem()
        return key, self._drop(value)

    def clear(self):
        for value in self.values():
            self._drop(value)
        super().clear()

    def __reduce__(self):
        return (dict, (dict(self),))


class TrackedOrderedDict(TrackedDict, OrderedDict):
    """An `OrderedDict` that tells its owners what is put in and taken out."""

    def __init__(self, values=None, tracker=None):
        self._start(tracker)
        OrderedDict.__init__(self)
        for key, value in dict(values or {}).items():
            self[key] = value

    def __setitem__(self, key, value):
        if key in self:
            self._drop(self[key])
        OrderedDict.__setitem__(self, key, self._take(value))

    def __reduce__(self):
        return (OrderedDict, (list(self.items()),))


class TrackedSet(set, _Container):
    """A set that tells its owners what is put in and taken out."""

    def __init__(self, values=None, tracker=None):
        self._start(tracker)
        super().__init__(self._take(value) for value in values or ())

    def _items(self):
        return list(self)

    def add(self, value):
        super().add(self._take(value))

    def update(self, *others):
        for values in others:
            for value in values:
                self.add(value)

    def remove(self, value):
        super().remove(value)
        self._drop(value)

    def discard(self, value):
        if value in self:
            self.remove(value)

    def pop(self):
        return self._drop(super().pop())

    def clear(self):
        for value in self:
            self._drop(value)
        super().clear()

    def __reduce__(self):
        return (set, (list(self),))


def _register():
    """Have nests know the containers: a mapped one is of the same class, and nobody's."""
    for cls in (TrackedList, TrackedSet):
        tree.register(
            cls,
            lambda x: (list(x), None, range(len(x))),
            lambda _, children, cls=cls: cls(children),
        )
    for cls in (TrackedDict, TrackedOrderedDict):

        def flatten(mapping, ordered=cls is TrackedOrderedDict):
            keys = list(mapping) if ordered else tree.sorted_keys(mapping)
            return [mapping[key] for key in keys], tuple(keys), keys

        tree.register(
            cls,
            flatten,
            lambda keys, values, cls=cls: cls(zip(keys, values, strict=True)),
        )


_register()
