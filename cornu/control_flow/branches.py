"""`if`, conditional expressions, `and`, `or` and `not`, on conditions that may be traced."""

from cornu.backend import engine
from cornu.control_flow.errors import RETURNED, control_flow_error, in_words, nothing_raised
from cornu.control_flow.values import (
    Values,
    as_condition,
    check_unchanged,
    is_dynamic,
    is_same,
    snapshot,
    tensor,
    unset_error,
)
from cornu.state.assigned import Assigned
from cornu.state.variable import value_of

WAYS = ("if it is true", "if it is false")


def if_stmt(condition, body, orelse, get_state, set_state, names, count):
    """An `if` statement.

    Args:
        condition: the condition.
        body, orelse: its two branches, which read and set names of the function around them.
        get_state, set_state: read and set these names.
        names: the names; the first `count` of them are used afterwards.
    """
    condition = value_of(condition)
    if not engine.is_traced(condition):
        (body if condition else orelse)()
        return
    condition = as_condition(condition, "if")
    start = get_state()

    def run(branch):
        set_state(start)
        branch()
        return get_state()[:count]

    before = snapshot((body, orelse))
    ways = [lambda: run(body), lambda: run(orelse)]
    found = choose(condition, ways, names[:count], "if", before)
    set_state((*found, *start[count:]))


def if_exp(condition, if_true, if_false, expression=None):
    """A conditional expression."""
    condition = value_of(condition)
    if not engine.is_traced(condition):
        return if_true() if condition else if_false()
    condition = as_condition(condition, "if")
    ways = [lambda: (if_true(),), lambda: (if_false(),)]
    return choose(condition, ways, ("what `... if ... else ...` gives",), "if")[0]


def and_(first, second):
    """`first() and second()`."""
    value = value_of(first())
    if not engine.is_traced(value):
        return value and second()
    return if_exp(as_condition(value, "and"), second, lambda: value)


def or_(first, second):
    """`first() or second()`."""
    value = value_of(first())
    if not engine.is_traced(value):
        return value or second()
    return if_exp(as_condition(value, "or"), lambda: value, second)


def not_(value):
    """`not value`."""
    value = value_of(value)
    return ~as_condition(value, "not") if engine.is_traced(value) else not value


class Way:
    """One of two ways, traced.

    Attributes:
        values: what the names are bound to at its end.
        kinds: by place, the kinds of the tensors among them, then of assigned variables.
    """

    def __init__(self, function, assigned, containers, statement):
        def run(_):
            with nothing_raised(statement):
                found, after = assigned.run(assigned.values(), function)
            check_unchanged(containers, statement)
            self.values = [Values(value) for value in found]
            return [*map(tensor, self._dynamic()), *after]

        self.staged = engine.staged(run, [])
        self.kinds = self.staged.kinds

    def _dynamic(self):
        return [leaf for value in self.values for leaf in value.leaves if is_dynamic(leaf)]


def choose(condition, ways, names, statement, containers=()):
    """What the first of two functions returns if a traced condition is true, else what the second
    does.

    Args:
        ways: functions that return as many values as there are names. What they assign to variables
            is assigned.
        names: what the values are called in errors.
        statement: the word for it in errors.
        containers: lists and the like, which must not change.
    """
    assigned = Assigned(f"an `{statement}`")

    def attempt():
        traced = [Way(way, assigned, containers, statement) for way in ways]
        return _Join(traced, names, statement).result(condition, assigned)

    return assigned.settle(attempt)


class _Join:
    """Two ways that come together: which values are the same, and which have to be chosen."""

    def __init__(self, ways, names, statement):
        self.ways, self.statement = ways, statement
        self.taken = [[], []]  # for each way, what is chosen: a place among its tensors, or zeros
        self.kinds = []
        self.places = [0, 0]
        pairs = zip(names, ways[0].values, ways[1].values, strict=True)
        self.built = [self._join(name, first, second) for name, first, second in pairs]

    def _join(self, name, first, second):
        """A function from an iterator over what was chosen to the value of a name."""
        pair = (first, second)
        if first.undefined and second.undefined:
            return lambda chosen: first.leaves[0]
        for index, (here, there) in enumerate(((first, second), (second, first))):
            if here.not_returned:
                return self._returned_later(there, 1 - index)
            if here.undefined:
                raise unset_error(name, self.statement, f"only {WAYS[1 - index]}")
        if not first.is_like(second):
            raise self._unlike(name, *pair)
        makers = [
            self._join_leaf(name, *leaves, pair)
            for leaves in zip(first.leaves, second.leaves, strict=True)
        ]
        if first.value is second.value:
            return lambda chosen: first.value
        return lambda chosen: first.filled([make(chosen) for make in makers])

    def _join_leaf(self, name, a, b, pair):
        dynamic = is_dynamic(a), is_dynamic(b)
        places = [self._next(way) if dynamic[way] else None for way in (0, 1)]
        if is_same(a, b):
            return lambda chosen: a
        if not all(dynamic):
            raise self._unlike(name, *pair)
        kinds = [self.ways[way].kinds[place] for way, place in enumerate(places)]
        if kinds[0].shape != kinds[1].shape:
            raise self._unlike(name, *pair)
        self._take(engine.joined(*kinds), places)
        return next

    def _returned_later(self, value, way):
        """What is returned on one way, while the function goes on on the other: zeros there."""
        makers = []
        for leaf in value.leaves:
            if is_dynamic(leaf):
                place = self._next(way)
                self._take(
                    self.ways[way].kinds[place], [place if w == way else None for w in (0, 1)]
                )
                makers.append(next)
            else:
                makers.append(lambda chosen, leaf=leaf: leaf)
        return lambda chosen: value.filled([make(chosen) for make in makers])

    def _next(self, way):
        self.places[way] += 1
        return self.places[way] - 1

    def _take(self, kind, places):
        self.kinds.append(kind)
        for taken, place in zip(self.taken, places, strict=True):
            taken.append(place)

    def _unlike(self, name, first, second):
        if name.startswith(RETURNED):
            return control_flow_error(
                f"The function returns {first} on one way and {second} on another. Which it takes"
                " depends on the value of a tensor, so both must have the same structure and"
                " shapes.",
                "Return a tensor of the same shape on every way, also at the end of the function.",
            )
        return control_flow_error(
            f"{in_words(name)} is {first} if the condition of the `{self.statement}` is true, and"
            f" {second} if it is false. The condition depends on the value of a tensor, so both"
            " must have the same structure and shapes.",
            "Give it the same shape on both ways, for example with `keras.ops.broadcast_to` or"
            " `keras.ops.zeros_like`.",
        )

    def result(self, condition, assigned):
        """The values of the names, in compiled code chosen by `condition`."""
        count = len(assigned.variables)

        index = engine.cast(condition, "int32")

        def tensor_at(place, found, kind):
            if place is None:
                return engine.zeros_of(kind, near=index)
            return engine.to_kind(found[place], kind)

        def branch(way, taken):
            def run():
                found = way.staged([])
                pairs = zip(taken, self.kinds, strict=True)
                tensors = [tensor_at(place, found, kind) for place, kind in pairs]
                return [*tensors, *(found[len(found) - count :])]

            return run

        runs = [branch(*each) for each in zip(self.ways, self.taken, strict=True)]
        chosen = engine.switch(index, runs[::-1])
        assigned.assign(chosen[len(chosen) - count :])
        chosen = iter(chosen)
        return tuple(make(chosen) for make in self.built)
