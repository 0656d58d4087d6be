"""Metrics under test with the batches that they take in; for cornu and for Keras alike."""

import numpy as np
from families.loss_cases import classes, events, numbers

TRUE, PRED, WEIGHT = numbers()
HOT, LABELS, PROBABILITIES, LOGITS, CLASS_WEIGHT = classes()
EVENT, CHANCE, EVENT_LOGITS, EVENT_WEIGHT = events()


def batches(*columns):
    """Two batches of the arrays; None stays None."""
    halves = [slice(0, 2), slice(2, None)]
    return [tuple(None if c is None else c[half] for c in columns) for half in halves]


def many_events():
    """Targets, probabilities and weights of 64 samples with 3 events each."""
    draw = np.random.default_rng(4)
    y_true = (draw.random((64, 3)) > 0.6).astype("float32")
    y_pred = np.clip(0.4 * y_true + 0.6 * draw.random((64, 3)), 0, 1).astype("float32")
    return y_true, y_pred, draw.integers(0, 4, 64).astype("float32")


def regions():
    """Class numbers of targets and predictions, whole weights, and scores: of 6 x 5 places and 4
    classes."""
    draw = np.random.default_rng(5)
    y_true, y_pred = draw.integers(0, 4, (2, 6, 5))
    return y_true, y_pred, draw.integers(0, 3, (6, 5)), draw.random((6, 5, 4)).astype("float32")


MANY, MANY_CHANCES, MANY_WEIGHTS = many_events()
REGION, FOUND_REGION, REGION_WEIGHT, REGION_SCORES = regions()
POSITIVE = np.abs(TRUE), np.abs(PRED)
IDS = np.argsort(-PROBABILITIES, axis=-1)
STEPS = np.stack([LABELS, LABELS[::-1]], 1), np.stack([PROBABILITIES, PROBABILITIES[::-1]], 1)

PLAIN = batches(TRUE, PRED, None)
WEIGHTED = batches(TRUE, PRED, WEIGHT)
HOTS = batches(HOT, PROBABILITIES, CLASS_WEIGHT)
SPARSE = batches(LABELS, PROBABILITIES, None)
EVENTS = batches(EVENT, CHANCE, EVENT_WEIGHT)
CROWD = batches(MANY, MANY_CHANCES, None)
WEIGHTED_CROWD = batches(MANY, MANY_CHANCES, MANY_WEIGHTS)
FLAT_CROWD = batches(MANY.ravel(), MANY_CHANCES.ravel(), None)
PLACES = batches(REGION, FOUND_REGION, None)
WEIGHTED_PLACES = batches(REGION, FOUND_REGION, REGION_WEIGHT)

# Name -> (function that makes the metric of a library, batches).
CASES = {
    "mean": (lambda k: k.metrics.Mean(name="average"), batches(TRUE[:, 0], WEIGHT)),
    "mean_plain": (lambda k: k.metrics.Mean(), batches(TRUE, None)),
    "sum": (lambda k: k.metrics.Sum(), batches(TRUE, WEIGHT)),
    "accuracy": (lambda k: k.metrics.Accuracy(), batches(LABELS, LABELS[::-1], CLASS_WEIGHT)),
    "binary_accuracy": (lambda k: k.metrics.BinaryAccuracy(threshold=0.4), EVENTS),
    "categorical_accuracy": (lambda k: k.metrics.CategoricalAccuracy(), HOTS),
    "sparse_categorical_accuracy": (
        lambda k: k.metrics.SparseCategoricalAccuracy(name="hits"),
        SPARSE,
    ),
    "sparse_column": (
        lambda k: k.metrics.SparseCategoricalAccuracy(),
        batches(LABELS[:, None], PROBABILITIES, None),
    ),
    "top_2": (lambda k: k.metrics.TopKCategoricalAccuracy(k=2), HOTS),
    "sparse_top_2": (lambda k: k.metrics.SparseTopKCategoricalAccuracy(k=2), SPARSE),
    "sparse_top_2_ids": (
        lambda k: k.metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True),
        batches(LABELS, IDS, None),
    ),
    "wrapper": (
        lambda k: k.metrics.MeanMetricWrapper(k.losses.mean_absolute_error, name="wrapped"),
        WEIGHTED,
    ),
    # Numbers.
    "mse": (lambda k: k.metrics.MeanSquaredError(), WEIGHTED),
    "mae": (lambda k: k.metrics.MeanAbsoluteError(), PLAIN),
    "mape": (lambda k: k.metrics.MeanAbsolutePercentageError(), WEIGHTED),
    "msle": (lambda k: k.metrics.MeanSquaredLogarithmicError(), batches(*POSITIVE, WEIGHT)),
    "rmse": (lambda k: k.metrics.RootMeanSquaredError(), WEIGHTED),
    "rmse_column": (
        lambda k: k.metrics.RootMeanSquaredError(),
        batches(TRUE[:, 0], PRED[:, :1], None),
    ),
    "log_cosh": (lambda k: k.metrics.LogCoshError(), PLAIN),
    "cosine": (lambda k: k.metrics.CosineSimilarity(), WEIGHTED),
    "cosine_axis": (lambda k: k.metrics.CosineSimilarity(axis=0), PLAIN),
    "pearson": (lambda k: k.metrics.PearsonCorrelation(), WEIGHTED),
    "pearson_axis": (lambda k: k.metrics.PearsonCorrelation(axis=0), PLAIN),
    "concordance": (lambda k: k.metrics.ConcordanceCorrelation(), WEIGHTED),
    "concordance_axis": (lambda k: k.metrics.ConcordanceCorrelation(axis=0), PLAIN),
    "r2": (lambda k: k.metrics.R2Score(), WEIGHTED),
    "r2_none": (lambda k: k.metrics.R2Score(class_aggregation=None, name="r2"), PLAIN),
    "r2_variance": (
        lambda k: k.metrics.R2Score(class_aggregation="variance_weighted_average"),
        WEIGHTED,
    ),
    "r2_adjusted": (lambda k: k.metrics.R2Score(num_regressors=1), PLAIN),
    # Scores and probabilities.
    "hinge": (lambda k: k.metrics.Hinge(), EVENTS),
    "squared_hinge": (lambda k: k.metrics.SquaredHinge(), EVENTS),
    "categorical_hinge": (lambda k: k.metrics.CategoricalHinge(), HOTS),
    "kl": (lambda k: k.metrics.KLDivergence(), HOTS),
    "poisson": (lambda k: k.metrics.Poisson(), batches(*POSITIVE, WEIGHT)),
    "binary": (lambda k: k.metrics.BinaryCrossentropy(label_smoothing=0.1), EVENTS),
    "binary_logits": (
        lambda k: k.metrics.BinaryCrossentropy(from_logits=True, name="bits"),
        batches(EVENT, EVENT_LOGITS, None),
    ),
    "categorical": (lambda k: k.metrics.CategoricalCrossentropy(label_smoothing=0.1), HOTS),
    "categorical_axis": (
        lambda k: k.metrics.CategoricalCrossentropy(from_logits=True, axis=1),
        batches(HOT, LOGITS, None),
    ),
    "sparse": (lambda k: k.metrics.SparseCategoricalCrossentropy(), SPARSE),
    "sparse_ignore": (
        lambda k: k.metrics.SparseCategoricalCrossentropy(ignore_class=1),
        batches(*STEPS, None),
    ),
    # Decisions.
    "false_positives": (lambda k: k.metrics.FalsePositives(name="fp"), EVENTS),
    "false_negatives": (lambda k: k.metrics.FalseNegatives(thresholds=0.6, name="fn"), CROWD),
    "true_positives": (
        lambda k: k.metrics.TruePositives(thresholds=[0.3, 0.8], name="tp"),
        WEIGHTED_CROWD,
    ),
    "true_negatives": (
        lambda k: k.metrics.TrueNegatives(thresholds=[0.0, 0.25, 0.5, 0.75, 1.0], name="tn"),
        WEIGHTED_CROWD,
    ),
    "precision": (lambda k: k.metrics.Precision(name="p"), WEIGHTED_CROWD),
    "precision_thresholds": (
        lambda k: k.metrics.Precision(thresholds=[0.7, 0.2], name="p"),
        CROWD,
    ),
    "precision_top": (lambda k: k.metrics.Precision(top_k=2, name="p"), HOTS),
    "precision_top_threshold": (
        lambda k: k.metrics.Precision(0.2, top_k=2, class_id=1, name="p"),
        batches(HOT, PROBABILITIES, None),
    ),
    "recall": (lambda k: k.metrics.Recall(name="r"), WEIGHTED_CROWD),
    "recall_class": (lambda k: k.metrics.Recall(class_id=2, name="r"), CROWD),
    "recall_top": (lambda k: k.metrics.Recall(top_k=1, thresholds=[0.2, 0.5], name="r"), HOTS),
    "sensitivity": (
        lambda k: k.metrics.SensitivityAtSpecificity(0.7, name="s"),
        WEIGHTED_CROWD,
    ),
    "specificity": (
        lambda k: k.metrics.SpecificityAtSensitivity(0.8, num_thresholds=50, name="s"),
        FLAT_CROWD,
    ),
    "precision_at_recall": (
        lambda k: k.metrics.PrecisionAtRecall(0.6, class_id=1, name="s"),
        WEIGHTED_CROWD,
    ),
    "recall_at_precision": (
        lambda k: k.metrics.RecallAtPrecision(0.7, num_thresholds=20, name="s"),
        CROWD,
    ),
    "recall_at_one_threshold": (
        lambda k: k.metrics.RecallAtPrecision(0.7, num_thresholds=1, name="s"),
        CROWD,
    ),
    **{
        f"auc_{curve}_{method}".lower(): (
            lambda k, curve=curve, method=method: k.metrics.AUC(
                50, curve=curve, summation_method=method, name="area"
            ),
            WEIGHTED_CROWD,
        )
        for curve in ("ROC", "PR", "PRGAIN")
        for method in ("interpolation", "minoring", "majoring")
    },
    "auc": (lambda k: k.metrics.AUC(name="area"), FLAT_CROWD),
    "auc_thresholds": (lambda k: k.metrics.AUC(thresholds=[0.7, 0.3], name="area"), CROWD),
    "auc_logits": (
        lambda k: k.metrics.AUC(from_logits=True, curve="PR", name="area"),
        batches(EVENT, EVENT_LOGITS, EVENT_WEIGHT),
    ),
    "auc_labels": (lambda k: k.metrics.AUC(multi_label=True, name="area"), WEIGHTED_CROWD),
    "auc_label_weights": (
        lambda k: k.metrics.AUC(
            multi_label=True, num_labels=3, label_weights=[1.0, 0.0, 3.0], curve="PR", name="area"
        ),
        CROWD,
    ),
    "auc_flat_label_weights": (
        lambda k: k.metrics.AUC(label_weights=[1.0, 0.5, 3.0], name="area"),
        WEIGHTED_CROWD,
    ),
    "f1": (lambda k: k.metrics.F1Score(), HOTS),
    **{
        f"f_beta_{average}": (
            lambda k, average=average: k.metrics.FBetaScore(average, beta=2.0, threshold=0.5),
            WEIGHTED_CROWD,
        )
        for average in (None, "micro", "macro", "weighted")
    },
    # Regions.
    "iou": (lambda k: k.metrics.IoU(4, [0, 2], name="overlap"), WEIGHTED_PLACES),
    "iou_ignore": (lambda k: k.metrics.IoU(4, [0], ignore_class=3, name="overlap"), PLACES),
    "iou_unknown": (lambda k: k.metrics.IoU(3, [0, 1, 2], name="overlap"), PLACES),
    "iou_absent": (lambda k: k.metrics.IoU(6, [0, 5], name="overlap"), PLACES),
    "iou_scores": (
        lambda k: k.metrics.IoU(4, [1], sparse_y_pred=False, name="overlap"),
        batches(REGION, REGION_SCORES, None),
    ),
    "binary_iou": (
        lambda k: k.metrics.BinaryIoU([1], threshold=0.3, name="overlap", dtype="float32"),
        batches(EVENT, CHANCE, EVENT_WEIGHT[:, None] * np.ones(3)),
    ),
    "mean_iou": (lambda k: k.metrics.MeanIoU(4, name="overlap"), WEIGHTED_PLACES),
    "mean_iou_absent": (lambda k: k.metrics.MeanIoU(6, name="overlap"), PLACES),
    "one_hot_iou": (
        lambda k: k.metrics.OneHotIoU(4, [1, 2], name="overlap", dtype="float32"),
        HOTS,
    ),
    "one_hot_mean_iou": (
        lambda k: k.metrics.OneHotMeanIoU(4, name="overlap"),
        batches(HOT, PROBABILITIES, None),
    ),
}  # fmt: skip

# Names that `get` knows.
SPELLINGS = (
    "mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "accuracy",
    "Accuracy", "binary_accuracy", "mean", "Mean", "sum", "categorical_accuracy",
    "CategoricalAccuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy",
    "sparse_top_k_categorical_accuracy", "mean_squared_error", "MeanAbsoluteError",
    "mean_absolute_percentage_error", "mean_squared_logarithmic_error",
    "root_mean_squared_error", "RootMeanSquaredError", "cosine_similarity", "log_cosh_error",
    "r2_score", "R2Score", "pearson_correlation", "concordance_correlation", "hinge",
    "squared_hinge", "categorical_hinge", "kl_divergence", "KLDivergence", "poisson",
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy", "auc",
    "AUC", "precision", "Precision", "recall", "true_positives", "true_negatives",
    "false_positives", "FalseNegatives", "f1_score", "F1Score", "f_beta_score", "FBetaScore",
    "BinaryIoU", "binary_io_u",
)  # fmt: skip
