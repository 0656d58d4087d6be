"""Losses against Keras's, against the formulas in float64, and their gradients."""

from pathlib import Path

import jax
import numpy as np
import pytest
from families import loss_cases
from families.gradients import check_gradient

import cornu
from cornu import losses, ops

RECORDED = np.load(Path(__file__).parent / "data" / "values.npz")
CASES = list(loss_cases.losses(cornu))


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_keras(case):
    loss, y_true, y_pred, weight = loss_cases.losses(cornu)[case]
    expected = RECORDED[f"loss/{case}"]
    found = loss(y_true, y_pred, sample_weight=weight)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-6)
    np.testing.assert_allclose(jax.jit(loss)(y_true, y_pred, weight), expected, rtol=2e-6)


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_finite_differences(case):
    cornu.config.set_floatx("float64")
    loss, y_true, y_pred, weight = loss_cases.losses(cornu)[case]
    check_gradient(lambda p: loss(y_true, p, sample_weight=weight).sum(), y_pred)


def mean_log(p, t):
    return -np.mean(np.sum(t * np.log(p), -1))


def bits(p, t):
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


def smooth(t, amount):
    return t * (1 - amount) + amount / t.shape[-1]


TRUE, PRED, WEIGHT = (x.astype("float64") for x in loss_cases.numbers())
HOT, LABELS, PROBABILITIES, LOGITS, _ = loss_cases.classes()
EVENT, CHANCE, EVENT_LOGITS, _ = loss_cases.events()
P, Q = PROBABILITIES.astype("float64"), CHANCE.astype("float64")
ORACLES = {
    "mse": np.mean((TRUE - PRED) ** 2),
    "mse_weighted": np.mean(np.mean((TRUE - PRED) ** 2, -1) * WEIGHT),
    "mse_sum": np.sum(np.mean((TRUE - PRED) ** 2, -1) * WEIGHT),
    "mse_mean_weight": np.sum(np.mean((TRUE - PRED) ** 2, -1) * WEIGHT) / np.sum(WEIGHT),
    "mae": np.mean(np.abs(TRUE - PRED)),
    "categorical": mean_log(P / P.sum(-1, keepdims=True), HOT),
    "categorical_smooth": mean_log(P / P.sum(-1, keepdims=True), smooth(HOT, 0.2)),
    "sparse": mean_log(P / P.sum(-1, keepdims=True), HOT),
    "sparse_ignore": mean_log((P / P.sum(-1, keepdims=True))[LABELS != 1], HOT[LABELS != 1]),
    "binary": bits(Q, EVENT),
}


@pytest.mark.parametrize("case", ORACLES)
def test_formulas(case):
    loss, y_true, y_pred, weight = loss_cases.losses(cornu)[case]
    np.testing.assert_allclose(loss(y_true, y_pred, weight), ORACLES[case], rtol=1e-5)


@pytest.mark.parametrize("case", ["mse", "categorical", "sparse_logits", "binary"])
def test_symbolic_is_eager(case):
    loss, y_true, y_pred, _ = loss_cases.losses(cornu)[case]
    batch = cornu.Input(y_true.shape[1:], dtype=y_true.dtype.name)
    outputs = cornu.Input(y_pred.shape[1:])
    model = cornu.Model([batch, outputs], loss.fn(batch, outputs, **loss._fn_kwargs))
    found = model([y_true, y_pred])
    expected = loss.fn(y_true, y_pred, **loss._fn_kwargs)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


# --- masks, weights, shapes -----------------------------------------------------------------------


def masked(values, mask):
    values = ops.convert_to_tensor(np.asarray(values, "float32"))
    values._keras_mask = ops.convert_to_tensor(np.asarray(mask))
    return values


MASKED = {  # of errors 1, 4, 9, 16 in two samples with two steps
    "sum_over_batch_size": ([[1, 1], [1, 0]], None, 14 / 3),
    "sum": ([[1, 1], [1, 0]], None, 14),
    "mean_with_sample_weight": ([[1, 1], [1, 0]], [[1, 1], [3, 1]], 32 / 5),
    "mean": ([[0, 0], [0, 0]], None, 0),
    "none": ([[1, 0], [1, 0]], [2, 1], [[2, 0], [9, 0]]),
}


@pytest.mark.parametrize("reduction", MASKED)
def test_masks(reduction):
    mask, weight, expected = MASKED[reduction]
    y_pred = masked([[[1], [2]], [[3], [4]]], np.asarray(mask, bool))
    found = losses.MeanSquaredError(reduction=reduction)(np.zeros((2, 2, 1)), y_pred, weight)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_mask_inside_compiled_code():
    loss = losses.SparseCategoricalCrossentropy(ignore_class=7)

    @jax.jit
    def run(labels, outputs):
        return loss(labels, outputs)

    with cornu.StatelessScope():
        found = run(np.array([0, 7]), np.array([[0.5, 0.5], [0.1, 0.9]], "float32"))
    np.testing.assert_allclose(found, np.log(2), rtol=1e-6)


SHAPES = {  # targets, predictions, losses without reduction
    "both_vectors": ((3,), (3,), ()),
    "vector_and_column": ((3,), (3, 1), (3,)),
    "column_and_vector": ((3, 1), (3,), (3,)),
    "last_axis": ((3, 2, 1), (3, 2), (3,)),
    "equal": ((3, 2), (3, 2), (3,)),
}


@pytest.mark.parametrize("case", SHAPES)
def test_ranks_are_brought_together(case):
    true, pred, expected = SHAPES[case]
    loss = losses.MeanSquaredError(reduction="none")
    assert loss(np.ones(true), np.zeros(pred)).shape == expected


def test_quirk_fixed_weights_of_samples_are_not_taken_for_those_of_steps():
    # Keras multiplies (2,) weights along the last axis of (2, 2) losses.
    loss = losses.MeanSquaredError(reduction="none")
    found = loss(np.zeros((2, 2, 1)), np.ones((2, 2, 1)), sample_weight=[1.0, 3.0])
    np.testing.assert_array_equal(found, [[1, 1], [3, 3]])


def test_weights_that_do_not_fit():
    with pytest.raises(ValueError, match=r"`sample_weight` has shape \(3,\).*\(2,\)"):
        losses.MeanSquaredError()(np.zeros((2, 2)), np.ones((2, 2)), np.ones(3))


def test_dtype():
    y = np.ones((2, 2))
    assert losses.MeanSquaredError(dtype="bfloat16")(y, y).dtype == "bfloat16"
    assert (
        losses.MeanSquaredError(dtype=cornu.DTypePolicy("mixed_float16"))(y, y).dtype == "float16"
    )
    labels = np.array([300, 2049])
    outputs = np.eye(3000, dtype="float32")[labels]
    loss = losses.SparseCategoricalCrossentropy(dtype="float16")
    assert float(loss(labels, outputs)) < 0.01  # class numbers are not rounded


def test_labels_out_of_range():
    loss = losses.SparseCategoricalCrossentropy()
    outputs = np.full((3, 4), 0.25)
    for labels, text in ([0, 4, 1], "holds 4 at index \\(1,\\)"), ([0, 1, -1], "holds -1"):
        with pytest.raises(ValueError, match=text) as caught:
            loss(labels, outputs)
        assert "4 classes" in str(caught.value)
    ignoring = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    np.testing.assert_allclose(ignoring([0, 1, -1], outputs), np.log(4), rtol=1e-6)


def test_one_class_warns():
    with pytest.warns(SyntaxWarning, match="num_classes > 1"):
        losses.categorical_crossentropy(np.ones((2, 1)), np.ones((2, 1)))


def test_own_loss():
    class Far(losses.Loss):
        def __init__(self, power=3, **kwargs):
            super().__init__(**kwargs)
            self.power = power

        def call(self, y_true, y_pred):
            return ops.absolute(y_true["a"] - y_pred["a"]) ** self.power

    loss = Far(power=2, name="far")
    assert float(loss({"a": [1.0, 2.0]}, {"a": [3.0, 2.0]})) == 2.0
    assert Far.from_config(loss.get_config()).power == 2
    assert losses.get(loss) is loss and Far().name == "far"


def test_unknown_reduction():
    with pytest.raises(ValueError, match="Did you mean 'mean'"):
        losses.MeanSquaredError(reduction="means")
