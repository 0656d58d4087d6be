"""Losses and metrics under test with their inputs; for cornu and for Keras alike."""

import numpy as np


def numbers():
    """Targets, predictions and weights: (4, 3), (4, 3), (4,)."""
    draw = np.random.default_rng(1)
    y_true = draw.normal(size=(4, 3)).astype("float32")
    y_pred = draw.normal(size=(4, 3)).astype("float32")
    return y_true, y_pred, np.array([1.0, 0.5, 2.0, 0.0], "float32")


def classes():
    """One-hot targets, class numbers, probabilities, logits, weights: of 5 samples and 4
    classes."""
    draw = np.random.default_rng(2)
    labels = np.array([0, 3, 1, 1, 2])
    logits = draw.normal(size=(5, 4)).astype("float32")
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    weights = np.array([1.0, 2.0, 0.0, 0.5, 1.0], "float32")
    return np.eye(4, dtype="float32")[labels], labels, probabilities, logits, weights


def events():
    """Targets, probabilities and logits of 4 samples with 3 events each, and weights."""
    draw = np.random.default_rng(3)
    y_true = (draw.random((4, 3)) > 0.5).astype("float32")
    logits = draw.normal(size=(4, 3)).astype("float32")
    return y_true, 1 / (1 + np.exp(-logits)), logits, np.array([1.0, 0.5, 2.0, 0.0], "float32")


def losses(keras):
    """Name -> (loss, y_true, y_pred, sample_weight)."""
    L = keras.losses
    true, pred, weight = numbers()
    hot, labels, probabilities, logits, class_weight = classes()
    event, chance, event_logits, event_weight = events()
    sequence = np.stack([logits, logits[::-1]], 1)
    steps = np.stack([labels, labels[::-1]], 1)
    return {
        "mse": (L.MeanSquaredError(), true, pred, None),
        "mse_weighted": (L.MeanSquaredError(), true, pred, weight),
        "mse_sum": (L.MeanSquaredError(reduction="sum"), true, pred, weight),
        "mse_none": (L.MeanSquaredError(reduction=None), true, pred, weight),
        "mse_mean_weight": (
            L.MeanSquaredError(reduction="mean_with_sample_weight"),
            true,
            pred,
            weight,
        ),
        "mse_column": (L.MeanSquaredError(), true[:, 0], pred[:, :1], weight),
        "mae": (L.MeanAbsoluteError(), true, pred, None),
        "mae_weighted": (L.MeanAbsoluteError(reduction="mean"), true, pred, weight),
        "categorical": (L.CategoricalCrossentropy(), hot, probabilities, None),
        "categorical_logits": (
            L.CategoricalCrossentropy(from_logits=True),
            hot,
            logits,
            class_weight,
        ),
        "categorical_smooth": (
            L.CategoricalCrossentropy(label_smoothing=0.2),
            hot,
            probabilities,
            None,
        ),
        "sparse": (L.SparseCategoricalCrossentropy(), labels, probabilities, None),
        "sparse_column": (L.SparseCategoricalCrossentropy(), labels[:, None], probabilities, None),
        "sparse_logits": (
            L.SparseCategoricalCrossentropy(from_logits=True),
            labels,
            logits,
            class_weight,
        ),
        "sparse_ignore": (
            L.SparseCategoricalCrossentropy(ignore_class=1),
            labels,
            probabilities,
            None,
        ),
        "sparse_steps": (
            L.SparseCategoricalCrossentropy(from_logits=True, ignore_class=3),
            steps,
            sequence,
            None,
        ),
        "binary": (L.BinaryCrossentropy(), event, chance, None),
        "binary_logits": (
            L.BinaryCrossentropy(from_logits=True),
            event,
            event_logits,
            event_weight,
        ),
        "binary_smooth": (L.BinaryCrossentropy(label_smoothing=0.3), event, chance, event_weight),
        "binary_axis": (L.BinaryCrossentropy(axis=0, reduction="none"), event, chance, None),
    }


def metrics(keras):
    """Name -> (metric, list of the arguments of each update)."""
    M = keras.metrics
    true, pred, weight = numbers()
    hot, labels, probabilities, _, class_weight = classes()
    event, chance, _, event_weight = events()
    halves = [slice(0, 2), slice(2, None)]

    def batches(*columns):
        return [tuple(None if c is None else c[half] for c in columns) for half in halves]

    ids = np.argsort(-probabilities, axis=-1)
    return {
        "mean": (M.Mean(), batches(true[:, 0], weight)),
        "mean_plain": (M.Mean(), batches(true, None)),
        "sum": (M.Sum(), batches(true, weight)),
        "accuracy": (M.Accuracy(), batches(labels, labels[::-1], class_weight)),
        "binary_accuracy": (M.BinaryAccuracy(threshold=0.4), batches(event, chance, event_weight)),
        "categorical_accuracy": (
            M.CategoricalAccuracy(),
            batches(hot, probabilities, class_weight),
        ),
        "sparse_categorical_accuracy": (
            M.SparseCategoricalAccuracy(),
            batches(labels, probabilities, None),
        ),
        "sparse_column": (
            M.SparseCategoricalAccuracy(),
            batches(labels[:, None], probabilities, None),
        ),
        "top_2": (M.TopKCategoricalAccuracy(k=2), batches(hot, probabilities, class_weight)),
        "sparse_top_2": (
            M.SparseTopKCategoricalAccuracy(k=2),
            batches(labels, probabilities, None),
        ),
        "sparse_top_2_ids": (
            M.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True),
            batches(labels, ids, None),
        ),
        "mse": (M.MeanSquaredError(), batches(true, pred, weight)),
        "mae": (M.MeanAbsoluteError(), batches(true, pred, None)),
        "wrapper": (
            M.MeanMetricWrapper(keras.losses.mean_absolute_error, name="wrapped"),
            batches(true, pred, weight),
        ),
    }
