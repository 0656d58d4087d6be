"""Losses against Keras's, against the formulas in float64, and their gradients."""

import functools
import json
from pathlib import Path

import jax
import numpy as np
import pytest
from families import loss_cases
from families.gradients import check_gradient

import cornu
from cornu import losses, ops

DATA = Path(__file__).parent / "data"
RECORDED = np.load(DATA / "losses.npz")
DESCRIBED = json.loads((DATA / "losses.json").read_text())
CASES = list(loss_cases.losses(cornu))


@pytest.mark.parametrize("case", CASES)
def test_values_are_those_of_keras(case):
    loss, y_true, y_pred, weight = loss_cases.losses(cornu)[case]
    expected = RECORDED[case]
    found = loss(y_true, y_pred, sample_weight=weight)
    assert found.dtype == expected.dtype and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=3e-6, atol=1e-7)
    compiled = jax.jit(loss)(y_true, y_pred, weight)
    np.testing.assert_allclose(compiled, expected, rtol=3e-6, atol=1e-7)


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


def circle(labels, embeddings, gamma=80.0, margin=0.4):
    """Circle losses of Sun et al., equation 6, as loops."""
    likeness = embeddings @ embeddings.T
    found = []
    for i, label in enumerate(labels):
        near = [s for j, s in enumerate(likeness[i]) if labels[j] == label and j != i]
        far = [s for j, s in enumerate(likeness[i]) if labels[j] != label]
        pull = sum(np.exp(gamma * max(1 + margin - s, 0) * (1 - margin - s)) for s in near)
        push = sum(np.exp(gamma * max(s + margin, 0) * (s - margin)) for s in far)
        found.append(np.log1p(pull * push))
    return np.array(found)


def overlap(t, p, alpha, beta):
    """1 minus Tversky's index; `alpha` is for what is missed."""
    both, missed, wrong = ((x * y).sum((1, 2, 3)) for x, y in ((t, p), (t, 1 - p), (1 - t, p)))
    return 1 - both / (both + alpha * missed + beta * wrong)


TRUE, PRED, WEIGHT = (x.astype("float64") for x in loss_cases.numbers())
HOT, LABELS, PROBABILITIES, LOGITS, CLASS_WEIGHT = loss_cases.classes()
EVENT, CHANCE, EVENT_LOGITS, _ = loss_cases.events()
P, Q = PROBABILITIES.astype("float64"), CHANCE.astype("float64")
RIGHT = (P * HOT).sum(-1)
HIT = np.where(EVENT == 1, Q, 1 - Q)
COUNT, RATE = loss_cases.rates().astype("float64")
FAR = np.abs(TRUE - PRED)
PIXELS = [x.astype("float64") for x in loss_cases.pictures()]
FACES = loss_cases.faces()
norm = functools.partial(np.linalg.norm, axis=-1)
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
    "mape": np.mean(np.mean(100 * np.abs((TRUE - PRED) / TRUE), -1) * WEIGHT),
    "msle": np.mean(np.mean((np.log1p(COUNT) - np.log1p(RATE)) ** 2, -1) * WEIGHT),
    "huber": np.mean(np.where(FAR <= 1, FAR**2 / 2, FAR - 0.5)),
    "log_cosh": np.mean(np.mean(np.log(np.cosh(5 * PRED - TRUE)), -1) * WEIGHT),
    "cosine": -np.mean((TRUE * PRED).sum(-1) / norm(TRUE) / norm(PRED) * WEIGHT),
    "poisson": np.mean(np.mean(RATE - COUNT * np.log(RATE), -1) * WEIGHT),
    "hinge": np.mean(np.mean(np.maximum(1 - np.sign(TRUE) * PRED, 0), -1) * WEIGHT),
    "hinge_bits": np.sum(np.mean(np.maximum(1 - np.sign(TRUE) * PRED, 0), -1)),
    "squared_hinge": np.mean(np.mean(np.maximum(1 - np.sign(TRUE) * PRED, 0) ** 2, -1) * WEIGHT),
    "kl": np.mean(np.sum(np.roll(P, 1, 0) * np.log(np.roll(P, 1, 0) / P), -1) * CLASS_WEIGHT),
    "categorical_focal": np.mean(-0.25 * (1 - RIGHT) ** 2 * np.log(RIGHT)),
    "generalized": np.mean((1 - RIGHT**0.5) / 0.5 * CLASS_WEIGHT),
    "binary_focal": np.mean(np.mean(-((1 - HIT) ** 2) * np.log(HIT), -1) * WEIGHT),
    "tversky_axis": np.mean(overlap(*PIXELS, 0.3, 0.8) * [1.0, 0.5, 2.0]),
    "circle": circle(FACES[0], FACES[1].astype("float64")),
}


@pytest.mark.parametrize("case", ORACLES)
def test_formulas(case):
    loss, y_true, y_pred, weight = loss_cases.losses(cornu)[case]
    np.testing.assert_allclose(loss(y_true, y_pred, weight), ORACLES[case], rtol=1e-5)


SYMBOLIC = (
    *("mse", "categorical", "sparse_logits", "binary", "huber", "log_cosh", "cosine", "hinge"),
    *(
        "kl",
        "poisson",
        "binary_focal",
        "categorical_focal",
        "generalized",
        "categorical_hinge",
        "ctc",
    ),
    *("dice_axis", "tversky_axis"),
)


@pytest.mark.parametrize("case", SYMBOLIC)
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


# --- shapes that only fit by broadcasting ---------------------------------------------------------

BROADCAST = {"column": ((3, 1), (3, 2)), "one_row": ((1, 2), (3, 2)), "vector": ((2,), (3, 2))}


@pytest.mark.parametrize("case", BROADCAST)
def test_broadcasting_warns_and_is_an_error_when_strict(case):
    y_true, y_pred = (np.ones(shape, "float32") for shape in BROADCAST[case])
    message = "only fit by broadcasting.*have the shape of the predictions"
    with pytest.warns(UserWarning, match=message):
        loss = losses.MeanSquaredError()(y_true, 2 * y_pred)
    assert float(loss) == 1
    with pytest.warns(UserWarning, match=message):
        cornu.metrics.MeanSquaredError()(y_true, y_pred)
    cornu.config.set_strict(True)
    assert cornu.config.strict() is True
    for name in ("mae", "huber", "log_cosh", "hinge", "poisson", "kld", "dice"):
        with pytest.raises(ValueError, match=message):
            losses.get(name)(y_true, y_pred)


@pytest.mark.parametrize("case", SHAPES)
def test_strict_lets_equal_shapes_pass(case):
    cornu.config.set_strict(True)
    true, pred, _ = SHAPES[case]
    assert float(losses.MeanSquaredError()(np.ones(true), np.zeros(pred))) == 1


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"`y_true` of shape \(3,\).*shape \(2,\) do not fit"):
        losses.mean_squared_error(np.ones(3), np.ones(2))


def test_strict_takes_a_boolean():
    with pytest.raises(TypeError, match="True or False. Received: 'yes'"):
        cornu.config.set_strict("yes")
    assert cornu.config.strict() is False


# --- numbers at the edge --------------------------------------------------------------------------

ZERO, LARGE = np.zeros((2, 2)), np.full((2, 2), 1e30)
BITS = np.eye(2)
EDGES = {  # function, targets, predictions at which gradients could be infinite or NaN
    "huber": (losses.huber, ZERO, LARGE),
    "log_cosh": (losses.log_cosh, ZERO, LARGE),
    "log_cosh_zero": (losses.log_cosh, ZERO, ZERO),
    "cosine_zero": (losses.cosine_similarity, BITS, ZERO),
    "mape_zero": (losses.mean_absolute_percentage_error, ZERO, ZERO),
    "msle_negative": (losses.mean_squared_logarithmic_error, ZERO, -LARGE),
    "kl_zero": (losses.kl_divergence, BITS, ZERO),
    "poisson_zero": (losses.poisson, BITS, ZERO),
    "dice_empty": (losses.dice, ZERO, ZERO),
    "tversky_empty": (losses.tversky, ZERO, ZERO),
    "categorical_hinge": (losses.categorical_hinge, BITS, ZERO),
    "generalized_zero": (
        functools.partial(losses.categorical_generalized_cross_entropy, q=0.5),
        np.array([0, 1]),
        1 - BITS,
    ),
    "circle_alone": (losses.circle, np.array([0, 1]), BITS),
    "circle_all_alike": (losses.circle, np.array([0, 0]), BITS),
    **{
        f"{kind}_{name}_{gamma}": (
            functools.partial(function, gamma=gamma, from_logits=name == "logits"),
            BITS,
            y_pred,
        )
        for kind, function in {
            "binary_focal": losses.binary_focal_crossentropy,
            "categorical_focal": losses.categorical_focal_crossentropy,
        }.items()
        for name, y_pred in {"right": BITS, "wrong": 1 - BITS, "logits": 800 * BITS - 400}.items()
        for gamma in (0.0, 0.5, 2.0)
    },
}


@pytest.mark.parametrize("case", EDGES)
def test_gradients_are_finite_at_the_edge(case):
    function, y_true, y_pred = EDGES[case]
    y_true = y_true.astype("float32" if y_true.ndim == 2 else "int32")

    def total(predicted):
        return ops.sum(function(y_true, predicted))

    value, gradient = jax.value_and_grad(total)(ops.convert_to_tensor(y_pred, "float32"))
    assert np.isfinite(value) and np.isfinite(gradient).all()


def test_log_cosh_of_small_errors():
    error = np.array([[1e-6], [1e-4], [1e-2]], "float32")
    expected = np.log(np.cosh(error[:, 0].astype("float64")))
    expected[0] = 5e-13
    np.testing.assert_allclose(losses.log_cosh(0 * error, error), expected, rtol=1e-6)


def test_focal_losses_of_logits_are_exact_far_out():
    found = losses.binary_focal_crossentropy([[1.0]], [[-50.0]], from_logits=True)
    np.testing.assert_allclose(found, 50, rtol=1e-6)
    found = losses.categorical_focal_crossentropy(
        [[0.0, 1.0]], [[30.0, -20.0]], alpha=1.0, from_logits=True
    )
    np.testing.assert_allclose(found, 50, rtol=1e-6)


HALVES = {  # in float16, (predictions of) targets 0, whose sums of parts are beyond its range
    "mean_squared_error": ([[300.0, 0.0, 0.0, 0.0]], 22500),
    "log_cosh": ([[6e4, 6e4, 0.0, 0.0]], 3e4),
    "dice": (np.ones((1, 70000)), 1),
    "mean_absolute_error": ([[6e4, 6e4]], 6e4),
}


@pytest.mark.parametrize("case", HALVES)
def test_half_precision_is_computed_in_float32(case):
    y_pred, expected = HALVES[case]
    y_pred = ops.convert_to_tensor(y_pred, "float16")
    found = getattr(losses, case)(ops.zeros_like(y_pred), y_pred)
    assert found.dtype == "float16"
    np.testing.assert_allclose(np.asarray(found, "float32").ravel(), expected, rtol=1e-3)


@pytest.mark.parametrize("name", loss_cases.configured(cornu))
def test_every_loss_computes_in_its_dtype(name):
    kinds = {"CTC": ([[1, 2]], np.zeros((1, 4, 3))), "Circle": ([0, 1], BITS)}
    kinds["CategoricalGeneralizedCrossEntropy"] = ([0, 1], BITS)
    y_true, y_pred = kinds.get(name, (BITS, BITS))
    assert getattr(losses, name)(dtype="bfloat16")(y_true, y_pred).dtype == "bfloat16"


# --- names, configs, mistakes ---------------------------------------------------------------------


@pytest.mark.parametrize("name", loss_cases.NAMES)
def test_get_by_name(name):
    found = losses.get(name)
    assert getattr(found, "__name__", type(found).__name__) == DESCRIBED["names"][name]


@pytest.mark.parametrize("case", DESCRIBED["configs"])
def test_config_is_that_of_keras_and_makes_the_same_loss(case):
    loss, expected = loss_cases.configured(cornu)[case], DESCRIBED["configs"][case]
    assert json.loads(json.dumps(losses.serialize(loss))) == expected
    again = losses.deserialize(expected)
    assert type(again) is type(loss)
    assert json.loads(json.dumps(losses.serialize(again))) == expected


def test_config_holds_what_keras_forgets():
    for loss, name, value in (
        (losses.Huber(2.0), "delta", 2.0),
        (losses.CosineSimilarity(axis=1), "axis", 1),
        (losses.SparseCategoricalCrossentropy(axis=1), "axis", 1),
    ):
        assert getattr(losses.get(losses.serialize(loss)), name) == value


MISTAKES = {
    "q": (lambda: losses.CategoricalGeneralizedCrossEntropy(1.5), "`q` must be between 0 and 1"),
    "alpha": (
        lambda: losses.categorical_focal_crossentropy(HOT, LOGITS, alpha=[0.1, 0.9]),
        "each of the 4 classes. Received: 2 numbers",
    ),
    "labels": (
        lambda: losses.CategoricalGeneralizedCrossEntropy()([0, 4], P[:2]),
        "holds 4 at index",
    ),
    "ctc_shape": (lambda: losses.ctc([1, 2], np.zeros((2, 4, 3))), r"y_true.shape=\(2,\)"),
    "ctc_labels": (
        lambda: losses.CTC()([[1, 3]], np.zeros((1, 4, 3))),
        "classes from 0 to 2. Received: from 1 to 3",
    ),
    "sets": (
        lambda: losses.Dice()(BITS, BITS, sample_weight=[1.0, 2.0]),
        "`sample_weight` has shape",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes(case):
    action, message = MISTAKES[case]
    with pytest.raises(ValueError, match=message) as caught:
        action()
    assert len(str(caught.value)) < 2000


def test_quirk_alpha_of_tversky_is_the_weight_of_what_is_missed():
    # Keras's documentation says that it is the one of false positives.
    missing = losses.tversky([[1.0, 1.0]], [[1.0, 0.0]], alpha=1.0, beta=0.0)
    np.testing.assert_allclose(missing, 0.5, rtol=1e-6)


def test_embeddings_alone_do_not_count_in_the_mean():
    labels, embeddings, _ = FACES
    each = losses.circle(labels, embeddings)
    np.testing.assert_array_equal(each._keras_mask, [1, 1, 0, 1, 1, 1, 0])
    np.testing.assert_allclose(losses.Circle()(labels, embeddings), each.sum() / 5, rtol=1e-6)


def test_circle_with_other_references():
    labels, embeddings, _ = FACES
    everything = losses.circle(labels, embeddings, gamma=5.0)
    some = losses.circle(labels[:3], embeddings[:3], labels, embeddings, gamma=5.0)
    np.testing.assert_allclose(some, everything[:3], rtol=1e-6)
