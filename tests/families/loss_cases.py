"""Losses under test with their inputs; for cornu and for Keras alike."""

import numpy as np

# What `keras.losses.get` knows.
NAMES = (
    *("mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "kld", "KLD", "bce", "BCE"),
    *("kl_divergence", "KLDivergence", "huber", "Huber"),
    *("log_cosh", "LogCosh", "hinge", "Hinge", "squared_hinge", "SquaredHinge", "poisson"),
    *("Poisson", "categorical_hinge", "CategoricalHinge", "cosine_similarity", "CosineSimilarity"),
    *("binary_focal_crossentropy", "BinaryFocalCrossentropy", "categorical_focal_crossentropy"),
    *(
        "CategoricalFocalCrossentropy",
        "circle",
        "Circle",
        "ctc",
        "CTC",
        "dice",
        "Dice",
    ),
    *("tversky", "Tversky", "mean_absolute_percentage_error", "MeanAbsolutePercentageError"),
    *("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"),
)


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


def rates():
    """Positive targets and predictions: (4, 3) and (4, 3)."""
    return np.random.default_rng(4).gamma(2.0, size=(2, 4, 3)).astype("float32")


def pictures():
    """Sets of pixels and predicted probabilities: (3, 4, 2, 1), (3, 4, 2, 1); the last set is
    empty."""
    draw = np.random.default_rng(5)
    y_true = (draw.random((3, 4, 2, 1)) > 0.5).astype("float32")
    y_true[2] = 0
    return y_true, draw.random((3, 4, 2, 1)).astype("float32")


def spoken():
    """Labels of sequences, 0 behind the last, and logits of 4 classes: (3, 3), (3, 5, 4)."""
    labels = np.array([[1, 2, 3], [3, 3, 0], [2, 0, 0]])
    return labels, np.random.default_rng(6).normal(size=(3, 5, 4)).astype("float32")


def faces():
    """Labels, embeddings of length 1, weights: (7,), (7, 4), (7,); the last has no other of its
    label."""
    draw = np.random.default_rng(7)
    embeddings = draw.normal(size=(7, 4))
    embeddings /= np.linalg.norm(embeddings, axis=-1, keepdims=True)
    weights = np.array([1.0, 0.5, 2.0, 0.0, 1.0, 1.0, 3.0], "float32")
    return np.array([0, 1, 2, 0, 1, 0, 3]), embeddings.astype("float32"), weights


def losses(keras):
    """Name -> (loss, y_true, y_pred, sample_weight)."""
    L = keras.losses
    return {**of_numbers(L), **of_classes(L), **of_events(L), **of_others(L)}


def of_numbers(L):
    """Losses of numbers."""
    true, pred, weight = numbers()
    positive, rate = rates()
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
        "mape": (L.MeanAbsolutePercentageError(), true, pred, weight),
        "msle": (L.MeanSquaredLogarithmicError(), positive, rate, weight),
        "msle_negative": (L.MeanSquaredLogarithmicError(reduction="sum"), true, rate, None),
        "huber": (L.Huber(), true, pred, None),
        "huber_delta": (L.Huber(0.4, reduction="none"), true, pred, weight),
        "log_cosh": (L.LogCosh(), true, 5 * pred, weight),
        "cosine": (L.CosineSimilarity(), true, pred, weight),
        "cosine_axis": (L.CosineSimilarity(axis=0, reduction="none"), true, pred, None),
        "poisson": (L.Poisson(), positive, rate, weight),
        "hinge": (L.Hinge(), np.sign(true), pred, weight),
        "hinge_bits": (L.Hinge(reduction="sum"), (true > 0).astype("float32"), pred, None),
        "squared_hinge": (L.SquaredHinge(), np.sign(true), pred, weight),
        "squared_hinge_bits": (L.SquaredHinge(), (true > 0).astype("float32"), pred, weight),
    }


def of_classes(L):
    """Losses of classes."""
    hot, labels, probabilities, logits, weight = classes()
    sequence = np.stack([logits, logits[::-1]], 1)
    steps = np.stack([labels, labels[::-1]], 1)
    sparse, focal = L.SparseCategoricalCrossentropy, L.CategoricalFocalCrossentropy
    generalized = L.CategoricalGeneralizedCrossEntropy
    return {
        "categorical": (L.CategoricalCrossentropy(), hot, probabilities, None),
        "categorical_logits": (L.CategoricalCrossentropy(from_logits=True), hot, logits, weight),
        "categorical_smooth": (
            L.CategoricalCrossentropy(label_smoothing=0.2),
            hot,
            probabilities,
            None,
        ),
        "sparse": (sparse(), labels, probabilities, None),
        "sparse_column": (sparse(), labels[:, None], probabilities, None),
        "sparse_logits": (sparse(from_logits=True), labels, logits, weight),
        "sparse_ignore": (sparse(ignore_class=1), labels, probabilities, None),
        "sparse_steps": (sparse(from_logits=True, ignore_class=3), steps, sequence, None),
        "categorical_focal": (focal(), hot, probabilities, None),
        "categorical_focal_logits": (focal(0.5, 1.5, from_logits=True), hot, logits, weight),
        "categorical_focal_smooth": (focal(label_smoothing=0.1), hot, 3 * probabilities, weight),
        "categorical_focal_alpha": (focal([0.1, 0.2, 0.3, 0.4]), hot, probabilities, None),
        "generalized": (generalized(), labels, probabilities, weight),
        "generalized_steps": (
            generalized(q=0.9, reduction="none"),
            steps,
            sequence**2 / np.sum(sequence**2, -1, keepdims=True),
            None,
        ),
        "categorical_hinge": (L.CategoricalHinge(), hot, logits, weight),
        "kl": (L.KLDivergence(), np.roll(probabilities, 1, 0), probabilities, weight),
        "kl_hot": (L.KLDivergence(reduction="sum"), hot, probabilities, None),
    }


def of_events(L):
    """Losses of events."""
    true, chance, logits, weight = events()
    focal = L.BinaryFocalCrossentropy
    return {
        "binary": (L.BinaryCrossentropy(), true, chance, None),
        "binary_logits": (L.BinaryCrossentropy(from_logits=True), true, logits, weight),
        "binary_smooth": (L.BinaryCrossentropy(label_smoothing=0.3), true, chance, weight),
        "binary_axis": (L.BinaryCrossentropy(axis=0, reduction="none"), true, chance, None),
        "binary_focal": (focal(), true, chance, weight),
        "binary_focal_logits": (
            focal(apply_class_balancing=True, alpha=0.3, gamma=1.5, from_logits=True),
            true,
            logits,
            weight,
        ),
        "binary_focal_smooth": (focal(label_smoothing=0.2, axis=0), true, chance, None),
    }


def of_others(L):
    """Losses of sets, sequences and embeddings."""
    pixels, chances = pictures()
    words, sounds = spoken()
    labels, embeddings, weight = faces()
    three = np.array([1.0, 0.5, 2.0], "float32")
    return {
        "dice": (L.Dice(), pixels, chances, None),
        "dice_axis": (L.Dice(axis=(1, 2, 3)), pixels, chances, three),
        "tversky": (L.Tversky(), pixels, chances, None),
        "tversky_axis": (L.Tversky(0.3, 0.8, axis=(1, 2, 3)), pixels, chances, three),
        "ctc": (L.CTC(reduction="none"), words, sounds, None),
        "ctc_blank_among_labels": (
            L.CTC(reduction="none"),
            np.array([[1, 0, 2], [1, 2, 0], [0, 1, 2]]),
            sounds,
            None,
        ),
        "ctc_weighted": (L.CTC(), words, sounds, three),
        "circle": (L.Circle(reduction="none"), labels, embeddings, None),
        "circle_weighted": (L.Circle(gamma=5.0, margin=0.2), labels[:, None], embeddings, weight),
        "circle_diagonal": (L.Circle(remove_diagonal=False), labels, embeddings, None),
    }


def configured(keras):
    """Name -> loss, whose config is compared."""
    L = keras.losses
    found = [
        L.BinaryFocalCrossentropy(True, 0.5, 1.0, True, 0.1, 1),
        L.CTC(name="sounds"), L.CategoricalFocalCrossentropy(0.5, 1.0, True, 0.1, 1),
        L.CategoricalGeneralizedCrossEntropy(0.7), L.CategoricalHinge(reduction="sum"),
        L.Circle(20.0, 0.3, False), L.CosineSimilarity(), L.Dice(axis=(1, 2)), L.Hinge(),
        L.Huber(), L.KLDivergence(), L.LogCosh(), L.MeanAbsolutePercentageError(),
        L.MeanSquaredLogarithmicError(reduction=None), L.Poisson(), L.SquaredHinge(),
        L.Tversky(0.2, 0.8, axis=1),
    ]  # fmt: skip
    return {type(loss).__name__: loss for loss in found}
