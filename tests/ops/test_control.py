"""Control flow: functions on nests, with values, symbolic tensors, tapes and variables."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cornu
from cornu import KerasTensor, Model, Variable, ops
from cornu.ops._recurrence import rnn
from cornu.state.functional import functional

X = np.arange(6.0, dtype="float32").reshape(3, 2)


def values(nest):
    """A nest with lists in the place of tensors."""
    return cornu.tree.map_structure(lambda x: None if x is None else np.asarray(x).tolist(), nest)


def specs(nest):
    assert all(isinstance(x, KerasTensor) for x in cornu.tree.flatten(nest))
    return cornu.tree.map_structure(lambda x: (x.shape, x.dtype), nest)


# ---- values ----


@pytest.mark.parametrize(
    "known", [True, 3, 0.5, np.True_, jnp.asarray(True), Variable(2.0)], ids=type
)
def test_cond_with_a_known_predicate_runs_one_branch(known):
    found = ops.cond(known, lambda: {"a": 1.0, "b": (None, X)}, lambda: pytest.fail("both ran"))
    assert values(found) == {"a": 1.0, "b": (None, X.tolist())}
    assert ops.is_tensor(found["a"]) and ops.is_tensor(found["b"][1])
    assert ops.cond(False, lambda: pytest.fail("both ran"), lambda: None) is None


def test_cond_with_a_traced_predicate():
    @jax.jit
    def choose(x):
        return ops.cond(ops.sum(x) > 0, lambda: {"a": (x, 1)}, lambda: {"a": (x * 2, 2)})

    assert values(choose(X)) == {"a": (X.tolist(), 1)}
    assert values(choose(-X)) == {"a": ((-2 * X).tolist(), 2)}


def test_numbers_of_a_branch_take_the_dtype_of_the_other():
    @jax.jit
    def choose(x):
        return ops.cond(x > 0, lambda: 0, lambda: x.astype("bfloat16")), ops.cond(
            x > 0, lambda: x, lambda: 0
        )

    first, second = choose(1.0)
    assert (first.dtype, second.dtype) == ("bfloat16", "float32")
    assert (float(first), float(second)) == (0.0, 1.0)


@pytest.mark.parametrize(("index", "chosen"), [(-3, 0), (0, 0), (1, 1), (2, 2), (9, 2)])
def test_switch_clamps_its_index(index, chosen):
    branches = [lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y]
    want = values(branches[chosen](5, 3))
    assert values(ops.switch(index, branches, 5, 3)) == want
    assert values(jax.jit(lambda i: ops.switch(i, branches, 5, 3))(index)) == want


def test_scan_on_nests():
    def f(carry, x):
        total = {"sum": carry["sum"] + x["a"] * x["b"], "none": None}
        return total, (total["sum"], None)

    start = {"sum": np.zeros(2, "float32"), "none": None}
    carry, ys = ops.scan(f, start, {"a": X, "b": np.ones(3, "float32")})
    assert values(carry) == {"sum": X.sum(0).tolist(), "none": None}
    assert values(ys) == (X.cumsum(0).tolist(), None)


@pytest.mark.parametrize("unroll", [1, 2, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_scan_in_reverse_and_unrolled(unroll, reverse):
    carry, ys = ops.scan(lambda c, x: (c + x, c), 0.0, X[:, 1], reverse=reverse, unroll=unroll)
    want = [8.0, 5.0, 0.0] if reverse else [0.0, 1.0, 4.0]
    assert (float(carry), values(ys)) == (9.0, want)


def test_scan_without_xs_and_over_nothing():
    assert values(ops.scan(lambda c, x: (c * 2, x), 1, length=5)) == (32, None)
    assert values(ops.scan(lambda c, x: (c + x, x), 1.0, X[:0, 0])) == (1.0, [])


def test_numbers_that_loops_begin_with_take_the_dtype_of_what_is_returned():
    total, _ = ops.scan(lambda c, x: (c + x, None), 0, X[:, 0])
    assert (total.dtype, float(total)) == ("float32", 6.0)
    (x,) = ops.while_loop(lambda x: x < 2, lambda x: (x + 0.5,), (0,))
    assert (x.dtype, float(x)) == ("float32", 2.0)
    with cornu.GradientTape():
        (x,) = ops.while_loop(lambda x: x < 2, lambda x: (x + 0.5,), (0,))
    assert (x.dtype, float(x)) == ("float32", 2.0)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("reverse", [False, True])
def test_associative_scan(axis, reverse):
    found = ops.associative_scan(
        lambda a, b: {"x": a["x"] + b["x"]}, {"x": X}, reverse=reverse, axis=axis
    )["x"]
    turned = np.flip(X, axis) if reverse else X
    want = np.cumsum(turned, axis)
    np.testing.assert_allclose(found, np.flip(want, axis) if reverse else want)


def test_associative_scan_of_nothing():
    assert ops.associative_scan(ops.add, X[:0]).shape == (0, 2)


def test_while_loop_takes_lists_tuples_and_single_nests():
    assert values(ops.while_loop(lambda a, b: a < 3, lambda a, b: [a + 1, b * 2], [0, 1])) == (3, 8)
    assert values(ops.while_loop(lambda a: a < 3, lambda a: (a + 1,), (0,))) == (3,)
    assert values(ops.while_loop(lambda a: a < 3, lambda a: a + 1, 0)) == 3
    found = ops.while_loop(lambda d: d["n"] < 3, lambda d: {"n": d["n"] + 1}, {"n": 0})
    assert values(found) == {"n": 3}


@pytest.mark.parametrize("limit", [0, 2, 9, jnp.asarray(2)])
def test_while_loop_stops_after_maximum_iterations(limit):
    def run(limit):
        return ops.while_loop(lambda a: a < 5, lambda a: (a + 1,), (0,), maximum_iterations=limit)

    want = (min(5, int(limit)),)
    assert values(run(limit)) == want
    assert values(jax.jit(run)(limit)) == want


def test_fori_loop():
    assert values(ops.fori_loop(2, 5, lambda i, v: {"v": v["v"] + i}, {"v": 0})) == {"v": 9}
    assert values(ops.fori_loop(3, 3, lambda i, v: v + i, 1.0)) == 1.0
    assert values(jax.jit(lambda n: ops.fori_loop(0, n, lambda i, v: v + i, 0))(4)) == 6


def test_map_and_vectorized_map():
    for run in (ops.map, ops.vectorized_map):
        found = run(lambda x: {"sum": x[0] + x[1], "none": None}, (X, X[:, 0]))
        assert values(found) == {"sum": (X + X[:, :1]).tolist(), "none": None}


# ---- symbolic tensors ----


def test_symbolic_specs():
    x, n = KerasTensor((None, 3)), KerasTensor((), "int32")
    assert specs(ops.scan(lambda c, x: (c + x, {"y": c * x}), KerasTensor((3,)), x)) == (
        ((3,), "float32"),
        {"y": ((None, 3), "float32")},
    )
    assert specs(ops.map(ops.sum, x)) == ((None,), "float32")
    assert specs(ops.vectorized_map(ops.sum, x)) == ((None,), "float32")
    assert specs(ops.associative_scan(ops.add, x)) == ((None, 3), "float32")
    assert specs(ops.while_loop(lambda x: ops.sum(x) < 1, lambda x: x + 1, x)) == (
        (None, 3),
        "float32",
    )
    assert specs(ops.fori_loop(0, n, lambda i, v: v + 1, x)) == ((None, 3), "float32")
    assert specs(ops.switch(n, [lambda x: x, lambda x: -x], x)) == ((None, 3), "float32")
    assert specs(ops.cond(n, lambda: (1, 2.0), lambda: (3, 4.0))) == (
        ((), "int32"),
        ((), "float32"),
    )


@pytest.mark.parametrize(
    "build",
    [
        lambda x: ops.cond(ops.sum(x) > 0, lambda: x + 1, lambda: x - 1),
        lambda x: ops.cond(ops.sum(x) > 0, lambda: ops.ones((2,)), lambda: ops.zeros((2,))),
        lambda x: ops.switch(ops.cast(x[0, 0], "int32"), [lambda x: x, lambda x: x * 2], x),
        lambda x: ops.scan(lambda c, x: (c + x, c * x), ops.zeros((2,)), x)[1],
        lambda x: ops.while_loop(lambda x: ops.sum(x) < 99, lambda x: (x + 1,), (x,))[0],
        lambda x: ops.fori_loop(0, 3, lambda i, x: x * 2, x),
        lambda x: ops.map(lambda x: x * 2, x),
        lambda x: ops.vectorized_map(lambda x: x * 2, x),
        lambda x: ops.associative_scan(ops.add, x),
    ],
)
def test_a_model_of_control_flow_computes_the_same(build):
    inputs = cornu.Input((2,))
    model = Model(inputs, build(inputs))
    np.testing.assert_allclose(model(X), build(jnp.asarray(X)))
    np.testing.assert_allclose(model.predict(X, verbose=0), build(jnp.asarray(X)))


def test_symbolic_tensors_in_functions_are_told_from_values():
    with pytest.raises(ValueError, match="must get such tensors as arguments"):
        ops.scan(lambda c, x: (c, KerasTensor((2,))), 0.0, X)
    with pytest.raises(ValueError, match="outputs of the same kind"):
        ops.cond(KerasTensor((), "bool"), lambda: KerasTensor((2,)), lambda: KerasTensor((3,)))


# ---- gradients ----

GRADIENTS = {
    "cond": lambda x: ops.cond(ops.sum(x) > 0, lambda: x**2, lambda: x),
    "switch": lambda x: ops.switch(ops.cast(x[0] > 0, "int32"), [lambda x: x, ops.square], x),
    "scan": lambda x: ops.scan(lambda c, x: (c * x, c + x), 1.0, x)[0] ** 2,
    "map": lambda x: ops.map(ops.square, x),
    "vectorized_map": lambda x: ops.vectorized_map(ops.square, x),
    "associative_scan": lambda x: ops.associative_scan(ops.multiply, x),
    "fori_loop": lambda x: ops.fori_loop(0, 3, lambda i, v: v * x, x),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_those_of_jax_with_tapes_too(name):
    function, x = GRADIENTS[name], jnp.asarray([2.0, 3.0])
    want = jax.grad(lambda x: ops.sum(function(x)))(x)
    assert np.abs(want).sum() > 1

    def taped(x):
        with cornu.GradientTape() as tape:
            tape.watch(x)
            y = ops.sum(function(x))
        return tape.gradient(y, x)

    np.testing.assert_allclose(taped(x), want, rtol=1e-6)
    np.testing.assert_allclose(jax.jit(taped)(x), want, rtol=1e-6)


def test_a_while_loop_has_gradients_inside_a_tape():
    x = jnp.asarray(2.0)
    with cornu.GradientTape() as tape:
        tape.watch(x)
        y, _ = ops.while_loop(lambda y, n: y < 20, lambda y, n: (y * x, n + 1), (x, 0))
    assert float(tape.gradient(y, x)) == 5 * 2.0**4


def test_gradients_by_variables_that_functions_read():
    scale = Variable(3.0)
    with cornu.GradientTape() as tape:
        y, _ = ops.scan(lambda c, x: (c + x * scale, None), 0.0, X[:, 0])
        y = y + ops.cond(y > 0, lambda: scale * 1.0, lambda: scale * 2.0)
    assert float(tape.gradient(y, scale)) == 7.0


# ---- variables that functions assign ----


def counting(run):
    """Check that `run(count)`, which adds 1 to a variable three times, does so eagerly, compiled
    and inside a tape, and that nothing else changes it."""
    count = Variable(10.0)

    def go(*unused):
        run(count)

    go()
    assert float(count.value) == 13.0
    _, after = jax.jit(functional(go, [count]))([jnp.asarray(1.0)])
    assert float(after[0]) == 4.0
    assert float(count.value) == 13.0
    with cornu.GradientTape():
        go()
    assert float(count.value) == 16.0
    with pytest.raises(RuntimeError, match="inside a function that JAX traces"):
        jax.jit(go)(1.0)
    assert float(count.value) == 16.0


def bump(count, result=None):
    count.assign_add(1.0)
    return result


def test_scan_assigns_variables():
    count = Variable(0.0)
    _, ys = ops.scan(lambda c, x: (c, bump(count, x + count)), 0.0, X[:, 0])
    assert values(ys) == [0.0, 3.0, 6.0]
    counting(lambda c: ops.scan(lambda carry, x: (carry, bump(c, x)), 0.0, X))


def test_loops_and_maps_assign_variables():
    counting(lambda c: ops.fori_loop(0, 3, lambda i, v: bump(c, v), 0.0))
    counting(lambda c: ops.map(lambda x: bump(c, x), X))
    counting(lambda c: ops.while_loop(lambda n: n < 3, lambda n: bump(c, n + 1), 0))


def test_vectorized_map_assigns_what_is_the_same_for_all():
    counting(lambda c: [ops.vectorized_map(lambda x: bump(c, x), X) for _ in range(3)])
    seen = Variable(0.0)
    with pytest.raises(RuntimeError, match="depends on the element"):
        ops.vectorized_map(lambda x: seen.assign(x).value, X[:, 0])
    assert float(seen.value) == 0.0


def test_branches_assign_variables():
    a, b = Variable(0.0), Variable(0.0)

    def run(x):
        return ops.cond(x > 0, lambda: bump(a, x), lambda: bump(b, x * 2))

    run(1.0)
    assert (float(a.value), float(b.value)) == (1.0, 0.0)
    pure = jax.jit(functional(run, [a, b]))
    for x, want in ((1.0, [6.0, 7.0]), (-1.0, [5.0, 8.0])):
        _, after = pure([jnp.asarray(5.0), jnp.asarray(7.0)], x)
        assert values(after) == want
    branches = [lambda c: 0, lambda c: bump(c, 0)]
    counting(lambda c: [ops.switch(ops.cast(c > 0, "int32"), branches, c) for _ in range(3)])


def test_nested_control_flow_assigns_variables():
    count = Variable(0.0)

    def inner(x):
        return ops.cond(x > 1, lambda: bump(count, x), lambda: x)

    ops.scan(lambda c, x: (c, ops.map(inner, x)), 0.0, X)
    assert float(count.value) == 4.0


def test_conditions_must_not_assign_variables():
    count = Variable(0.0)
    with pytest.raises(RuntimeError, match="Only the body"):
        ops.while_loop(lambda n: bump(count, n < 3), lambda n: n + 1, 0)
    assert float(count.value) == 0.0


def test_random_numbers_in_a_loop_differ_and_move_the_seed():
    seed = cornu.random.SeedGenerator(3)
    before = np.array(seed.state.value)
    found = ops.map(lambda x: cornu.random.uniform((), seed=seed), X)
    assert len(set(values(found))) == 3
    assert (np.array(seed.state.value) != before).any()


def test_an_error_inside_leaves_variables_as_they_were():
    count = Variable(1.0)

    def fail(c, x):
        count.assign(x)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ops.scan(fail, 0.0, X[:, 0])
    assert float(count.value) == 1.0


def test_a_loss_added_inside_is_an_error():
    layer = cornu.layers.Dense(2, activity_regularizer="l2")
    layer(X)
    with pytest.raises(RuntimeError, match="add_loss"):
        ops.map(lambda x: layer(x[None]), X)


# ---- grad ----


def test_grad_by_tensors_variables_and_nests():
    a, b = jnp.asarray([1.0, 2.0]), jnp.asarray([3.0, 4.0])
    assert values(ops.grad(lambda x, y: x * y)(a, b)) == [3.0, 4.0]
    assert values(ops.grad(lambda x, y: x * y, argnums=(0, -1))(a, b)) == ([3.0, 4.0], [1.0, 2.0])
    assert values(ops.grad(lambda x, y: ops.sum(x), argnums=1)(a, b)) == [0.0, 0.0]
    assert values(ops.grad(lambda d: d["a"] * d["b"])({"a": a, "b": b})) == {
        "a": [3.0, 4.0],
        "b": [1.0, 2.0],
    }
    v = Variable(a)
    assert values(ops.grad(lambda v: v * v)(v)) == [2.0, 4.0]
    assert values(jax.jit(lambda x: ops.grad(ops.square)(x))(a)) == [2.0, 4.0]
    assert values(ops.grad(ops.grad(lambda x: x**3))(a)) == [6.0, 12.0]
    assert values(ops.grad(lambda x, scale=1.0: x * scale)(a, scale=5.0)) == [5.0, 5.0]


def test_grad_keeps_what_its_function_assigns():
    count = Variable(0.0)
    ops.grad(lambda x: bump(count, x * 2))(1.0)
    assert float(count.value) == 1.0


def test_grad_inside_a_tape():
    x = jnp.asarray(2.0)
    with cornu.GradientTape() as tape:
        tape.watch(x)
        y = ops.grad(lambda x: x**3)(x)
    assert float(tape.gradient(y, x)) == 12.0


def test_dtype():
    assert [ops.dtype(x) for x in (X, 1, 2.0, True, [1, 2], Variable(1.0), KerasTensor((), "int8"))]
    assert ops.dtype(X.astype("float16")) == "float16"
    assert ops.dtype(1) == "int32"
    assert ops.dtype(KerasTensor((), "int8")) == "int8"


def test_quirk_istft_without_a_window_only_adds_up():
    x = np.sin(np.arange(40.0)).astype("float32")
    setting = {"sequence_length": 8, "sequence_stride": 4, "fft_length": 8, "window": None}
    again = ops.istft(ops.stft(x, **setting), **setting)
    np.testing.assert_allclose(again[4:-4], 2 * x[4:-4], atol=1e-5)


# ---- recurrence ----

MASK = np.array([[True, True, False], [False, True, False]])


def recur(**options):
    inputs = np.arange(12.0, dtype="float32").reshape(2, 3, 2)
    start = [np.ones((2, 2), "float32")]

    def step(x, states):
        output = x + 2 * sum(states)
        return output, [output]

    return values(rnn(step, inputs, start, **options))


def test_recurrence():
    last, outputs, states = recur()
    assert outputs[0] == [[2.0, 3.0], [6.0, 9.0], [16.0, 23.0]]
    assert last == [[16.0, 23.0], [58.0, 65.0]] == states[0]
    assert recur(unroll=True) == (last, outputs, states)
    assert recur(return_all_outputs=False) == (last, [[row] for row in last], states)
    assert recur(go_backwards=True)[1][0] == [[6.0, 7.0], [14.0, 17.0], [28.0, 35.0]]
    assert recur(constants=[np.full((2, 2), 10.0, "float32")])[1][0][0] == [22.0, 23.0]


@pytest.mark.parametrize("unroll", [False, True])
def test_recurrence_with_a_mask(unroll):
    last, outputs, states = recur(mask=MASK, unroll=unroll)
    assert outputs[1] == [[0.0, 0.0], [10.0, 11.0], [10.0, 11.0]]
    assert last == [[6.0, 9.0], [10.0, 11.0]] == states[0]
    last, outputs, states = recur(mask=MASK[:, :, None], zero_output_for_mask=True, unroll=unroll)
    assert outputs[1] == [[0.0, 0.0], [10.0, 11.0], [0.0, 0.0]]
    assert last == [[0.0, 0.0]] * 2
    assert states == [[[6.0, 9.0], [10.0, 11.0]]]


def test_recurrence_with_time_first():
    inputs = jnp.ones((4, 2, 3))
    last, outputs, _ = rnn(
        lambda x, s: (x + s[0], [x + s[0]]), inputs, [jnp.zeros((2, 3))], time_major=True
    )
    assert (last.shape, outputs.shape) == ((2, 3), (4, 2, 3))
    assert values(outputs[:, 0, 0]) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("rounds", [0, 1, 2, 33, 100])
def test_a_compiled_while_loop_has_gradients(rounds):
    def looped(x, n):
        return ops.while_loop(lambda y, i: i < n, lambda y, i: (ops.sin(y) * x, i + 1), (x, 0))[0]

    def written_out(x):
        y = x
        for _ in range(rounds):
            y = ops.sin(y) * x
        return y

    x = jnp.asarray(1.3)
    found = jax.jit(jax.grad(looped))(x, rounds)
    np.testing.assert_allclose(found, jax.grad(written_out)(x), rtol=1e-5)


def test_gradients_of_a_compiled_while_loop_have_gradients():
    def looped(x, n):
        return ops.fori_loop(0, n, lambda i, y: y * x + 1.0, x)  # x**4 + x**2 + x + 1 for n = 3

    twice = jax.jit(jax.grad(jax.grad(lambda x, n: looped(x, n) ** 2)))
    want = jax.grad(jax.grad(lambda x: (x**4 + x**2 + x + 1) ** 2))(1.3)
    np.testing.assert_allclose(twice(1.3, 3), want, rtol=1e-5)
    batch = jax.vmap(jax.grad(looped), (None, 0))(1.3, jnp.array([0, 1, 3]))
    np.testing.assert_allclose(batch, [1, 2 * 1.3, 4 * 1.3**3 + 2 * 1.3 + 1], rtol=1e-5)
    forward = jax.jvp(lambda x: looped(x, 3), (1.3,), (1.0,))[1]
    np.testing.assert_allclose(forward, batch[2], rtol=1e-5)
