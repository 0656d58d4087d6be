"""What `fit`, `evaluate` and `predict` take: the same numbers give the same result in any form."""

import sys

import numpy as np
import pytest

import cornu as keras
from cornu.data import adapt

X = np.arange(24, dtype="float32").reshape(8, 3) / 10
Y = X.sum(-1, keepdims=True)
NAMES = ["a", "b", "c"]


def of_library(name, **members):
    """An object whose class seems to come from a library."""
    return type("Object", (), {"__module__": name, **members})()


def batches():
    return [(X[:4], Y[:4]), (X[4:], Y[4:])]


class Iterable:
    def __iter__(self):
        return iter(batches())


class Dataset(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return batches()[index]


def data_frame():
    return pytest.importorskip("pandas").DataFrame(X, columns=NAMES)


def torch_loader():
    data = pytest.importorskip("torch").utils.data
    torch = sys.modules["torch"]
    return data.DataLoader(data.TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=4)


def tensorflow_dataset():
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.data.Dataset.from_tensor_slices((X, Y)).batch(4)


def grain_dataset():
    grain = pytest.importorskip("grain")
    return grain.MapDataset.source(list(zip(X, Y, strict=True))).batch(4)


def grain_loader():
    grain = pytest.importorskip("grain")
    return grain.DataLoader(
        data_source=list(zip(X, Y, strict=True)),
        sampler=grain.samplers.SequentialSampler(8, grain.sharding.NoSharding()),
        operations=[grain.transforms.Batch(4)],
    )


SOURCES = {
    "arrays": lambda: (X, Y),
    "float64": lambda: (X.astype("float64"), Y.astype("float64")),
    "nested lists": lambda: (X.tolist(), Y.tolist()),
    "tuples": lambda: (tuple(map(tuple, X)), Y),
    "list of NumPy's numbers": lambda: (X, list(Y[:, 0])),
    "tensors": lambda: (keras.ops.array(X), keras.ops.array(Y)),
    "object arrays": lambda: (X.astype(object), Y),
    "a data frame and a series": lambda: (data_frame(), data_frame().sum(axis=1)),
    "columns of a data frame": lambda: (data_frame()[NAMES], Y),
    "sparse": lambda: (pytest.importorskip("scipy.sparse").csr_matrix(X), Y),
    "sparse array": lambda: (pytest.importorskip("scipy.sparse").coo_array(X), Y),
    "polars": lambda: (of_library("polars", to_numpy=lambda self: X, shape=X.shape), Y),
    "arrow": lambda: (arrow_table(), Y),
    "torch": lambda: (pytest.importorskip("torch").tensor(X), Y),
    "tensorflow": lambda: (pytest.importorskip("tensorflow").constant(X), Y),
    "iterable": lambda: (Iterable(), None),
    "generator": lambda: (iter(batches()), None),
    "PyDataset": lambda: (Dataset(), None),
    "torch loader": lambda: (torch_loader(), None),
    "tensorflow dataset": lambda: (tensorflow_dataset(), None),
    "grain dataset": lambda: (grain_dataset(), None),
    "grain iterable": lambda: (grain_dataset().to_iter_dataset(), None),
    "grain loader": lambda: (grain_loader(), None),
}


def arrow_table():
    columns = [
        of_library("pyarrow", to_numpy=lambda self, zero_copy_only, i=i: X[:, i]) for i in range(3)
    ]
    return of_library("pyarrow", column_names=NAMES, columns=columns, shape=X.shape)


def trained(x, y):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, batch_size=4 if y is not None else None, shuffle=False, verbose=0)
    return model


@pytest.mark.filterwarnings("default")  # of the libraries themselves
@pytest.mark.parametrize("name", SOURCES)
def test_every_source_trains_alike(name):
    expected = trained(X, Y).get_weights()
    model = trained(*SOURCES[name]())
    for found, weight in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_allclose(found, weight, rtol=1e-5, atol=1e-6)
    x, y = SOURCES[name]()
    size = None if y is None else 4
    assert np.isfinite(model.evaluate(x, y, batch_size=size, verbose=0))
    outputs = model.predict(SOURCES[name]()[0], batch_size=size, verbose=0)
    np.testing.assert_allclose(outputs, model(X), rtol=1e-5, atol=1e-6)


def test_a_dict_of_columns_is_a_dict_of_arrays():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
    x = adapt(dict(frame)).arrays[0]
    assert list(x) == ["a", "b"] and x["b"].tolist() == [3, 4]
    x = adapt({"a": [1.0, 2.0], "b": [[1, 2], [3, 4]]}).arrays[0]
    assert x["a"].shape == (2,) and x["b"].shape == (2, 2)


def test_a_dataset_of_hugging_face_is_a_dict_of_arrays():
    columns = {"text": [[1, 2], [3]], "label": [0, 1]}
    dataset = of_library(
        "datasets.arrow_dataset",
        column_names=list(columns),
        shape=(2, 2),
        __getitem__=lambda self, key: columns[key] if isinstance(key, str) else columns,
    )
    (x,) = adapt(dataset).arrays
    assert x["text"].tolist() == [[1, 2], [3, 0]] and x["label"].tolist() == [0, 1]
    column = of_library("datasets.arrow_dataset", __getitem__=lambda self, key: [[1], [2, 3]][key])
    assert adapt(x, column).arrays[1].tolist() == [[1, 0], [2, 3]]


@pytest.mark.parametrize("kind", [list, lambda rows: np.array(rows, dtype=object)])
def test_sequences_of_unequal_lengths_are_filled_up_with_zeros(kind):
    rows = kind([[1, 2, 3], [4], []])
    (x,) = adapt(rows).arrays
    assert x.tolist() == [[1, 2, 3], [4, 0, 0], [0, 0, 0]]
    assert x.dtype.kind == "i"
    (x,) = adapt([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]]).arrays
    assert x.shape == (2, 2, 2) and x[0, 1].tolist() == [0, 0] and x.dtype == "float32"


def test_the_padding_of_sequences_is_masked():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(9, 4, mask_zero=True),
            keras.layers.GlobalAveragePooling1D(),
        ]
    )
    rows = [[1, 2, 3], [4]]
    alone = [model.predict(np.array([row]), verbose=0)[0] for row in rows]
    np.testing.assert_allclose(model.predict(rows, verbose=0), alone, rtol=1e-6)


def test_a_sparse_matrix_becomes_dense_a_batch_at_a_time():
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random_array((10, 4), density=0.3, format="csc", rng=0)
    data = adapt(matrix, np.ones((10, 1)), batch_size=4, shuffle=True)
    assert data.lazy and not isinstance(data.arrays[0], np.ndarray)
    order = data.draw_order(np.random.get_state())
    found = np.concatenate([x for x, _ in data.batches()])
    np.testing.assert_array_equal(found, matrix.toarray().astype("float32")[order])
    first, rest = data.split(0.2)
    assert (first.size, rest.size) == (8, 2) and first.lazy


def test_sparse_batches_of_a_generator_become_dense():
    sparse = pytest.importorskip("scipy.sparse")
    data = adapt(iter([(sparse.csr_matrix(X), Y)]))
    ((x, _),) = data.batches()
    np.testing.assert_array_equal(x, X)


def test_nothing_is_imported_to_know_a_library(run_python):
    program = """
import sys, numpy as np, cornu as keras
from cornu.data import adapt
adapt(np.ones((2, 1)), [[1], [2, 3]])
adapt({"a": [1, 2]})
list(adapt(iter([(np.ones((2, 1)),)])).batches())
print([name for name in ("pandas", "scipy", "torch", "tensorflow") if name in sys.modules])
"""
    assert run_python(program).strip() == "[]"


def test_weights_without_targets_are_kept():
    x, y, weights = adapt(X, sample_weight=np.ones(8)).arrays
    assert y is None and weights.shape == (8,) and x.shape == (8, 3)
