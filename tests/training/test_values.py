"""Values of data that no step should see: labels that are no classes or probabilities, indices that
an `Embedding` does not have."""

import jax.numpy as jnp
import numpy as np
import pytest

import cornu as keras
from cornu.training import checks

X = np.zeros((40, 4), "float32")


def classifier(classes=3, loss=None):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(classes)])
    model.compile("sgd", loss or keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def labels(value, place=17, dtype="int32"):
    y = np.zeros(40, dtype)
    y[place] = value
    return y


def batches(x, y, size=8):
    class Batches:
        def __iter__(self):
            return iter([(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)])

    return Batches()


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray, list], ids=["numpy", "jax", "list"])
@pytest.mark.parametrize("value, dtype", [(3, "int32"), (-1, "int64"), (7, "uint8")])
def test_a_label_that_is_no_class_is_an_error(value, dtype, convert):
    y = convert(labels(value, dtype=dtype))
    with pytest.raises(ValueError, match=rf"label {value} at index 17 .*3 classes.*from 0 to 2"):
        classifier().fit(X, y, verbose=0)


@pytest.mark.parametrize("value", [0.7, np.nan, np.inf])
def test_a_label_that_is_no_whole_number_is_an_error(value):
    with pytest.raises(ValueError, match=rf"label {value} at index 17"):
        classifier().fit(X, labels(value, dtype="float32"), verbose=0)


def test_labels_of_steps_are_named_by_two_indices():
    model = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = np.zeros((40, 5), "int32")
    y[2, 3] = 9
    with pytest.raises(ValueError, match="label 9 at index 2, 3 of `y`"):
        model.evaluate(np.zeros((40, 5, 4)), y, verbose=0)


def test_an_ignored_class_is_no_error():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    classifier(loss=loss).fit(X, labels(-1), verbose=0)
    with pytest.raises(ValueError, match="label -2 at index 17"):
        classifier(loss=loss).fit(X, labels(-2), verbose=0)


@pytest.mark.parametrize("eager", [False, True])
def test_labels_of_an_iterable_are_looked_at_batch_by_batch(eager):
    model = classifier()
    model.compile("sgd", model.loss, run_eagerly=eager)
    with pytest.raises(ValueError, match="label 3 at index 1 of batch 3 of `y` "):
        model.fit(batches(X, labels(3)), verbose=0)


def test_validation_data_are_looked_at():
    with pytest.raises(ValueError, match="label 3 at index 17"):
        classifier().fit(X, labels(0), validation_data=(X, labels(3)), verbose=0)


def test_the_output_is_named():
    x = keras.Input((4,))
    outputs = {name: keras.layers.Dense(3, "softmax", name=name)(x) for name in "ab"}
    model = keras.Model(x, outputs)
    model.compile("sgd", dict.fromkeys("ab", "sparse_categorical_crossentropy"))
    with pytest.raises(ValueError, match="label 3 at index 17 of `y` for the output 'b'"):
        model.fit(X, {"a": labels(0), "b": labels(3)}, verbose=0)


def test_data_are_looked_at_once(monkeypatch):
    seen = []
    check = checks.check_classes
    monkeypatch.setattr(checks, "check_classes", lambda *a: (seen.append(a), check(*a)))
    classifier().fit(X, labels(0), epochs=3, validation_data=(X, labels(1)), verbose=0)
    assert len(seen) == 2


LOSSES = [
    "binary_crossentropy",
    keras.losses.BinaryFocalCrossentropy(),
    keras.losses.binary_crossentropy,
]


@pytest.mark.parametrize("loss", LOSSES, ids=["name", "object", "function"])
def test_a_label_that_is_no_probability_warns_once(loss):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", loss)
    y = labels(-1, dtype="float32")[:, None]
    with pytest.warns(UserWarning, match=r"label -1.0 at index 17, 0 .*hinge") as caught:
        model.fit(X, y, epochs=2, validation_data=(X, y), verbose=0)
    assert len(caught) == 1
    model.fit(X, np.abs(y), verbose=0)


def lookup(first=(), size=10, **kwargs):
    layers = [*first, keras.layers.Embedding(size, 2, name="words"), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile("sgd", "mse", **kwargs)
    return model


def tokens(value, dtype="int32"):
    x = np.zeros((40, 6), dtype)
    x[3, 5] = value
    return x


Y = np.zeros((40, 1), "float32")
OUTSIDE = r"index {}(?:\.0)? at 3, 5 of the input .*'words' \(Embedding\).*10 entries.*from 0 to 9"


@pytest.mark.parametrize(
    "method, value, dtype",
    [("fit", 10, "int32"), ("evaluate", -1, "int64"), ("predict", 11, "float32")],
)
def test_an_index_outside_of_the_vocabulary_is_an_error(method, value, dtype):
    model = lookup([keras.Input((6,), dtype=dtype)])
    arguments = (tokens(value, dtype),) if method == "predict" else (tokens(value, dtype), Y)
    with pytest.raises(ValueError, match=OUTSIDE.format(value)):
        getattr(model, method)(*arguments, verbose=0, batch_size=64)


def test_an_index_is_found_in_a_model_that_the_data_build():
    with pytest.raises(ValueError, match=OUTSIDE.format(10)):
        lookup().fit(tokens(10), Y, verbose=0)
    with pytest.raises(ValueError, match=OUTSIDE.format(10)):
        lookup().fit(jnp.asarray(tokens(10)), Y, verbose=0)


def test_an_index_is_found_in_models_in_a_model():
    inner = keras.Sequential([keras.Input((6,)), keras.layers.Embedding(10, 2, name="words")])
    ids, other = keras.Input((6,), name="ids"), keras.Input((2,), name="other")
    joined = keras.layers.GlobalAveragePooling1D()(inner(ids)) + other
    model = keras.Model({"ids": ids, "other": other}, keras.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    x = {"other": np.zeros((40, 2)), "ids": tokens(10)}
    with pytest.raises(ValueError, match=OUTSIDE.format(10).replace("input ", "input 'ids'")):
        model.fit(x, Y, verbose=0)
    model.fit({**x, "ids": tokens(9)}, Y, verbose=0)


def test_indices_of_an_iterable_are_looked_at():
    model = lookup([keras.Input((6,))])
    with pytest.raises(ValueError, match="index 10 at 3, 5 of batch 1 of the input "):
        model.fit(batches(tokens(10), Y), verbose=0)


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_labels_that_are_fine_go_through(dtype):
    classifier().fit(X, labels(1, dtype=dtype), verbose=0)


def test_many_classes_for_a_small_integer_type():
    assert checks.all_below(np.array([127], "int8"), 300)
    assert not checks.all_below(np.array([-1], "int8"), 300)
    assert not checks.all_below(np.array([127], "int8"), 127)


def test_sparse_labels_go_through():
    sparse = pytest.importorskip("scipy.sparse")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    y = sparse.random(40, 3, 0.2, "csr", random_state=0)
    assert np.isfinite(model.fit(X, y, verbose=0).history["loss"]).all()
