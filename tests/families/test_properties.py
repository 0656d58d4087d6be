"""What holds of losses, metrics, initialisers, regularisers and constraints for all shapes, weights
and masks: examples drawn by hypothesis, the same ones in each run."""

import os

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes

import cornu
from cornu import constraints, initializers, losses, metrics, ops, regularizers

# CI has only so much time; CORNU_EVERY_ROW draws more.
COUNT = 100 if os.environ.get("CORNU_EVERY_ROW") else 50
drawn = settings(max_examples=COUNT, deadline=None, derandomize=True, database=None)

# Losses with one value for each sample and step, of targets and predictions in (0, 1).
LOSSES = {
    "MeanSquaredError": lambda t, p: np.mean((t - p) ** 2, -1),
    "MeanAbsoluteError": lambda t, p: np.mean(np.abs(t - p), -1),
    "MeanAbsolutePercentageError": lambda t, p: 100 * np.mean(np.abs((t - p) / t), -1),
    "MeanSquaredLogarithmicError": lambda t, p: np.mean((np.log(p + 1) - np.log(t + 1)) ** 2, -1),
    "BinaryCrossentropy": lambda t, p: -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p), -1),
    "KLDivergence": lambda t, p: np.sum(t * np.log(t / p), -1),
    "Poisson": lambda t, p: np.mean(p - t * np.log(p + 1e-7), -1),
    "LogCosh": lambda t, p: np.mean(np.log(np.cosh(p - t)), -1),
    "Hinge": lambda t, p: np.mean(np.maximum(1 - t * p, 0), -1),
}
MEANS = ("Mean", "RootMeanSquaredError", "Sum", "BinaryAccuracy", "MeanSquaredError")
REDUCTIONS = ("sum", "sum_over_batch_size", "mean_with_sample_weight", "none", None)


def fractions(shape, seed):
    """Numbers between 0.1 and 0.9."""
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape).astype("float32")


def reduced(per_sample, weight, reduction):
    """The reduction in float64, weights being shaped as the values."""
    total = np.sum(per_sample * weight)
    if reduction in ("none", None):
        return per_sample * weight
    if reduction == "sum":
        return total
    return total / (per_sample.size if reduction == "sum_over_batch_size" else np.sum(weight))


# Few shapes, since each is a compilation.
SHAPES = st.sampled_from([(1, 1), (1, 3), (3, 1), (4, 3), (2, 3, 1), (3, 1, 2), (2, 3, 4)])


@st.composite
def weighted(draw):
    """A shape of predictions, and weights for leading axes of them, not all of them 0."""
    shape = draw(SHAPES)
    axes = draw(st.integers(1, len(shape) - 1))
    weights = draw(
        shapes.arrays("float32", shape[:axes], elements=st.sampled_from([0.0, 0.5, 1.0, 3.0]))
    )
    weights[(0,) * axes] = 1.0
    return shape, weights


def spread(weights, shape):
    """Weights for each value of a shape."""
    return np.broadcast_to(
        weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim)), shape
    ).astype("float64")


@drawn
@given(st.sampled_from(sorted(LOSSES)), weighted(), st.sampled_from(REDUCTIONS))
def test_weighted_losses_are_the_formula(name, case, reduction):
    shape, weights = case
    t, p = fractions(shape, 1), fractions(shape, 2)
    got = getattr(losses, name)(reduction=reduction)(t, p, sample_weight=weights)
    per_sample = LOSSES[name](t.astype("float64"), p.astype("float64"))
    want = reduced(per_sample, spread(weights, per_sample.shape), reduction)
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-6)


@drawn
@given(st.sampled_from(sorted(LOSSES)), weighted())
def test_masked_steps_count_for_nothing(name, case):
    shape, weights = case
    mask = weights != 0
    t, p = (ops.convert_to_tensor(fractions(shape, seed)) for seed in (1, 2))
    p._keras_mask = ops.convert_to_tensor(mask)
    got = getattr(losses, name)()(t, p)
    per_sample = LOSSES[name](np.asarray(t, "float64"), np.asarray(p, "float64"))
    kept = np.broadcast_to(
        mask.reshape(mask.shape + (1,) * (per_sample.ndim - mask.ndim)), per_sample.shape
    )
    np.testing.assert_allclose(got, per_sample[kept].mean(), rtol=2e-5, atol=1e-6)


def metric_of(name):
    """A metric, and a call of it on targets, predictions and weights."""
    if name in ("Mean", "Sum"):
        metric = getattr(metrics, name)()
        return metric, lambda t, p, w: metric.update_state(p, sample_weight=w)
    metric = getattr(metrics, name)()
    return metric, lambda t, p, w: metric.update_state(t, p, sample_weight=w)


@drawn
@given(st.sampled_from(MEANS), weighted(), st.data())
def test_a_metric_of_two_batches_is_that_of_both_at_once(name, case, data):
    shape, weights = case
    cut = data.draw(st.sampled_from([0, 1, shape[0]]))
    t, p = np.round(fractions(shape, 1)), fractions(shape, 2)
    once, update = metric_of(name)
    update(t, p, weights)
    twice, update = metric_of(name)
    for part in (slice(0, cut), slice(cut, None)):
        if t[part].size:
            update(t[part], p[part], weights[part])
    np.testing.assert_allclose(twice.result(), once.result(), rtol=2e-5, atol=1e-6)


@drawn
@given(st.sampled_from(["AUC", "Precision", "Recall", "F1Score", "BinaryAccuracy"]), st.data())
def test_weight_0_is_as_good_as_leaving_a_sample_out(name, data):
    count, columns = 6, data.draw(st.sampled_from([1, 3]))
    t, p = np.round(fractions((count, columns), 1)), fractions((count, columns), 2)
    left = data.draw(st.sampled_from([1, 4, 6]))
    kept = np.array(data.draw(st.permutations([True] * left + [False] * (count - left))))
    all_of_them, some = getattr(metrics, name)(), getattr(metrics, name)()
    all_of_them.update_state(t, p, sample_weight=kept.astype("float32"))
    some.update_state(t[kept], p[kept])
    np.testing.assert_allclose(all_of_them.result(), some.result(), rtol=2e-5, atol=1e-6)


SAMPLED = {
    "GlorotUniform": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "GlorotNormal": lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    "HeUniform": lambda fan_in, fan_out: 2 / fan_in,
    "HeNormal": lambda fan_in, fan_out: 2 / fan_in,
    "LecunUniform": lambda fan_in, fan_out: 1 / fan_in,
    "LecunNormal": lambda fan_in, fan_out: 1 / fan_in,
}


@drawn
@given(
    st.sampled_from(sorted(SAMPLED)),
    st.sampled_from([(), (3,), (2, 2)]),
    st.sampled_from([20, 31]),
    st.sampled_from([24, 60]),
    st.integers(0, 2**31 - 1),
)
def test_initialisers_have_the_variance_that_fans_ask_for(name, window, fan_in, fan_out, seed):
    shape = (*window, fan_in, fan_out)
    values = np.asarray(getattr(initializers, name)(seed=seed)(shape), "float64")
    assert values.shape == shape
    field = int(np.prod(window))
    wanted = SAMPLED[name](fan_in * field, fan_out * field)
    spread_of_estimate = np.sqrt(3 / values.size)  # generous: a normal's is sqrt(2 / n)
    assert abs(values.var() / wanted - 1) < 5 * spread_of_estimate
    assert abs(values.mean()) < 5 * np.sqrt(wanted / values.size)


@drawn
@given(
    SHAPES,
    st.integers(0, 2**31 - 1),
)
def test_orthogonal_matrices_are_orthogonal(shape, seed):
    values = np.asarray(initializers.Orthogonal(seed=seed)(shape), "float64")
    matrix = values.reshape(-1, shape[-1])
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-5)


@drawn
@given(
    SHAPES,
    st.floats(0, 2, width=32),
    st.floats(0, 2, width=32),
)
def test_penalties_are_the_formula(shape, l1, l2):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    got = regularizers.L1L2(l1=l1, l2=l2)(x)
    want = l1 * np.abs(x).sum(dtype="float64") + l2 * np.square(x).sum(dtype="float64")
    np.testing.assert_allclose(got, want, rtol=2e-5, atol=1e-30)


@drawn
@given(
    SHAPES,
    st.floats(0.5, 2, width=16),
    st.data(),
)
def test_constraints_hold_afterwards_and_then_change_nothing(shape, limit, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = np.random.default_rng(0).normal(size=shape).astype("float32") * 2
    norms = {
        constraints.MaxNorm(limit, axis=axis): (0, limit),
        constraints.UnitNorm(axis=axis): (1, 1),
        constraints.MinMaxNorm(limit / 2, limit, axis=axis): (limit / 2, limit),
    }
    for constraint, (least, most) in norms.items():
        found = constraint(x)
        norm = np.sqrt(np.square(np.asarray(found, "float64")).sum(axis))
        assert np.all(norm >= least - 1e-4)
        assert np.all(norm <= most + 1e-4)
        np.testing.assert_allclose(constraint(found), found, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(constraints.NonNeg()(x), np.maximum(x, 0))


@drawn
@given(
    st.sampled_from([1, 5]), st.sampled_from([2, 4]), st.floats(0, 0.375, width=16), st.booleans()
)
def test_class_numbers_and_one_hot_rows_have_the_same_loss(count, classes, smoothing, logits):
    draw = np.random.default_rng(count * 10 + classes)
    labels = draw.integers(0, classes, count)
    outputs = draw.normal(size=(count, classes)).astype("float32")
    if not logits:
        outputs = np.asarray(ops.softmax(outputs))
    one_hot = np.eye(classes, dtype="float32")[labels]
    sparse = losses.SparseCategoricalCrossentropy(from_logits=logits)(labels, outputs)
    full = losses.CategoricalCrossentropy(from_logits=logits)(one_hot, outputs)
    np.testing.assert_allclose(sparse, full, rtol=2e-5)
    smoothed = losses.CategoricalCrossentropy(from_logits=logits, label_smoothing=smoothing)
    by_hand = one_hot * (1 - smoothing) + smoothing / classes
    np.testing.assert_allclose(
        smoothed(one_hot, outputs),
        losses.CategoricalCrossentropy(from_logits=logits)(by_hand, outputs),
        rtol=2e-4,
        atol=1e-6,
    )


@drawn
@given(weighted(), st.floats(0.25, 4, width=16))
def test_losses_are_linear_in_the_weights(case, factor):
    shape, weights = case
    t, p = fractions(shape, 1), fractions(shape, 2)
    loss = cornu.losses.MeanSquaredError()
    one, other = loss(t, p, weights), loss(t, p, weights * np.float32(factor))
    np.testing.assert_allclose(other, float(one) * factor, rtol=2e-5)
