"""What `tf` gives: tensors, variables, dtypes, shapes, and errors for what it lacks."""

import pickle

import numpy as np
import pytest

import cornu
from cornu.compat import tensorflow_api as tf


def test_tensors_have_the_methods_of_tensors():
    x = tf.constant([[1.0, 2.0]])
    assert x.shape.as_list() == x.get_shape().as_list() == [1, 2]
    assert x.shape == [1, 2] and x.shape == (1, 2) and x.shape != [2, 1]
    assert x.shape.rank == x.shape.ndims == 2 and tuple(x.shape) == (1, 2)
    assert isinstance(x.numpy(), np.ndarray) and x.numpy().flags.writeable
    assert isinstance(tf.constant(3.0).numpy(), np.float32)
    assert {x.ref(): "found"}[x.ref()] == "found" and x.ref().deref() is x
    x.set_shape([None, 2])
    with pytest.raises(ValueError, match="incompatible"):
        x.set_shape([3, 2])
    assert repr(x.shape) == "(1, 2)"


def test_shapes_as_parts_of_lists():
    shape = tf.ones([2, 3]).shape
    sizes = [7]
    sizes += shape
    assert sizes == [7, 2, 3] and type(sizes) is list
    assert [7] + shape[1:] == [7, 3]
    assert (shape + [4]).as_list() == [2, 3, 4]
    assert pickle.loads(pickle.dumps(shape)) == shape


def test_dtypes_go_everywhere():
    assert cornu.ops.ones((2,), dtype=tf.float16).dtype == tf.float16
    assert np.zeros(2, tf.int32).dtype == tf.int32
    layer = cornu.layers.Dense(2, dtype=tf.bfloat16)
    assert layer.compute_dtype == "bfloat16"
    assert layer(tf.ones([1, 2])).dtype == tf.bfloat16
    assert repr(tf.float32) == "tf.float32" and tf.float32.name == "float32"
    assert pickle.loads(pickle.dumps(tf.int8)) is not None
    assert tf.float32 in (tf.int32, tf.float32) and tf.as_dtype("float32") == tf.float32
    assert tf.float32 != None and (tf.float32 == 3) is False  # noqa: E711
    assert tf.uint8.max == 255 and tf.float16.max == 65504
    with pytest.raises(TypeError, match="Cannot convert 'flaot' to a TensorFlow DType"):
        tf.as_dtype("flaot")


def test_variables():
    v = tf.Variable([1.0, 2.0], name="scope/v", trainable=False, dtype=tf.float16)
    assert v.name == "scope/v:0" and not v.trainable and v.dtype == tf.float16
    v.assign([3.0, 4.0])
    assert v.read_value().numpy().tolist() == v.numpy().tolist() == [3.0, 4.0]
    assert repr(v).startswith("<tf.Variable 'scope/v:0' shape=(2,) dtype=float16, numpy=array(")
    assert isinstance(cornu.Variable(1.0), tf.Variable)
    made = tf.Variable(lambda: tf.zeros([2]), shape=[None])
    assert made.shape == [2]
    with pytest.raises(ValueError, match="not compatible with the explicitly supplied"):
        tf.Variable([1.0], shape=[2])
    with pytest.raises(ValueError, match="needs an `initial_value`"):
        tf.Variable()
    with pytest.raises(TypeError, match="holds numbers"):
        tf.Variable("text")


def test_constraints_of_variables_hold_in_training():
    v = tf.Variable(1.0, constraint=lambda x: tf.clip_by_value(x, 0.5, 2.0))
    tf.keras.optimizers.SGD(1.0).apply_gradients([(tf.constant(5.0), v)])
    assert float(v) == 0.5


def test_variables_of_layers():
    class Scaled(tf.keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.scale = tf.Variable(2.0)
            self.calls = tf.Variable(0, trainable=False)

        def call(self, x):
            self.calls.assign_add(1)
            return x * self.scale

    layer = Scaled()
    assert layer(tf.ones([2])).numpy().tolist() == [2.0, 2.0]
    assert len(layer.trainable_variables) == 1 and int(layer.calls) == 1


@pytest.mark.parametrize(
    "expression, told",
    [
        ("tf.reduce_summ", "Did you mean 'reduce_sum'"),
        ("tf.Session", "Graphs and sessions ended with TensorFlow 1"),
        ("tf.compat.v1.placeholder", "Graphs and sessions ended"),
        ("tf.estimator", "use `tf.keras` models"),
        ("tf.saved_model", "model.save"),
        ("tf.lite", "model.export"),
        ("tf.ragged", "pad sequences"),
        ("tf.nn.rnn_cell", "LSTMCell"),
        ("tf.train.AdamOptimizer", "tf.keras.optimizers"),
        ("tf.data.Datset", "Did you mean 'Dataset'"),
        ("tf.math.reduce_mea", "Did you mean 'reduce_mean'"),
    ],
)
def test_what_is_not_there_says_what_to_do(expression, told):
    with pytest.raises(AttributeError) as caught:
        eval(expression, {"tf": tf})
    assert told in str(caught.value) and expression.removeprefix("tf.") in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="`tf.reduce_max` takes the arguments input_tensor, axis"):
        tf.reduce_max(tf.ones([2]), axes=0)


def test_symbolic_tensors_go_through():
    x = tf.keras.Input([4])
    y = tf.nn.relu(tf.reduce_mean(tf.square(x), axis=1, keepdims=True) - 1.0)
    rows = tf.reshape(x, [tf.shape(x)[0], 2, 2])
    model = tf.keras.Model(x, [y, rows])
    found, again = model(tf.ones([3, 4]) * 2)
    assert found.numpy().ravel().tolist() == [3.0, 3.0, 3.0] and again.shape == [3, 2, 2]


def test_sizes_are_known_in_compiled_code():
    @tf.function
    def rows(x):
        return tf.reshape(x, [tf.shape(x)[0] // 2, -1]) + tf.zeros(tf.shape(x)[:1] // 2)[:, None]

    assert rows(tf.ones([4, 3])).shape == [2, 6]


def test_random_numbers_repeat_with_a_seed():
    tf.random.set_seed(3)
    first = tf.random.normal([3]), tf.keras.layers.Dense(2), tf.random.uniform([2], seed=5)
    first[1].build((1, 2))
    tf.random.set_seed(3)
    second = tf.random.normal([3]), tf.keras.layers.Dense(2), tf.random.uniform([2], seed=5)
    second[1].build((1, 2))
    assert np.array_equal(first[0], second[0]) and np.array_equal(first[2], second[2])
    assert np.array_equal(first[1].kernel, second[1].kernel)
    pair = [tf.random.stateless_normal([3], seed) for seed in ([1, 2], [1, 2], [2, 1])]
    assert np.array_equal(pair[0], pair[1]) and not np.array_equal(pair[0], pair[2])


def test_random_numbers_have_their_distributions():
    tf.random.set_seed(0)
    normal = tf.random.normal([20000], mean=3.0, stddev=2.0).numpy()
    assert abs(normal.mean() - 3) < 0.1 and abs(normal.std() - 2) < 0.1
    poisson = tf.random.poisson([20000], 4.0).numpy()
    assert abs(poisson.mean() - 4) < 0.1 and abs(poisson.var() - 4) < 0.3
    uniform = tf.random.uniform([20000], 2, 5, dtype=tf.int32).numpy()
    assert set(uniform.tolist()) == {2, 3, 4}


def test_higher_derivatives_and_jacobians():
    x = tf.constant([1.0, 2.0])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(x**3)
        gradient = inner.gradient(y, x)
    assert outer.jacobian(gradient, x).numpy().tolist() == [[6.0, 0.0], [0.0, 12.0]]
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * 2
    unconnected = tf.UnconnectedGradients.ZERO
    other = tf.Variable(1.0)
    assert float(tape.gradient(y, other, unconnected_gradients=unconnected)) == 0.0


def test_custom_gradients():
    @tf.custom_gradient
    def clipped(x):
        return x, lambda upstream: tf.clip_by_value(upstream, -1.0, 1.0)

    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = clipped(x * 1.0) * 5.0
    assert float(tape.gradient(y, x)) == 1.0


def test_modules_list_their_variables():
    class Inner(tf.Module):
        def __init__(self):
            super().__init__()
            self.b = tf.Variable(1.0)

    class Outer(tf.Module):
        def __init__(self):
            super().__init__(name="outer")
            self.inner = [Inner(), Inner()]
            self.a = tf.Variable(1.0, trainable=False)

    outer = Outer()
    assert outer.name == "outer" and len(outer.variables) == 3
    assert len(outer.trainable_variables) == 2 and len(outer.submodules) == 2


def test_checkpoints(tmp_path):
    model = tf.keras.Sequential([tf.keras.Input([2]), tf.keras.layers.Dense(1)])
    optimizer = tf.keras.optimizers.Adam()
    optimizer.apply_gradients([(tf.ones(v.shape), v) for v in model.trainable_variables])
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, step=tf.Variable(7))
    manager = tf.train.CheckpointManager(checkpoint, tmp_path, max_to_keep=2)
    for _ in range(3):
        manager.save()
    assert len(manager.checkpoints) == 2 and manager.latest_checkpoint.endswith("ckpt-3")
    kernel = model.get_weights()[0]
    model.set_weights([w * 0 for w in model.get_weights()])
    fresh = tf.keras.optimizers.Adam()
    again = tf.train.Checkpoint(model=model, optimizer=fresh, step=tf.Variable(0))
    again.restore(manager.latest_checkpoint).expect_partial()
    assert np.array_equal(model.get_weights()[0], kernel)
    assert int(again.step) == 7 and int(fresh.iterations) == 1
    with pytest.raises(tf.errors.NotFoundError):
        again.restore(str(tmp_path / "none"))


def test_debugging_raises():
    with pytest.raises(tf.errors.InvalidArgumentError, match="x > y did not hold"):
        tf.debugging.assert_greater([1, 2], 1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN"):
        tf.debugging.assert_all_finite([1.0, np.nan], "bad")
    with pytest.raises(ValueError, match="Received rank: 1"):
        tf.debugging.assert_rank([1.0], 2)


def test_strategies_run_on_one_device():
    strategy = tf.distribute.MirroredStrategy()
    with strategy.scope():
        model = tf.keras.Sequential([tf.keras.Input([1]), tf.keras.layers.Dense(1)])
    assert strategy.num_replicas_in_sync == 1
    assert strategy.run(model, args=(tf.ones([2, 1]),)).shape == [2, 1]
    assert len(tf.config.list_physical_devices("CPU")) == 1
    with tf.device("/GPU:0"), tf.name_scope("x"):
        assert tf.ones([1]).shape == [1]


def test_strings_from_files(tmp_path):
    path = tmp_path / "a.txt"
    tf.io.write_file(str(path), "one\ntwo\n")
    lines = list(tf.data.TextLineDataset(str(path)).map(tf.strings.upper).as_numpy_iterator())
    assert lines == [b"ONE", b"TWO"]
    assert tf.io.read_file(tf.constant(str(path))).numpy() == b"one\ntwo\n"
    with pytest.raises(tf.errors.NotFoundError):
        tf.io.read_file(str(tmp_path / "none"))
    found = list(tf.data.Dataset.list_files(str(tmp_path / "*.txt")).as_numpy_iterator())
    assert found == [str(path).encode()]
