"""Optimizers against Keras's, against the formulas in float64, and what users do with them."""

import copy
import json
import pickle
from pathlib import Path

import jax
import numpy as np
import pytest
from families import optimizer_cases
from families.optimizer_cases import gradients, makers, start

import cornu
from cornu import optimizers

DATA = Path(__file__).parent / "data"
RECORDED = np.load(DATA / "optimizers.npz")
NOTES = json.loads((DATA / "optimizers.json").read_text())


def variables():
    kernel, bias = start()
    return [cornu.Variable(kernel, name="kernel"), cornu.Variable(bias, name="bias")]


def values_of(found):
    return [np.asarray(value) for value in found]


@pytest.mark.parametrize("case", makers())
def test_hundred_steps_are_those_of_keras(case):
    names, values = optimizer_cases.train(cornu, case)
    assert names == NOTES["variables"][case]
    for index, value in enumerate(values):
        expected = RECORDED[f"{case}/{index}"]
        assert value.dtype == expected.dtype
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6, err_msg=names[index])


@pytest.mark.parametrize("case", optimizer_cases.CONFIGS)
def test_config_is_that_of_keras_and_comes_back(case):
    described = NOTES["configs"][case]
    optimizer = optimizer_cases.CONFIGS[case](cornu)
    assert json.loads(json.dumps(optimizers.serialize(optimizer))) == described
    twin = optimizers.deserialize(described)
    assert type(twin) is type(optimizer)
    assert json.loads(json.dumps(optimizers.serialize(twin))) == described
    if case not in ("loss_scale", "multi"):
        assert type(optimizers.get(type(optimizer).__name__.upper())) is type(optimizer)


def test_quirk_adafactor_slows_down_whatever_relative_step_says():
    ends = []
    for relative in (True, False):
        optimizer, v = optimizers.Adafactor(0.5, relative_step=relative), cornu.Variable([1.0])
        for _ in range(6):
            optimizer.apply([np.ones(1)], [v])
        ends.append(float(v))
    assert ends[0] == ends[1] == pytest.approx(0.5**4 * (1 - 5**-0.5) * (1 - 6**-0.5), rel=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("make", [optimizers.Adam, optimizers.Nadam, optimizers.Adamax])
def test_half_precision_moves_as_single(dtype, make):
    values = []
    for each in ("float32", dtype):
        optimizer, v = make(0.01), cornu.Variable([1.0, -1.0], dtype=each)
        for _ in range(5):
            optimizer.apply([cornu.ops.array([0.5, -0.25], each)], [v])
        assert v.value.dtype == each
        values.append(np.asarray(v.value, "float32"))
    np.testing.assert_allclose(values[1], values[0], atol=0.03)
    assert np.all(np.abs(values[1]) < 0.98)


# --- the formulas of the papers, in float64 -------------------------------------------------------


def sgd(p, g, t, s, rate=0.02, momentum=0.8, nesterov=False):
    s["m"] = momentum * s.get("m", 0) - rate * g
    return p + (momentum * s["m"] - rate * g if nesterov else s["m"])


def adam(p, g, t, s, rate=0.01, b1=0.9, b2=0.999, eps=1e-7, amsgrad=False, decay=0.0):
    p = p * (1 - decay * rate)
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g**2
    s["top"] = np.maximum(s.get("top", 0), s["v"])
    v = s["top"] if amsgrad else s["v"]
    return p - rate * np.sqrt(1 - b2**t) / (1 - b1**t) * s["m"] / (np.sqrt(v) + eps)


def rmsprop(p, g, t, s, rate=0.01, rho=0.9, momentum=0.0, eps=1e-7, centered=False):
    s["v"] = rho * s.get("v", 0) + (1 - rho) * g**2
    s["g"] = rho * s.get("g", 0) + (1 - rho) * g
    s["m"] = momentum * s.get("m", 0) + rate * g / np.sqrt(s["v"] - centered * s["g"] ** 2 + eps)
    return p - s["m"]


ORACLES = {
    "sgd": (lambda: optimizers.SGD(0.02, 0.8), sgd, {}),
    "nesterov": (lambda: optimizers.SGD(0.02, 0.8, True), sgd, {"nesterov": True}),
    "adam": (lambda: optimizers.Adam(0.01), adam, {}),
    "adam_epsilon": (
        lambda: optimizers.Adam(0.01, 0.7, 0.9, 0.1),
        adam,
        {"b1": 0.7, "b2": 0.9, "eps": 0.1},
    ),
    "amsgrad": (lambda: optimizers.Adam(0.01, amsgrad=True), adam, {"amsgrad": True}),
    "adamw": (lambda: optimizers.AdamW(0.01, 0.2), adam, {"decay": 0.2}),
    "rmsprop": (lambda: optimizers.RMSprop(0.01), rmsprop, {}),
    "rmsprop_centered": (
        lambda: optimizers.RMSprop(0.01, 0.8, 0.5, 1e-3, True),
        rmsprop,
        {"rho": 0.8, "momentum": 0.5, "eps": 1e-3, "centered": True},
    ),
}


@pytest.mark.parametrize("case", ORACLES)
def test_rule_is_the_paper_s(case):
    cornu.config.set_floatx("float64")
    make, oracle, settings = ORACLES[case]
    optimizer = make()
    pair = [cornu.Variable(v.astype("float64")) for v in start()]
    expected = [v.astype("float64") for v in start()]
    states = [{}, {}]
    for step in range(20):
        grads = gradients(expected, step)
        optimizer.apply(grads, pair)
        expected = [
            oracle(p, g.astype("float64"), step + 1, s, **settings)
            for p, g, s in zip(expected, grads, states, strict=True)
        ]
    for variable, value in zip(pair, expected, strict=True):
        np.testing.assert_allclose(variable.numpy(), value, rtol=1e-7)


# --- compiled, stateless, in a frame --------------------------------------------------------------


@pytest.mark.parametrize("case", ["adam", "ema_overwrite", "accumulation", "constraint"])
def test_compiled_stateless_and_eager_agree(case):
    grads = gradients(start(), 0)
    compiled, stateless, eager = (makers()[case](cornu) for _ in range(3))
    eager._compiles = lambda: False
    pairs = [variables() for _ in range(3)]
    for optimizer, pair in zip((compiled, stateless, eager), pairs, strict=True):
        if case == "constraint":
            pair[0].constraint = cornu.constraints.MaxNorm(0.4)
        optimizer.build(pair)
    values, state = values_of(pairs[1]), values_of(stateless.variables)
    run = jax.jit(stateless.stateless_apply)
    for _ in range(4):
        compiled.apply(grads, pairs[0])
        eager.apply(grads, pairs[2])
        values, state = run(state, grads, values)
    for a, b, c in zip(pairs[0], values, pairs[2], strict=True):
        np.testing.assert_allclose(a.numpy(), b, rtol=1e-6)
        np.testing.assert_allclose(a.numpy(), c.numpy(), rtol=1e-6)
    assert not np.asarray(stateless.iterations)  # untouched


def test_second_step_compiles_nothing():
    optimizer, pair = optimizers.Adam(), variables()
    grads = gradients(start(), 0)
    optimizer.apply(grads, pair)
    with jax.log_compiles(), jax.checking_leaks():
        for rate in (0.1, 0.2):
            optimizer.learning_rate = rate
            optimizer.apply(grads, pair)
    assert len(optimizer._compiled) == 1
    ((_, run, _),) = optimizer._compiled.values()
    program = run.args[0]  # of what traces it again where a function has to be converted
    assert program._cache_size() == 1


def test_learning_rate_assigned_later_counts():
    optimizer = optimizers.SGD(0.5)
    v = cornu.Variable([1.0])
    for rate in (0.5, 0.25, 0.125):
        optimizer.learning_rate = rate
        optimizer.apply([np.ones(1)], [v])
    optimizer.learning_rate.assign(1.0)
    optimizer.apply([np.ones(1)], [v])
    assert float(v) == 1 - 0.5 - 0.25 - 0.125 - 1.0


def test_setting_changed_later_counts():
    optimizer = optimizers.SGD(1.0)
    v = cornu.Variable([0.0])
    optimizer.apply([np.full(1, 8.0)], [v])
    optimizer.clipvalue = 1.0
    optimizer.apply([np.full(1, 8.0)], [v])
    assert float(v) == -9.0


def test_schedule_follows_the_steps():
    schedule = optimizers.schedules.PiecewiseConstantDecay([0, 1], [1.0, 0.5, 0.25])
    optimizer = optimizers.SGD(schedule)
    v = cornu.Variable([0.0])
    for expected in (-1.0, -1.5, -1.75, -2.0):
        optimizer.apply([np.ones(1)], [v])
        assert float(v) == expected
    assert float(optimizer.learning_rate) == 0.25


def test_schedule_in_place_of_a_number():
    optimizer = optimizers.SGD(1.0)
    optimizer.learning_rate = optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)
    assert [v.name for v in optimizer.variables] == ["iteration"]
    v = cornu.Variable([0.0])
    optimizer.apply([np.ones(1)], [v])
    assert float(v) == -0.5
    with pytest.raises(TypeError, match="not settable"):
        optimizer.learning_rate = 0.1


def test_callable_is_asked_at_each_step():
    rates = iter([1.0, 0.5])
    optimizer = optimizers.SGD(lambda: next(rates))
    v = cornu.Variable([0.0])
    optimizer.apply([np.ones(1)], [v])
    optimizer.apply([np.ones(1)], [v])
    assert float(v) == -1.5


# --- users' own -----------------------------------------------------------------------------------


class Own(optimizers.Optimizer):
    """As users of Keras write them."""

    def __init__(self, learning_rate=0.1, factor=2.0, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.factor = factor
        self.scale = cornu.Variable(3.0, name="scale")

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.sums = [self.add_variable_from_reference(v, name="sum") for v in variables]
        self.pairs = self.add_optimizer_variables(variables, ["a", "b"], ["ones", "zeros"])

    def update_step(self, gradient, variable, learning_rate):
        total = self.sums[self._get_variable_index(variable)]
        self.assign_add(total, gradient)
        self.assign_sub(variable, learning_rate * self.factor * total)


def test_own_update_step():
    optimizer, pair = Own(), [cornu.Variable([1.0], name="p"), cornu.Variable([2.0], name="q")]
    for _ in range(2):
        optimizer.apply([np.ones(1), np.ones(1)], pair)
    np.testing.assert_allclose(values_of(pair), [[1 - 0.6], [2 - 0.6]], rtol=1e-6)
    names = [v.name for v in optimizer.variables]
    slots = ["p_sum", "q_sum", "p_a", "p_b", "q_a", "q_b"]
    assert names == ["iteration", "learning_rate", "scale", *slots]
    assert [len(column) for column in optimizer.pairs] == [2, 2]
    config = optimizer.get_config()
    assert config["factor"] == 2.0 and config["name"] == "own"
    assert Own.from_config(config).factor == 2.0


def test_own_rule():
    class Sign(optimizers.Optimizer):
        def slot_groups(self):
            return [("count",)]

        def rule(self, gradient, value, learning_rate, step, count):
            return value - learning_rate * cornu.ops.sign(gradient) / step, count + 1

    optimizer, v = Sign(learning_rate=1.0), cornu.Variable([0.0], name="v")
    for _ in range(2):
        optimizer.apply([np.full(1, 7.0)], [v])
    assert float(v) == -1.5 and [float(x) for x in optimizer.variables] == [2.0, 1.0, 2.0]


def test_weight_decay_leaves_out_what_is_excluded():
    optimizer, pair = optimizers.SGD(0.1, weight_decay=0.5), variables()
    before = values_of(pair)
    optimizer.exclude_from_weight_decay(var_names=["^bi"])
    optimizer.apply([np.zeros_like(v) for v in before], pair)
    np.testing.assert_allclose(pair[0].numpy(), before[0] * 0.95, rtol=1e-6)
    np.testing.assert_array_equal(pair[1].numpy(), before[1])
    optimizer.exclude_from_weight_decay(var_list=pair)
    after = values_of(pair)
    optimizer.apply([np.zeros_like(v) for v in before], pair)
    np.testing.assert_array_equal(pair[0].numpy(), after[0])


def test_averages_are_put_in_place_at_the_end():
    optimizer, v = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5), cornu.Variable([0.0])
    for _ in range(2):
        optimizer.apply([np.ones(1)], [v])
    optimizer.finalize_variable_values([v])
    assert float(v) == -1.5


def test_gradient_in_place_of_the_variable():
    optimizer, pair = optimizers.Adam(), variables()
    pair[1].overwrite_with_gradient = True
    optimizer.apply([np.ones((3, 2)), np.full(2, 5.0)], pair)
    assert pair[1].numpy().tolist() == [5.0, 5.0]
    assert [v.name for v in optimizer.variables[2:]] == ["kernel_momentum", "kernel_velocity"]


def test_missing_gradients():
    optimizer, pair = optimizers.SGD(1.0), [cornu.Variable([1.0], name="p"), cornu.Variable([2.0])]
    with pytest.warns(UserWarning, match="'p'"):
        optimizer.apply([None, np.ones(1)], pair)
    assert [float(v) for v in pair] == [1.0, 1.0]
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply([None, None], pair)
    optimizer.apply_gradients([(np.ones(1), pair[0])])
    assert float(pair[0]) == 0.0 and int(optimizer.iterations) == 2


BAD = {
    "lr": (lambda: optimizers.Adam(lr=0.1), "Did you mean 'learning_rate'"),
    "misspelt": (lambda: optimizers.Adam(epsilom=0.1), "Did you mean 'epsilon'"),
    "rate": (lambda: optimizers.Adam("fast"), "`learning_rate` should be float"),
    "two_clips": (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0), "Only one of"),
    "momentum": (lambda: optimizers.SGD(momentum=1.5), "`momentum` must be a float between"),
    "ema": (lambda: optimizers.SGD(use_ema=True, ema_momentum=3), "in the range"),
    "frequency": (
        lambda: optimizers.SGD(use_ema=True, ema_overwrite_frequency=0.5),
        "ema_overwrite_frequency",
    ),
    "accumulation": (lambda: optimizers.SGD(gradient_accumulation_steps=1), "integer >= 2"),
    "decay": (lambda: optimizers.AdamW(weight_decay=None), "`weight_decay` must be a float"),
    "name": (lambda: optimizers.SGD(name="a/b"), "cannot contain character"),
    "unbuilt": (lambda: optimizers.SGD().apply([np.ones(1)]), "build"),
    "shape": (
        lambda: optimizers.SGD().apply([np.ones(3)], [cornu.Variable([1.0], name="p")]),
        "'p' must have its shape",
    ),
    "counts": (lambda: optimizers.SGD().apply([np.ones(1)] * 2, variables()[:1]), "one-to-one"),
    "weights": (lambda: optimizers.SGD().set_weights([1]), "has not yet been built"),
    "stateless": (lambda: optimizers.SGD().stateless_apply([], [], []), "must be built"),
    "beta": (lambda: optimizers.Lion(beta_1=0), "`beta_1` must be in"),
    "beta_schedule_free": (lambda: optimizers.ScheduleFreeAdamW(beta_1=0), "`beta_1` must be in"),
    "power": (lambda: optimizers.Ftrl(learning_rate_power=1), "negative or zero"),
    "start": (lambda: optimizers.Ftrl(initial_accumulator_value=-1), "positive or zero"),
    "muon": (
        lambda: optimizers.Muon().zeropower_via_newtonschulz5(cornu.ops.ones(3), 5),
        "at least 2 dimensions",
    ),
    "scale_clip": (
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1.0),
        "set `clipnorm` on the `inner_optimizer`",
    ),
    "scale_unknown": (
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), scale=1.0),
        "does not support arguments: `scale`",
    ),
    "scale_fixed": (
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic=False),
        "no longer supports",
    ),
    "map_value": (
        lambda: optimizers.OptimizerMap(optimizers.SGD(), {"k": "adam"}),
        "must be a Keras Optimizer",
    ),
    "map_paths": (
        lambda: optimizers.OptimizerMap(
            optimizers.SGD(), {"k.*": optimizers.SGD(), ".*l": optimizers.SGD()}
        )["kernel"],
        "fits several keys",
    ),
    "nested": (
        lambda: optimizers.MultiOptimizer(
            lambda variable: optimizers.LossScaleOptimizer(optimizers.SGD())
        ).build(variables()),
        "cannot be used inside",
    ),
    "steps": (lambda: optimizers.schedules.ExponentialDecay(1.0, 0, 0.5), "must be > 0"),
    "boundaries": (lambda: optimizers.schedules.PiecewiseConstantDecay([1], [1.0]), "1 less"),
}


@pytest.mark.parametrize("case", BAD)
def test_mistakes(case):
    act, text = BAD[case]
    with pytest.raises(ValueError, match=text) as caught:
        act()
    assert len(str(caught.value)) < 2000


def test_unknown_variable():
    optimizer, pair = optimizers.SGD(), variables()
    optimizer.build(pair[:1])
    with pytest.raises(ValueError, match="Unknown variable: bias"):
        optimizer.apply([np.ones(2)], pair[1:])


def test_failed_step_leaves_everything_readable():
    def explode(w):
        raise RuntimeError("no")

    optimizer, pair = optimizers.Adam(), variables()
    pair[0].constraint = explode
    before = values_of(pair)
    with pytest.raises(RuntimeError, match="no"):
        optimizer.apply([np.ones_like(v) for v in before], pair)
    np.testing.assert_array_equal(values_of(pair)[0], before[0])
    assert int(optimizer.iterations) == 0


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_go_on_alone(duplicate):
    optimizer, pair = optimizers.Adam(0.1), variables()
    grads = gradients(start(), 0)
    optimizer.apply(grads, pair)
    twin = duplicate(optimizer)
    before = values_of(optimizer.variables)
    twin.apply(grads)
    assert int(twin.iterations) == 2
    for value, old in zip(values_of(optimizer.variables), before, strict=True):
        np.testing.assert_array_equal(value, old)
    optimizer.apply(grads)
    for a, b in zip(twin.variables, optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_variables_in_a_store():
    optimizer, pair = optimizers.Adam(), variables()
    optimizer.apply(gradients(start(), 0), pair)
    store = {}
    optimizer.save_own_variables(store)
    assert list(store) == [str(i) for i in range(6)]
    twin = optimizers.Adam()
    twin.build(pair)
    twin.load_own_variables(store)
    for a, b in zip(twin.variables, optimizer.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    with pytest.warns(UserWarning, match="6 variables"):
        optimizers.SGD().load_own_variables(store)
    twin.set_weights([np.zeros(v.shape) for v in twin.variables])
    assert int(twin.iterations) == 0
    with pytest.raises(ValueError, match="incompatible"):
        twin.set_weights([np.zeros((7,))] * 6)


@pytest.mark.parametrize("case", optimizer_cases.SCHEDULES)
def test_schedules_are_those_of_keras(case):
    schedule = optimizer_cases.SCHEDULES[case](optimizers.schedules)
    steps = np.arange(len(optimizer_cases.SCHEDULE_STEPS), dtype="int32")
    expected = RECORDED[f"schedule/{case}"]
    np.testing.assert_allclose([float(schedule(int(s))) for s in steps], expected, atol=2e-6)
    compiled = jax.jit(schedule)
    np.testing.assert_allclose([float(compiled(s)) for s in steps], expected, atol=2e-6)


def test_schedule_without_config():
    class Constant(optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1

    with pytest.raises(NotImplementedError, match="get_config"):
        Constant().get_config()
