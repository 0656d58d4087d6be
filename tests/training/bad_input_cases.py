"""Mistakes in what `fit` and its surroundings are given, one row each: what is done, and how it is
told: an error (its type and what it says), or one warning (likewise).

Each is one that Keras 3.15.1 on JAX answers with silence or with an error that does not name it.
"""

import numpy as np

import cornu as keras
from cornu import ops

SAMPLES = 32
X = np.linspace(-1, 1, SAMPLES * 4).reshape(SAMPLES, 4).astype("float32")
Y = X[:, :1] * 2
QUIET = {"verbose": 0, "shuffle": False, "batch_size": 8}


def regression(loss="mse", optimizer="sgd", units=1, **kwargs):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name="only")])
    model.compile(optimizer, loss, **kwargs)
    return model


def classification(y):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, y, **QUIET)


def binary(y):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    model.fit(X, y, **QUIET)


def lookup(indices):
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), keras.layers.Embedding(10, 2, name="words")]
        + [keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(indices, Y, **QUIET)


def fit(model=None, x=X, y=Y, **kwargs):
    (model or regression()).fit(x, y, **{**QUIET, **kwargs})


def changed(array, value, place=5):
    array = np.array(array)
    array[place] = value
    return array


def frozen():
    model = regression()
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    return model


def two_outputs(loss):
    x = keras.Input((4,))
    model = keras.Model(x, [keras.layers.Dense(1, name=name)(x) for name in "ab"])
    model.compile("sgd", loss)
    model.fit(X, [Y, Y], **QUIET)


class NoBatches(keras.utils.PyDataset):
    def __len__(self):
        return 0

    def __getitem__(self, index):
        raise IndexError(index)


class Branching(keras.layers.Layer):
    def call(self, x):
        return x * 2 if ops.sum(x) > 0 else x


class InNumpy(keras.layers.Layer):
    def call(self, x):
        return np.sin(x)


CLASSES = np.arange(SAMPLES) % 3
TOKENS = np.zeros((SAMPLES, 4), "int32")
EMPTY = (X[:0], Y[:0])

# Name: (call, type of error or warning, pattern of its text).
CASES = {
    # values
    "label_oor_sparse_ce": (
        lambda: classification(changed(CLASSES, 3)),
        ValueError,
        "label 3 at index 5 .*3 classes.*0 to 2",
    ),
    "label_negative_sparse_ce": (
        lambda: classification(changed(CLASSES, -1)),
        ValueError,
        "label -1 at index 5 .*3 classes",
    ),
    "label_fractional_sparse_ce": (
        lambda: classification(changed(CLASSES.astype("float32"), 0.7)),
        ValueError,
        "label 0.7.* at index 5 .*whole numbers",
    ),
    "bce_labels_minus1_1": (
        lambda: binary(np.sign(Y)),
        UserWarning,
        "label -1.0 at index 0, 0 .*from 0 to 1.*hinge",
    ),
    "embedding_index_oor": (
        lambda: lookup(changed(TOKENS, 10, (5, 1))),
        ValueError,
        "index 10 at 5, 1 .*'words'.*10 entries",
    ),
    "embedding_index_negative": (
        lambda: lookup(changed(TOKENS, -1, (5, 1))),
        ValueError,
        "index -1 at 5, 1 .*'words'",
    ),
    "nan_inputs": (
        lambda: fit(x=changed(X, np.nan, (5, 1))),
        RuntimeWarning,
        "epoch 1, batch 1 .*`x` holds nan at index 5, 1",
    ),
    "nan_labels": (
        lambda: fit(y=changed(Y, np.nan, (13, 0))),
        RuntimeWarning,
        "epoch 1, batch 2 .*`y` holds nan at index 13, 0",
    ),
    "inf_inputs": (
        lambda: fit(x=changed(X, np.inf, (5, 1))),
        RuntimeWarning,
        "`x` holds inf at index 5, 1",
    ),
    "sample_weight_nan": (
        lambda: fit(sample_weight=changed(np.ones(SAMPLES), np.nan)),
        RuntimeWarning,
        "`sample_weight` holds nan at index 5 ",
    ),
    "lr_nan": (
        lambda: regression(optimizer=keras.optimizers.SGD(np.nan)),
        ValueError,
        "learning_rate=nan",
    ),
    "lr_negative": (
        lambda: regression(optimizer=keras.optimizers.SGD(-0.1)),
        ValueError,
        "at least 0.*learning_rate=-0.1",
    ),
    "adam_beta_over_1": (
        lambda: keras.optimizers.Adam(beta_1=1.5),
        ValueError,
        "below 1.*beta_1=1.5",
    ),
    "diverging_loss_nan": (
        lambda: fit(regression(optimizer=keras.optimizers.SGD(1e12)), epochs=20),
        RuntimeWarning,
        "not finite from epoch .*learning rate",
    ),
    # shapes
    "y_broadcasts_mse": (
        lambda: fit(regression(units=1), y=np.zeros((SAMPLES, 3))),
        UserWarning,
        r"None, 3\)|8, 3\).*only fit by broadcasting",
    ),
    "y_rank1_vs_out3_mse": (
        lambda: fit(regression(units=3), y=np.zeros(SAMPLES)),
        (ValueError, UserWarning),
        "y_true.*y_pred.*reshape `y_true`",
    ),
    "sample_weight_rank2_wrong": (
        lambda: fit(sample_weight=np.ones((SAMPLES, 2))),
        ValueError,
        "`sample_weight` has shape .*2",
    ),
    "empty_arrays_fit": (lambda: regression().fit(*EMPTY), ValueError, "no data.*0 samples"),
    "empty_arrays_evaluate": (
        lambda: regression().evaluate(*EMPTY),
        ValueError,
        "no data.*0 samples",
    ),
    "empty_arrays_predict": (
        lambda: regression().predict(X[:0]),
        ValueError,
        "no data.*0 samples",
    ),
    "pydataset_len_0": (
        lambda: regression().fit(NoBatches(), verbose=0),
        ValueError,
        "no data.*no batch",
    ),
    # arguments
    "batch_size_0": (lambda: fit(batch_size=0), ValueError, "positive int.*batch_size=0"),
    "batch_size_negative": (lambda: fit(batch_size=-4), ValueError, "positive.*batch_size=-4"),
    "batch_size_float": (lambda: fit(batch_size=8.5), ValueError, "int.*batch_size=8.5"),
    "epochs_str": (lambda: fit(epochs="3"), ValueError, "int.*epochs='3'"),
    "epochs_negative": (lambda: fit(epochs=-1), ValueError, "at least 0.*epochs=-1"),
    "validation_split_negative": (
        lambda: fit(validation_split=-0.2),
        ValueError,
        "between 0 and 1.*validation_split=-0.2",
    ),
    "steps_per_epoch_0": (
        lambda: fit(steps_per_epoch=0),
        ValueError,
        "at least 1.*steps_per_epoch=0",
    ),
    "initial_epoch_past_end": (
        lambda: fit(epochs=2, initial_epoch=5),
        UserWarning,
        "initial_epoch=5.*epochs=2",
    ),
    "class_weight_missing_class": (
        lambda: fit(regression("binary_crossentropy"), y=CLASSES % 2, class_weight={0: 1.0}),
        UserWarning,
        "class_weight.*1",
    ),
    "class_weight_str_keys": (
        lambda: fit(class_weight={"0": 1.0}),
        ValueError,
        "class_weight.*class numbers",
    ),
    "y_missing": (lambda: fit(y=None), ValueError, "no target.*pass it in `y`"),
    "callback_not_a_callback": (
        lambda: fit(callbacks=["EarlyStopping"]),
        TypeError,
        "callbacks.*EarlyStopping",
    ),
    "compile_no_loss": (lambda: fit(regression(loss=None)), ValueError, "No loss.*`loss`"),
    "all_weights_frozen": (lambda: fit(frozen()), UserWarning, "trainable weights"),
    "loss_list_wrong_len": (
        lambda: two_outputs(["mse"] * 3),
        ValueError,
        "3 entries.*2 output",
    ),
    # layers and operations
    "python_if_on_tensor": (
        lambda: Branching(name="odd")(keras.Input((4,))),
        TypeError,
        "odd.*ops.sum.*keras.ops.cond",
    ),
    "numpy_call_inside_layer": (
        lambda: InNumpy(name="odd")(keras.Input((4,))),
        TypeError,
        "odd.*np.sin.*keras.ops.sin",
    ),
    "batchnorm_axis_oor": (
        lambda: keras.layers.BatchNormalization(axis=5)(X),
        ValueError,
        "axis.*5",
    ),
    "to_categorical_oor": (
        lambda: keras.utils.to_categorical([0, 5], num_classes=3),
        ValueError,
        r"\[0, 3\).* 5",
    ),
    "to_categorical_negative": (
        lambda: keras.utils.to_categorical([0, -1], num_classes=3),
        ValueError,
        "-1",
    ),
    "ops_take_oor": (lambda: ops.take(X, [SAMPLES], axis=0), (IndexError, ValueError), "32"),
    "ops_one_hot_oor": (lambda: ops.one_hot([5], 3), UserWarning, "5.*3"),
    "ops_int_div_zero": (
        lambda: ops.floor_divide(np.array([1]), np.array([0])),
        (RuntimeWarning, UserWarning),
        "0",
    ),
}
