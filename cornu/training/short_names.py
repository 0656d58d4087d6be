"""Names in `compile` whose meaning depends on the shapes: "accuracy", "crossentropy"."""

MEANINGS = {
    "accuracy": {
        "binary": "BinaryAccuracy",
        "sparse": "SparseCategoricalAccuracy",
        "categorical": "CategoricalAccuracy",
    },
    "crossentropy": {
        "binary": "BinaryCrossentropy",
        "sparse": "SparseCategoricalCrossentropy",
        "categorical": "CategoricalCrossentropy",
    },
}
LOSSES = {"ce": "crossentropy", "crossentropy": "crossentropy"}
METRICS = {"acc": "accuracy", "accuracy": "accuracy", **LOSSES}


def is_short(identifier, names):
    """Whether `identifier` is one of `names` (`LOSSES` or `METRICS`), however capitalised."""
    return isinstance(identifier, str) and identifier.lower() in names


def class_name(identifier, y_true, y_pred):
    """The class that a short name stands for, for targets and outputs of these shapes."""
    return MEANINGS[METRICS[identifier.lower()]][_kind(y_true, y_pred)]


def _kind(y_true, y_pred):
    rank_true, rank_pred = len(y_true.shape), len(y_pred.shape)
    if y_pred.shape[-1:] == (1,) or not y_pred.shape:
        return "binary"
    same = rank_true == rank_pred and y_true.shape[-1] == y_pred.shape[-1]
    return "categorical" if same else "sparse"
