"""What `Layer` does for every layer that somebody writes."""

import numpy as np
import pytest

import cornu as keras
from cornu import KerasTensor, ops


class Scale(keras.layers.Layer):
    """Multiplies by a weight; counts its builds."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.builds = 0

    def build(self, input_shape):
        self.builds += 1
        self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")
        self.calls = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="calls", dtype="float32"
        )

    def call(self, inputs):
        self.calls.assign_add(1.0)
        return inputs * self.factor


def ones(*shape):
    return np.ones(shape, "float32")


def test_a_layer_is_built_once():
    layer = Scale()
    for rows in (2, 5, 2):
        layer(ones(rows, 3))
    assert layer.builds == 1
    assert float(layer.calls.value) == 3


def test_weights_and_layers_in_attributes_lists_and_dicts_are_tracked():
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.one = keras.layers.Dense(2)
            self.several = [keras.layers.Dense(2), Scale()]
            self.named = {"a": keras.layers.Dense(2)}
            self.offset = keras.Variable(1.0, name="offset")
            self.count = keras.Variable(0, trainable=False, dtype="int32", name="count")

        def call(self, x):
            for layer in (self.one, *self.several, *self.named.values()):
                x = layer(x)
            return x + self.offset

    layer = Holder()
    layer.several.append(keras.layers.Dense(2))
    layer.several.append(keras.layers.Dense(2))
    del layer.several[-1]
    layer(ones(1, 2))
    assert len(layer.trainable_weights) == 2 + 2 + 1 + 2 + 2 + 1
    assert [w.name for w in layer.non_trainable_weights] == ["count", "calls"]


def test_an_attribute_set_anew_is_not_tracked_twice():
    layer = keras.layers.Layer()
    layer.inner = keras.layers.Dense(2)
    layer.inner.build((None, 2))
    layer.inner = keras.layers.Dense(3)
    layer.inner.build((None, 2))
    assert [tuple(w.shape) for w in layer.weights] == [(2, 3), (3,)]


def test_new_state_after_the_build_is_refused():
    layer = Scale()
    layer.inner = []
    layer(ones(1, 3))
    with pytest.raises(ValueError, match="built"):
        layer.late = keras.Variable(1.0)
    with pytest.raises(ValueError, match="built"):
        layer.inner.append(keras.layers.Dense(2))
    assert len(layer.weights) == 2


def test_losses_are_those_of_the_last_call():
    class Penalty(keras.layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer = Penalty()
    layer(ones(2, 2))
    layer(3 * ones(2, 2))
    assert [float(loss) for loss in layer.losses] == [12.0]


def test_no_examples_cost_nothing():
    layer = keras.layers.Dense(2, activity_regularizer="l2")
    layer(ones(0, 3))
    np.testing.assert_array_equal(layer.losses, [0.0])


def test_losses_of_inner_layers_and_of_weights_come_together():
    model = keras.Sequential(
        [
            keras.layers.Dense(2, kernel_regularizer="l2", kernel_initializer="ones"),
            keras.layers.Dense(1, activity_regularizer=keras.regularizers.L1(0.5)),
        ]
    )
    model(ones(1, 3))
    assert len(model.losses) == 2
    model.layers[0].trainable = False  # a frozen weight is not penalised
    assert len(model.losses) == 1


def test_trainable_reaches_inner_layers():
    model = keras.Sequential([keras.layers.Dense(2), keras.layers.BatchNormalization()])
    model.build((None, 3))
    assert len(model.trainable_weights) == 4
    model.trainable = False
    assert model.trainable_weights == []
    assert not model.layers[0].trainable
    model.layers[1].trainable = True
    assert len(model.layers[1].trainable_weights) == 2


class Tell(keras.layers.Layer):
    """Returns what training mode it was called in."""

    def call(self, x, training=None):
        self.told = training
        return x


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [(None, None, None), (True, None, True), (False, None, False), (True, False, False)],
)
def test_training_comes_from_the_caller_unless_given(outer, inner, expected):
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.tell = Tell()

        def call(self, x, training=None):
            return self.tell(x) if inner is None else self.tell(x, training=inner)

    layer = Outer()
    layer(ones(1, 1)) if outer is None else layer(ones(1, 1), training=outer)
    assert layer.tell.told == expected


def test_training_passes_through_a_layer_that_does_not_take_it():
    class Outer(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.tell = Tell()

        def call(self, x):
            return self.tell(x)

    class Outermost(Outer):
        def __init__(self):
            super().__init__()
            self.tell = Outer()

        def call(self, x, training=None):
            return self.tell(x)

    layer = Outermost()
    layer(ones(1, 1), training=True)
    assert layer.tell.tell.told is True


def test_masks_reach_the_layers_that_take_them():
    class Seen(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, x, mask=None):
            self.mask = mask
            return x

    seen, plain = Seen(), keras.layers.Dropout(0.0)
    tokens = np.array([[3, 1, 0], [2, 0, 0]])
    embedded = keras.layers.Embedding(5, 2, mask_zero=True)(tokens)
    seen(plain(embedded))
    np.testing.assert_array_equal(seen.mask, tokens != 0)
    seen(ones(2, 3, 2))
    assert seen.mask is None
    seen(ones(2, 3, 2), mask=np.ones((2, 3), bool))
    assert np.all(np.asarray(seen.mask))


@pytest.mark.parametrize(
    ("layer", "inputs", "error"),
    [
        (lambda: keras.layers.Dense(2), (2,), "min_ndim=2"),
        (lambda: keras.layers.Conv2D(2, 3), (2, 8, 8), "ndim=3"),
    ],
    ids=["dense", "conv2d"],
)
def test_a_wrong_rank_is_an_error_that_names_the_layer(layer, inputs, error):
    layer = layer()
    with pytest.raises(ValueError, match=error) as caught:
        layer(ones(*inputs))
    assert layer.name in str(caught.value)
    assert len(str(caught.value)) < 2000


def test_a_wrong_width_is_an_error_with_both_shapes():
    layer = keras.layers.Dense(2)
    layer(ones(1, 3))
    with pytest.raises(ValueError, match="3") as caught:
        layer(ones(1, 4))
    assert "4" in str(caught.value)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        ({"ndim": 3}, (2, 3)),
        ({"max_ndim": 1}, (2, 3)),
        ({"shape": (None, 4)}, (2, 3)),
        ({"axes": {-1: 4}}, (2, 3)),
        ({"dtype": "int32"}, (2, 3)),
    ],
)
def test_input_spec_is_checked(spec, shape):
    layer = keras.layers.Identity()
    layer.input_spec = keras.layers.InputSpec(**spec)
    with pytest.raises(ValueError, match=layer.name):
        layer(ones(*shape))


def test_get_and_set_weights():
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    values = [np.arange(6, dtype="float32").reshape(3, 2), np.array([7, 8], "float32")]
    layer.set_weights(values)
    for got, want in zip(layer.get_weights(), values, strict=True):
        np.testing.assert_array_equal(got, want)
    with pytest.raises(ValueError, match="2"):
        layer.set_weights(values[:1])
    with pytest.raises(ValueError, match=r"\(3, 2\)"):
        layer.set_weights([values[0].T, values[1]])
    for got, want in zip(layer.get_weights(), values, strict=True):
        np.testing.assert_array_equal(got, want)  # an error changes nothing


def test_stateless_call_changes_nothing_in_place():
    layer = Scale()
    layer.build((None, 3))
    outputs, fixed = layer.stateless_call([np.full(3, 2.0, "float32")], [ones() * 4], ones(1, 3))
    np.testing.assert_array_equal(outputs, [[2, 2, 2]])
    assert [float(value) for value in fixed] == [5.0]
    assert float(layer.calls.value) == 0
    np.testing.assert_array_equal(layer.factor.value, [1, 1, 1])


def test_paths_say_where_a_weight_is():
    class Block(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = keras.layers.Dense(2, name="inner")

        def build(self, input_shape):
            self.dense.build(input_shape)

        def call(self, x):
            return self.dense(x)

    block = Block(name="outer")
    block(ones(1, 3))
    assert [w.path for w in block.weights] == ["outer/inner/kernel", "outer/inner/bias"]


def test_build_with_several_named_inputs():
    class Both(keras.layers.Layer):
        def build(self, left_shape, right_shape):
            self.shapes = tuple(left_shape), tuple(right_shape)

        def call(self, left, right):
            return left + ops.sum(right)

    layer = Both()
    layer(ones(2, 3), right=ones(4))
    assert layer.shapes == ((2, 3), (4,))


def test_a_layer_that_decides_on_values_runs_on_arrays():
    class Halve(keras.layers.Layer):
        def call(self, x):
            while ops.max(x) > 1:
                x = x / 2
            return x

    np.testing.assert_array_equal(Halve()(np.array([[8.0, 2.0]], "float32")), [[1.0, 0.25]])
    model = keras.Sequential([keras.layers.Dense(2, kernel_initializer="ones"), Halve()])
    assert float(ops.max(model(7 * ones(1, 2)))) == 0.875


def test_config_comes_from_the_constructor():
    layer = Scale(units=7, name="mine", dtype="float16")
    config = layer.get_config()
    assert config["units"] == 7
    assert config["name"] == "mine"
    again = Scale.from_config(config)
    assert (again.units, again.name, again.compute_dtype) == (7, "mine", "float16")


def test_symbolic_calls_give_symbolic_tensors():
    layer = Scale()
    out = layer(KerasTensor((None, 3)))
    assert isinstance(out, KerasTensor)
    assert out.shape == (None, 3)
    assert float(layer.calls.value) == 0  # nothing was computed


def test_compute_dtype_and_variable_dtype_of_mixed_precision():
    layer = keras.layers.Dense(2, dtype="mixed_bfloat16")
    out = layer(ones(1, 3))
    assert layer.compute_dtype == "bfloat16"
    assert layer.variable_dtype == "float32"
    assert out.dtype == "bfloat16"
    assert layer.kernel.dtype == "float32"


def test_a_layer_without_call_says_so():
    class Empty(keras.layers.Layer):
        pass

    with pytest.raises(NotImplementedError, match="call"):
        Empty()(ones(1, 1))


def test_super_init_forgotten_is_an_error():
    class Forgot(keras.layers.Layer):
        def __init__(self):
            self.inner = keras.layers.Dense(1)

    with pytest.raises(RuntimeError, match="super"):
        Forgot()(ones(1, 1))


def test_units_may_be_an_integer_of_numpy():
    layer = keras.layers.Dense(np.int64(3))
    assert layer(ones(2, 4)).shape == (2, 3)
    assert type(layer.get_config()["units"]) is int
    table = keras.layers.Embedding(np.int32(5), np.int64(2))
    assert table(np.zeros((1, 3), "int32")).shape == (1, 3, 2)
    assert type(table.get_config()["input_dim"]) is int
