"""Metrics against Keras's and against the formulas; their state; users' own."""

import json
import pickle
from pathlib import Path

import jax
import numpy as np
import pytest
from families import metric_cases as cases
from families.gradients import check_gradient
from families.metric_cases import CASES

import cornu
from cornu import metrics, ops

DATA = Path(__file__).parent / "data"
VALUES = np.load(DATA / "metrics.npz")
RECORDED = json.loads((DATA / "metrics.json").read_text())


def feed(metric, batches):
    for *columns, weight in batches:
        metric.update_state(*columns, sample_weight=weight)
    return metric


@pytest.mark.parametrize("case", CASES)
def test_values_and_variables_are_those_of_keras(case):
    make, batches = CASES[case]
    metric = feed(make(cornu), batches)
    np.testing.assert_allclose(metric.result(), VALUES[case], rtol=2e-6, atol=1e-7)
    variables = [[v.path, list(v.shape), v.dtype] for v in metric.variables]
    assert variables == RECORDED["variables"][case]
    metric.reset_state()
    assert not any(v.numpy().any() for v in metric.variables)
    assert np.all(np.isfinite(metric.result()))


@pytest.mark.parametrize("case", CASES)
def test_stateless_and_compiled(case):
    make, batches = CASES[case]
    metric = make(cornu)
    update = jax.jit(lambda state, batch, w: metric.stateless_update_state(state, *batch, w))
    state = metric.stateless_reset_state()
    for *columns, weight in batches:
        state = update(state, columns, weight)
    found = jax.jit(metric.stateless_result)(state)
    np.testing.assert_allclose(found, VALUES[case], rtol=2e-6, atol=1e-7)
    assert not any(v.numpy().any() for v in metric.variables)


@pytest.mark.parametrize("case", CASES)
def test_configs_are_those_of_keras(case):
    make, _ = CASES[case]
    metric = make(cornu)
    described = json.loads(json.dumps(metrics.serialize(metric)))
    recorded = RECORDED["configs"][case]
    more = described["config"].keys() - recorded["config"].keys()
    assert more <= {"axis"}  # which Keras forgets where it is not -1
    described["config"] = {k: v for k, v in described["config"].items() if k not in more}
    if described["config"].get("label_weights"):  # a list; Keras writes a tensor
        described["config"]["label_weights"] = recorded["config"]["label_weights"]
    assert described == recorded
    twin = metrics.deserialize(metrics.serialize(metric))
    assert type(twin) is type(metric) and twin.get_config() == metric.get_config()
    assert type(metrics.deserialize(recorded)) is type(metric)


@pytest.mark.parametrize("name", cases.SPELLINGS)
def test_get_by_name(name):
    assert type(metrics.get(name)).__name__ == RECORDED["names"][name]


HOT, LABELS, PROBABILITIES = cases.HOT, cases.LABELS, cases.PROBABILITIES
WEIGHT, NUMBER_WEIGHT = cases.CLASS_WEIGHT, cases.WEIGHT
TRUE, PRED = cases.TRUE.astype("float64"), cases.PRED.astype("float64")
EVENTS, CHANCES, EVENT_WEIGHT = cases.MANY, cases.MANY_CHANCES, cases.MANY_WEIGHTS
REGION, FOUND = cases.REGION, cases.FOUND_REGION
BEST = PROBABILITIES.argmax(-1) == LABELS
TOP = (np.argsort(-PROBABILITIES)[:, :2] == LABELS[:, None]).any(-1)
POSITIVE = CHANCES > 0.5
COUNTED = EVENT_WEIGHT[:, None] * np.ones(3)


def weighted(values):
    return np.sum(values * NUMBER_WEIGHT) / np.sum(NUMBER_WEIGHT)


def concordance(true, pred):
    means = (true.mean() - pred.mean()) ** 2
    return 2 * np.cov(true, pred, ddof=0)[0, 1] / (true.var() + pred.var() + means)


def overlap(label):
    both = np.sum((label == REGION) & (label == FOUND))
    return both / np.sum((label == REGION) | (label == FOUND))


def by_row(function):
    return weighted([function(t, p) for t, p in zip(TRUE, PRED, strict=True)])


def f_beta(positive, beta):
    hits = np.sum(positive * EVENTS * COUNTED, 0)
    precision, recall = hits / np.sum(positive * COUNTED, 0), hits / np.sum(EVENTS * COUNTED, 0)
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)


ORACLES = {
    "categorical_accuracy": np.sum(BEST * WEIGHT) / np.sum(WEIGHT),
    "sparse_categorical_accuracy": np.mean(BEST),
    "top_2": np.sum(TOP * WEIGHT) / np.sum(WEIGHT),
    "sparse_top_2": np.mean(TOP),
    "mean_plain": np.mean(TRUE),
    "sum": np.sum(TRUE * NUMBER_WEIGHT[:, None]),
    "mse": weighted(np.mean((TRUE - PRED) ** 2, -1)),
    "mae": np.mean(np.abs(TRUE - PRED)),
    "mape": weighted(100 * np.mean(np.abs((TRUE - PRED) / TRUE), -1)),
    "rmse": np.sqrt(weighted(np.mean((TRUE - PRED) ** 2, -1))),
    "log_cosh": np.mean(np.log(np.cosh(TRUE - PRED))),
    "pearson": by_row(lambda t, p: np.corrcoef(t, p)[0, 1]),
    "concordance": by_row(concordance),
    "cosine": by_row(lambda t, p: t @ p / np.sqrt(t @ t * (p @ p))),
    "r2_none": 1 - np.sum((TRUE - PRED) ** 2, 0) / np.sum((TRUE - TRUE.mean(0)) ** 2, 0),
    "precision": np.sum(COUNTED * POSITIVE * EVENTS) / np.sum(COUNTED * POSITIVE),
    "recall": np.sum(COUNTED * POSITIVE * EVENTS) / np.sum(COUNTED * EVENTS),
    "f_beta_None": f_beta(POSITIVE, 2),
    "mean_iou_absent": np.mean([overlap(label) for label in range(4)]),
}


@pytest.mark.parametrize("case", ORACLES)
def test_formulas(case):
    make, batches = CASES[case]
    np.testing.assert_allclose(feed(make(cornu), batches).result(), ORACLES[case], rtol=1e-5)


def test_area_is_the_chance_of_the_right_order():
    true, pred = EVENTS.ravel(), CHANCES.ravel()
    above = pred[true == 1][:, None] - pred[true == 0]
    expected = np.mean(above > 0) + np.mean(above == 0) / 2
    assert float(metrics.AUC(10000)(true, pred)) == pytest.approx(expected, abs=1e-3)


CORRELATIONS = ["pearson_correlation", "concordance_correlation"]


@pytest.mark.parametrize("name", CORRELATIONS)
def test_gradients_are_finite_differences(name):
    cornu.config.set_floatx("float64")
    function = getattr(metrics, name)
    check_gradient(lambda p: function(TRUE, p).sum(), PRED)


@pytest.mark.parametrize("name", CORRELATIONS)
def test_gradients_of_what_is_constant_are_finite(name):
    function = getattr(metrics, name)
    for true, pred in ((TRUE, np.ones((4, 3))), (np.ones((4, 3)), PRED)):
        gradient = jax.grad(lambda p, t=true: function(t, p).sum())(pred.astype("float32"))
        assert np.all(np.isfinite(gradient))
    assert float(metrics.pearson_correlation(np.ones(3), np.arange(3.0))) == 0.0


# --- state ----------------------------------------------------------------------------------------


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


# --- weights, masks, shapes -----------------------------------------------------------------------


def masked(values, mask):
    values = ops.convert_to_tensor(np.asarray(values, "float32"))
    values._keras_mask = ops.convert_to_tensor(np.asarray(mask))
    return values


MASKED = {
    "Precision": 1.0,
    "AUC": 0.0,
    "FalsePositives": 0.0,
    "PrecisionAtRecall": 1.0,
    "RootMeanSquaredError": np.sqrt(0.065),
    "BinaryIoU": 1.0,
}


@pytest.mark.parametrize("name", MASKED)
def test_masks_of_predictions(name):
    arguments = [0.5] if name == "PrecisionAtRecall" else []
    metric = getattr(metrics, name)(*arguments)
    found = metric([0, 1, 1], masked([0.9, 0.8, 0.7], [False, True, True]))
    assert float(found) == pytest.approx(MASKED[name], abs=1e-6)


def test_weights_of_samples_count_for_all_their_predictions():
    weight = np.array([1.0, 0.0, 2.0])
    y_true, y_pred = np.ones((3, 3)), np.full((3, 3), 0.7)
    assert float(metrics.TruePositives()(y_true, y_pred, sample_weight=weight)) == 9.0
    overlap = metrics.BinaryIoU([1], dtype="float32")
    overlap.update_state(y_true, y_pred, sample_weight=weight)
    assert float(overlap.total_cm.value[1, 1]) == 9.0


def test_variables_made_with_the_first_batch_by_pure_functions():
    metric = metrics.FBetaScore(threshold=0.5)
    update = jax.jit(metric.stateless_update_state)
    state = update(metric.stateless_reset_state(), EVENTS, CHANCES)
    state = update(state, EVENTS, CHANCES)
    expected = feed(metrics.FBetaScore(threshold=0.5), [(EVENTS, CHANCES, None)]).result()
    np.testing.assert_allclose(metric.stateless_result(state), expected, rtol=1e-6)
    assert not metric.true_positives.numpy().any()


LAZY = {
    "AUC": lambda: metrics.AUC(multi_label=True),
    "F1Score": lambda: metrics.F1Score("macro"),
    "R2Score": lambda: metrics.R2Score(),
}


@pytest.mark.parametrize("name", LAZY)
def test_nothing_seen_yet(name):
    metric = LAZY[name]()
    assert float(metric.result()) == 0.0
    metric.reset_state()
    metric.update_state(EVENTS, CHANCES)
    assert float(metric.result()) > 0.0


@pytest.mark.parametrize("spelling", ["bce", "mae", "AUC", "Precision", "F1Score", "r2_score"])
def test_in_compile_by_name(spelling):
    model = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(3, activation="sigmoid")])
    model.compile("sgd", "mse", metrics=[spelling])
    x = np.random.default_rng(0).random((64, 3)).astype("float32")
    logs = model.evaluate(x, EVENTS, verbose=0, return_dict=True)
    expected = metrics.get(spelling)(EVENTS, model.predict(x, verbose=0))
    np.testing.assert_allclose(logs[spelling], expected, rtol=1e-5)
    assert np.all(np.isfinite(model.fit(x, EVENTS, verbose=0).history[spelling]))


def test_half_precision():
    metric = metrics.Precision(dtype="float16")
    found = metric(EVENTS.astype("float16"), CHANCES.astype("float16"))
    assert found.dtype == "float16"
    np.testing.assert_allclose(found, metrics.Precision()(EVENTS, CHANCES), rtol=1e-3)
    half = metrics.PearsonCorrelation()(300 * TRUE.astype("float16"), 300 * PRED.astype("float16"))
    assert float(half) == pytest.approx(float(metrics.PearsonCorrelation()(TRUE, PRED)), abs=1e-2)


# --- quirks of Keras ------------------------------------------------------------------------------


def test_quirk_ignored_classes_are_zeros_in_the_mean_without_weights():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=0)
    batch = [0, 1, 1], [[0.5, 0.5], [0.4, 0.6], [0.3, 0.7]]
    losses = -(np.log(0.6) + np.log(0.7))
    assert float(metric(*batch)) == pytest.approx(losses / 3, rel=1e-5)
    metric.reset_state()
    assert float(metric(*batch, sample_weight=np.ones(3))) == pytest.approx(losses / 2, rel=1e-5)


def test_quirk_predictions_beyond_0_and_1_at_even_thresholds():
    even = metrics.TruePositives(thresholds=[0.0, 0.5, 1.0])
    assert even([1, 1, 1], [-3.0, 0.0, 2.0]).tolist() == [1.0, 1.0, 0.0]
    uneven = metrics.TruePositives(thresholds=[0.0, 0.6, 1.0])
    assert uneven([1, 1, 1], [-3.0, 0.0, 2.0]).tolist() == [1.0, 1.0, 1.0]
    area = metrics.AUC(num_thresholds=3)
    area.update_state([1, 1, 1], [-3.0, 0.0, 2.0])
    assert area.true_positives.numpy().tolist() == [3.0, 1.0, 0.0]


def test_quirk_adjusted_r2_counts_targets_for_samples():
    metric = metrics.R2Score(num_regressors=2)
    plain = float(metrics.R2Score()(TRUE, PRED))
    assert float(metric(TRUE, PRED)) == pytest.approx(1 - (1 - plain) * 11 / 9, rel=1e-5)


def test_adjusted_r2_of_too_few_samples():
    metric = metrics.R2Score(num_regressors=5)
    metric.update_state([[1.0], [2.0], [4.0]], [[1.0], [2.0], [3.0]])
    with pytest.warns(UserWarning, match="needs more than 6 targets, but there are 3"):
        found = float(metric.result())
    assert found == pytest.approx(1 - 3 / 14, rel=1e-5)


# --- mistakes -------------------------------------------------------------------------------------

ONES = np.ones((2, 3))
MISTAKES = {
    "threshold": (lambda: metrics.Precision(thresholds=[0.5, 2]), r"in \[0, 1\]. Received: \[2\]"),
    "no_threshold": (lambda: metrics.Recall(thresholds=[]), r"Received: \[\]"),
    "class_id": (lambda: metrics.Recall(class_id=3)(ONES, ONES), "class_id=3"),
    "shapes": (lambda: metrics.Precision()(ONES, np.ones((2, 2))), r"\(2, 3\) of `y_true`"),
    "rate": (lambda: metrics.PrecisionAtRecall(1.5), "`recall` must be in the range"),
    "count": (lambda: metrics.RecallAtPrecision(0.5, num_thresholds=0), "integer > 0"),
    "curve": (lambda: metrics.AUC(curve="RoC"), "Did you mean 'ROC'"),
    "method": (lambda: metrics.AUC(summation_method="major"), "Did you mean 'majoring'"),
    "labels": (lambda: metrics.AUC(multi_label=True)(ONES[0], ONES[0]), "rank 2"),
    "more_labels": (lambda: metrics.AUC(multi_label=True, num_labels=2)(ONES, ONES), "2 labels"),
    "label_weights": (lambda: metrics.AUC(label_weights=[1, 2])(ONES, ONES), "2 labels"),
    "negative": (lambda: metrics.AUC(label_weights=[1, -2]), ">= 0"),
    "num_labels": (lambda: metrics.AUC(num_labels=2), "multi_label=True"),
    "average": (lambda: metrics.F1Score("makro"), "Did you mean 'macro'"),
    "beta": (lambda: metrics.FBetaScore(beta=0.0), "> 0"),
    "classes": (lambda: metrics.F1Score()(np.ones(3), np.ones(3)), "expects 2D inputs"),
    "more_classes": (lambda: metrics.F1Score()(ONES, np.ones((2, 2))), "as many classes"),
    "target": (lambda: metrics.IoU(3, [3]), r"out of range, which is \[0, 3\)"),
    "num_classes": (lambda: metrics.MeanIoU(0), "positive integer"),
    "sparse": (lambda: metrics.MeanIoU(3)(np.ones(2), ONES), "class numbers"),
    "aggregation": (lambda: metrics.R2Score("uniform"), "Did you mean 'uniform_average'"),
    "outputs": (lambda: metrics.R2Score()(ONES, np.ones((2, 2))), "the same shape"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_wrong_arguments(case):
    make, text = MISTAKES[case]
    with pytest.raises(ValueError, match=text) as caught:
        make()
    assert len(str(caught.value)) < 2000


def test_float_weights_in_whole_counts_warn():
    with pytest.warns(UserWarning, match="dtype='float32'"):
        metrics.MeanIoU(2).update_state([0, 1], [0, 1], sample_weight=[0.5, 1.0])
