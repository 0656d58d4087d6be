"""`while` and `for`, whose conditions, ranges and rows may be traced."""

import itertools

from cornu.backend import engine
from cornu.control_flow.branches import and_, if_stmt
from cornu.control_flow.errors import ControlFlowError, control_flow_error, in_words, nothing_raised
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
from cornu.state.assigned import Assigned, Restart
from cornu.state.variable import value_of

# Rounds that are written out where their number is known, rather than compiled as a loop.
WRITTEN_OUT = 64
MOST = 10_000


class Range:
    """`range` of traced numbers: only `for` can go through it.

    Args:
        *bounds: as of `range`.
    """

    def __init__(self, *bounds):
        bounds = [value_of(bound) for bound in bounds]
        start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (*bounds, 1)[:3]
        self.start, self.stop, self.step = start, stop, step

    def __iter__(self):
        raise self._misused()

    def __jax_array__(self):
        raise self._misused()

    @staticmethod
    def _misused():
        return control_flow_error(
            "How often this is repeated depends on the value of a tensor, which only a `for` loop"
            " can do.",
            "Write `for i in range(n):` and nothing around `range`.",
        )


def while_stmt(test, body, get_state, set_state, names, options=None):
    """A `while` statement.

    As long as the condition is known it runs as Python's.

    Args:
        test: gives the condition.
        body: a round, which reads and sets names of the function around it.
        get_state, set_state: read and set these names.
        names: the names.
    """
    while True:
        goes_on = value_of(test())
        if engine.is_traced(goes_on):
            break
        if not goes_on:
            return
        body()
    Loop(test, body, get_state, set_state, names, "while", snapshot((body,))).run()


def for_stmt(items, go_on, body, get_state, set_state, names, options=None):
    """A `for` statement.

    Args:
        items: what it goes through.
        go_on: gives whether it goes on, for loops with `break` and `return`; or None.
        body: a round, called with the item.
        get_state, set_state, names: as of `while_stmt`.
    """
    items = value_of(items)
    each = (go_on, body, get_state, set_state, names)
    if isinstance(items, Range):
        _for_range(items, *each)
    elif engine.is_tensor(items) and items.shape and _is_long(items.shape[0]):
        _for_rows(items, *each)
    else:
        _for_items(items, *each)


def _is_long(size):
    return not isinstance(size, int) or size > WRITTEN_OUT


def _for_rows(rows, go_on, body, get_state, set_state, names):
    """Through many rows of a tensor: as a compiled loop, or written out where that can't be."""
    start = get_state()

    def at(number):
        body(engine.row(rows, number))

    try:
        _for_range(Range(rows.shape[0]), go_on, at, get_state, set_state, names, snapshot((body,)))
    except ControlFlowError:
        if go_on is not None or not isinstance(rows.shape[0], int):
            raise
        set_state(start)
        _for_items(rows, None, body, get_state, set_state, names)


def _for_items(items, go_on, body, get_state, set_state, names):
    """As Python does it, but that it may end early for a reason that is traced."""
    endless = isinstance(items, itertools.count)
    items = iter(items)
    for item in items:
        goes_on = True if go_on is None else value_of(go_on())
        if engine.is_traced(goes_on):
            break
        if not goes_on:
            return
        body(item)
    else:
        return
    rest = [item, *itertools.islice(items, MOST)]
    if endless or (_is_long(len(rest)) and all(type(item) is int for item in rest)):
        step = rest[1] - rest[0]
        numbers = Range(rest[0], None if endless else rest[-1] + step, step)
        _for_range(numbers, go_on, body, get_state, set_state, names)
        return
    if len(rest) > MOST:
        raise control_flow_error(
            f"This `for` loop ends early, which depends on the value of a tensor, and has {MOST}"
            " rounds or more.",
            "Write it as `for i in range(n):`, or with `while`.",
        )
    for item in rest:
        if_stmt(
            go_on(),
            lambda item=item: body(item),
            lambda: None,
            get_state,
            set_state,
            names,
            len(names),
        )


def _for_range(numbers, go_on, body, get_state, set_state, names, containers=None):
    """A `for` through numbers, as a `while` with a number of its own."""
    place = [numbers.start]

    def in_range():
        if numbers.stop is None:
            return True
        goes_up = numbers.step > 0
        if engine.is_traced(goes_up):
            ahead = (place[0] - numbers.stop) * numbers.step
            return ahead < 0
        return place[0] < numbers.stop if goes_up else place[0] > numbers.stop

    def test():
        return in_range() if go_on is None else and_(in_range, go_on)

    def body_and_step():
        number = place[0]
        body(number)
        place[0] = number + numbers.step

    def set_all(state):
        set_state(state[:-1])
        place[0] = state[-1]

    containers = snapshot((body,)) if containers is None else containers
    every = (lambda: (*get_state(), place[0])), set_all, (*names, "the number of the round")
    Loop(test, body_and_step, *every, "for", containers).run()


class Loop:
    """A loop that is compiled: what its names are bound to, as far as rounds change it, is carried
    along.

    What changes shows while a round is traced; then it all starts again with that.

    Args:
        test, body, get_state, set_state, names: as of `while_stmt`.
        statement: the word for it in errors.
        containers: lists and the like, which must not change.
    """

    def __init__(self, test, body, get_state, set_state, names, statement, containers):
        self.test, self.body = test, body
        self.get_state, self.set_state, self.names = get_state, set_state, names
        self.statement, self.containers = statement, containers
        self.start = [Values(value) for value in get_state()]
        self.begins = {}  # number of the name: what it is after a round, where it has to begin so
        self.carried = {}  # (number of the name, number of the leaf): the kind to begin with
        self.assigned = Assigned(f"a `{statement}` loop")

    def run(self):
        """Run it, and set the names to what they are afterwards."""
        final = self.assigned.settle(self._attempt)
        count = len(self.carried)
        self.set_state(self._filled(final[:count]))
        self.assigned.assign(final[count:])

    def _attempt(self):
        for number, end in self.begins.items():
            self.start[number] = Values(self.start[number].value.begun_like(end))
        self.begins.clear()
        count = len(self.carried)
        start = [self._first(place, kind) for place, kind in self.carried.items()]
        start += self.assigned.values()
        rounds = engine.staged(lambda tensors: self._round(tensors, count), start)
        self._follow(rounds.kinds)
        tests = engine.staged(lambda tensors: self._goes_on(tensors, count), start)
        kinds = [engine.kind_of(value) for value in start]

        def body(tensors):
            pairs = zip(rounds(tensors), kinds, strict=False)  # then come those not yet carried
            return [engine.to_kind(value, kind) for value, kind in pairs]

        return engine.while_loop(lambda tensors: tests(tensors)[0], body, start)

    def _first(self, place, kind):
        name, leaf = place
        value = tensor(self.start[name].leaves[leaf])
        return value if kind is None else engine.to_kind(value, kind)

    def _filled(self, tensors):
        """What the names are bound to, with these tensors in it."""
        leaves = [list(value.leaves) for value in self.start]
        for (name, leaf), value in zip(self.carried, tensors, strict=True):
            leaves[name][leaf] = value
        return tuple(
            value.filled(new) if any(a is not b for a, b in zip(value.leaves, new, strict=True))
            else value.value
            for value, new in zip(self.start, leaves, strict=True)
        )  # fmt: skip

    def _round(self, tensors, count):
        """The carried tensors after a round, assigned variables, and tensors that should have been
        carried."""
        given = self._filled(tensors[:count])

        def run():
            self.set_state(given)
            with nothing_raised(self.statement):
                self.body()
            found = [Values(value) for value in self.get_state()]
            check_unchanged(self.containers, self.statement)
            self._compare(given, found)
            self.end = found
            carried = [tensor(found[name].leaves[leaf]) for name, leaf in self.carried]
            return carried, [tensor(found[name].leaves[leaf]) for name, leaf in self.changed]

        (carried, changed), after = self.assigned.run(tensors[count:], run)
        self.set_state(tuple(value.value for value in self.start))
        return [*carried, *after, *changed]

    def _compare(self, given, found):
        """Note which leaves a round changed that are not carried yet, by their places."""
        self.changed, unlike = [], {}
        for number, (start, end) in enumerate(zip(self.start, found, strict=True)):
            if start.undefined and end.undefined:
                continue
            if start.not_returned:
                before = [None] * len(end.leaves)
            elif start.undefined or end.undefined:
                where = f"in the `{self.statement}` loop, which may have no round at all"
                raise unset_error(self.names[number], self.statement, where)
            elif not start.is_like(end):
                unlike[number] = end
                continue
            else:
                before = Values(given[number]).leaves
            if not self._compare_leaves(number, before, end):
                unlike[number] = end
        if unlike:
            self._begin_otherwise(unlike)

    def _begin_otherwise(self, unlike):
        """Go on where names are bound to something of another kind after a round.

        Args:
            unlike: from the number of the name to what it is after the round.

        Raises:
            Restart: if that may be because something else was not carried, or if it can begin in
                another way.
            ControlFlowError: else.
        """
        more = [place for place in self.changed if not self.start[place[0]].not_returned]
        if more:
            self.carried.update(dict.fromkeys(more))
            raise Restart
        for number, end in unlike.items():
            begun_like = getattr(self.start[number].value, "begun_like", None)
            if begun_like is None or begun_like(end.value) is None:
                raise self._unlike(number, end)
            self.begins[number] = end.value
        raise Restart

    def _compare_leaves(self, number, before, end):
        """Note which leaves of a name a round changed; whether all could be carried."""
        returned = self.start[number].not_returned
        for leaf, (old, new) in enumerate(zip(before, end.leaves, strict=True)):
            place = (number, leaf)
            if returned and not is_dynamic(new):
                continue
            if place not in self.carried and is_same(old, new):
                continue
            if not is_dynamic(new) or not (returned or is_dynamic(old)):
                return False
            if place not in self.carried:
                self.changed.append(place)
        return True

    def _follow(self, kinds):
        """Compare the kinds of what a round takes and gives.

        Raises:
            Restart: if something has to begin in another way.
            ControlFlowError: if a shape changes.
        """
        again = bool(self.changed)
        for place, after in zip(list(self.carried), kinds, strict=False):
            before = engine.kind_of(self._first(place, self.carried[place]))
            if before.shape != after.shape:
                raise self._unlike(place[0], self.end[place[0]])
            wanted = engine.joined(before, after)
            if wanted[1:] != before[1:]:
                self.carried[place], again = wanted, True
        news = dict(zip(self.changed, kinds[len(kinds) - len(self.changed) :], strict=True))
        self._begin_returned(news)
        self.carried.update(dict.fromkeys(self.changed))
        if again:
            raise Restart

    def _begin_returned(self, news):
        """Give what a round returns a value before: zeros."""
        leaves = (leaf for values in self.start for leaf in values.leaves)
        near = next((leaf for leaf in leaves if engine.is_traced(leaf)), None)
        for number in {number for number, _ in news if self.start[number].not_returned}:
            end = self.end[number]
            zeros = [
                engine.zeros_of(news[number, leaf], near) if (number, leaf) in news else value
                for leaf, value in enumerate(end.leaves)
            ]
            self.start[number] = Values(end.filled(zeros))

    def _goes_on(self, tensors, count):
        def run():
            self.set_state(self._filled(tensors[:count]))
            return value_of(self.test())

        found = self.assigned.read(tensors[count:], run)
        self.set_state(tuple(value.value for value in self.start))
        if engine.is_traced(found):
            return [as_condition(found, self.statement)]
        return [engine.asarray(bool(found))]

    def _unlike(self, number, end):
        return control_flow_error(
            f"{in_words(self.names[number])} is {self.start[number]} before the first round of the"
            f" `{self.statement}` loop and {end} after it. How many rounds there are depends on the"
            " value of a tensor, so the structure and all shapes must stay as they are.",
            "Begin with a tensor of the final shape, for example `keras.ops.zeros(shape)`, and set"
            " parts of it with `x = x.at[i].set(value)`.",
        )
