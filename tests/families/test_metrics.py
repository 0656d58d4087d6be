"""Metrics against Keras's and against the formulas; their state; users' own."""

import pickle
from pathlib import Path

import jax
import numpy as np
import pytest
from families import loss_cases

import cornu
from cornu import metrics, ops

RECORDED = np.load(Path(__file__).parent / "data" / "values.npz")
CASES = list(loss_cases.metrics(cornu))


def feed(metric, batches):
    for *columns, weight in batches:
        metric.update_state(*columns, sample_weight=weight)
    return metric


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_keras(case):
    metric, batches = loss_cases.metrics(cornu)[case]
    expected = RECORDED[f"metric/{case}"]
    found = feed(metric, batches).result()
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0.0


@pytest.mark.parametrize("case", CASES)
def test_stateless_and_compiled(case):
    metric, batches = loss_cases.metrics(cornu)[case]
    update = jax.jit(lambda state, batch, w: metric.stateless_update_state(state, *batch, w))
    state = metric.stateless_reset_state()
    for *columns, weight in batches:
        state = update(state, columns, weight)
    found = jax.jit(metric.stateless_result)(state)
    np.testing.assert_allclose(found, RECORDED[f"metric/{case}"], rtol=1e-6)
    assert all(float(v) == 0.0 for v in metric.variables)


HOT, LABELS, PROBABILITIES, _, WEIGHT = loss_cases.classes()
BEST = PROBABILITIES.argmax(-1) == LABELS
TOP = (np.argsort(-PROBABILITIES)[:, :2] == LABELS[:, None]).any(-1)
TRUE, PRED, NUMBER_WEIGHT = loss_cases.numbers()
ORACLES = {
    "categorical_accuracy": np.sum(BEST * WEIGHT) / np.sum(WEIGHT),
    "sparse_categorical_accuracy": np.mean(BEST),
    "top_2": np.sum(TOP * WEIGHT) / np.sum(WEIGHT),
    "sparse_top_2": np.mean(TOP),
    "mean_plain": np.mean(TRUE),
    "sum": np.sum(TRUE * NUMBER_WEIGHT[:, None]),
    "mse": np.sum(np.mean((TRUE - PRED) ** 2, -1) * NUMBER_WEIGHT) / np.sum(NUMBER_WEIGHT),
    "mae": np.mean(np.abs(TRUE - PRED)),
}


@pytest.mark.parametrize("case", ORACLES)
def test_formulas(case):
    found = feed(*loss_cases.metrics(cornu)[case]).result()
    np.testing.assert_allclose(found, ORACLES[case], rtol=1e-5)


def test_variables():
    with cornu.name_scope("outer"):
        metric = metrics.Mean(name="average", dtype="float16")
    assert [v.path for v in metric.variables] == ["outer/average/total", "outer/average/count"]
    assert {v.dtype for v in metric.variables} == {"float16"} and metric.dtype == "float16"
    assert not any(v.trainable for v in metric.variables)
    assert metrics.Mean().name == "mean" and metrics.Metric().name == "metric"
    assert metrics.Metric().name == "metric_1"


def test_masks():
    outputs = ops.convert_to_tensor(np.arange(4.0).reshape(2, 2, 1))
    outputs._keras_mask = ops.convert_to_tensor([[True, False], [True, True]])
    metric = metrics.MeanSquaredError()
    assert float(metric(np.zeros((2, 2, 1)), outputs)) == pytest.approx((0 + 4 + 9) / 3)
    metric.reset_state()
    found = metric(np.zeros((2, 2, 1)), outputs, sample_weight=[2.0, 1.0])
    assert float(found) == pytest.approx((0 + 4 + 9) / 4)


def test_weights_that_do_not_fit():
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(3,\)"):
        metrics.Mean()(np.ones(2), sample_weight=np.ones(3))


def test_nothing_is_zero():
    assert float(metrics.Mean().result()) == 0.0
    assert float(metrics.Mean()([1.0], sample_weight=[0.0])) == 0.0


def test_classes_that_do_not_exist_are_misses():
    found = metrics.sparse_top_k_categorical_accuracy([7, -1], [[0.1, 0.9], [0.9, 0.1]], k=2)
    assert found.tolist() == [0.0, 0.0]


class Own(metrics.Metric):
    """As users of Keras write them."""

    def __init__(self, scale=2.0, name="own", **kwargs):
        super().__init__(name=name, **kwargs)
        self.scale = scale
        self.seen = self.add_weight(name="seen")
        self.inner = metrics.Mean(name="inner")
        self.more = [metrics.Sum(name="more")]
        self.plain = cornu.Variable([1.0, 2.0], name="plain")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.seen.assign_add(self.scale)
        self.inner.update_state(y_pred)
        self.more[0].update_state(y_true)

    def result(self):
        return {"seen": self.seen, "inner": self.inner.result(), "more": self.more[0].result()}


def test_own_metric():
    metric = Own()
    paths = ["own/seen", "plain", "inner/total", "inner/count", "more/total"]
    assert [v.path for v in metric.variables] == paths
    found = metric(np.array([1.0, 2.0]), np.array([3.0, 5.0]))
    expected = {"seen": 2, "inner": 4, "more": 3}
    assert {name: float(value) for name, value in found.items()} == expected
    state = metric.stateless_update_state(metric.stateless_reset_state(), np.ones(1), np.ones(1))
    assert float(metric.stateless_result(state)["seen"]) == 2.0
    metric.reset_state()
    assert all(not v.numpy().any() for v in metric.variables)
    assert Own.from_config(Own(scale=3.0).get_config()).scale == 3.0


def test_pickle_keeps_the_state():
    metric = Own()
    metric.update_state(np.ones(2), np.ones(2))
    twin = pickle.loads(pickle.dumps(metric))
    metric.reset_state()
    assert float(twin.result()["seen"]) == 2.0
    twin.extra = metrics.Sum()
    assert len(twin.variables) == 6


def test_mistakes():
    class Forgot(metrics.Metric):
        def __init__(self):
            self.total = self.add_weight()

    with pytest.raises(RuntimeError, match="super\\(\\).__init__\\(\\)"):
        Forgot()
    with pytest.raises(ValueError, match="expected 2 variables"):
        metrics.Mean().stateless_result([1.0])
    with pytest.raises(NotImplementedError, match="update_state"):
        metrics.Metric().update_state(1.0)
