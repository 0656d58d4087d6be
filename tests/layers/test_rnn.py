"""What recurrent layers do beyond what the table shows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from layers.case import set_weights
from native.comparison import without_package

import cornu as keras
from cornu import KerasTensor, layers

X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
MASK = np.array([[False, True, True, False, True], [True, False, True, True, False]])
CELLS = {
    "simple": lambda **k: layers.SimpleRNNCell(4, **k),
    "gru": lambda **k: layers.GRUCell(4, **k),
    "gru_reset_before": lambda **k: layers.GRUCell(4, reset_after=False, **k),
    "lstm": lambda **k: layers.LSTMCell(4, **k),
}
each_cell = pytest.mark.parametrize("name", CELLS)


def slowly(cell):
    """A cell that only its own call knows, from one of ours."""

    class Own(type(cell)):
        def call(self, inputs, states, training=False):
            return super().call(inputs, states, training=training)

    return Own.from_config(cell.get_config())


def assert_close(found, expected):
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def both(name, **options):
    """A layer that takes all steps at once, and one that calls its cell for each, alike."""
    found = []
    for make in (lambda cell: cell, slowly):
        layer = layers.RNN(make(CELLS[name]()), **options)
        layer.build(X.shape)
        set_weights(layer)
        found.append(layer)
    return found


OPTIONS = [
    (None, {"return_state": True, "unroll": True}),
    (MASK, {"return_sequences": True, "return_state": True}),
    (MASK, {"return_sequences": True, "go_backwards": True}),
    (MASK, {"zero_output_for_mask": True, "go_backwards": True}),
]


@each_cell
@pytest.mark.parametrize(
    ("mask", "options"), OPTIONS, ids=lambda value: "-".join(value) if type(value) is dict else ""
)
def test_all_steps_at_once_are_one_after_the_other(name, mask, options):
    fast, slow = both(name, **options)
    assert fast.cell._is_known
    assert not slow.cell._is_known
    state = [np.full((2, 4), 0.3, "float32") for _ in fast.state_size]
    values = [[v.value for v in layer.trainable_variables] for layer in (fast, slow)]

    def total(layer, trained, x, state):
        fixed = [v.value for v in layer.non_trainable_variables]
        y, _ = layer.stateless_call(trained, fixed, x, initial_state=state, mask=mask)
        return sum(jnp.sum(jnp.sin(each * 3)) for each in jax.tree.leaves(y)), y

    def run(layer, trained):
        function = jax.value_and_grad(total, argnums=(1, 2, 3), has_aux=True)
        return jax.jit(function, static_argnums=0)(layer, trained, X, state)

    assert_close(run(fast, values[0]), run(slow, values[1]))


@each_cell
def test_derivatives_of_any_order_and_direction(name):
    fast, slow = both(name)

    def of(layer):
        trained = [v.value for v in layer.trainable_variables]
        fixed = [v.value for v in layer.non_trainable_variables]

        def total(trained):
            return jnp.sum(layer.stateless_call(trained, fixed, X[:, :3])[0] ** 2)

        change = [jnp.ones_like(value) for value in trained]
        return jax.jvp(jax.value_and_grad(total), (trained,), (change,))

    found, expected = jax.jit(lambda: of(fast))(), jax.jit(lambda: of(slow))()
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def inner_jaxprs(jaxpr):
    """A jaxpr and all those inside of it."""
    yield jaxpr
    for equation in jaxpr.eqns:
        for value in jax.tree.leaves(
            equation.params, is_leaf=lambda leaf: hasattr(leaf, "jaxpr") or hasattr(leaf, "eqns")
        ):
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from inner_jaxprs(inner)


@each_cell
def test_a_step_is_few_products_forward_and_backward(name):
    layer, _ = both(name)
    fixed = [v.value for v in layer.non_trainable_variables]

    def total(trained, x):
        return jnp.sum(layer.stateless_call(trained, fixed, x)[0] ** 2)

    trained = [v.value for v in layer.trainable_variables]
    with without_package():
        whole = jax.make_jaxpr(jax.grad(total, argnums=(0, 1)))(trained, X).jaxpr
    loops = [e for j in inner_jaxprs(whole) for e in j.eqns if e.primitive.name == "scan"]
    assert len(loops) == 2
    for loop in loops:
        body = loop.params["jaxpr"].jaxpr
        products = [e for j in inner_jaxprs(body) for e in j.eqns]
        products = [e for e in products if e.primitive.name == "dot_general"]
        assert len(products) == (2 if name == "gru_reset_before" else 1)
        # What goes from step to step is no larger than a state.
        first = loop.params["num_consts"]
        carried = body.invars[first : first + loop.params["num_carry"]]
        assert all(v.aval.size <= 2 * 4 for v in carried)


@each_cell
def test_a_call_of_a_cell_is_a_step(name):
    layer, _ = both(name)
    state = [np.full((2, 4), 0.3, "float32") for _ in layer.state_size]
    output, states = layer.cell(X[:, 0], state)
    assert_close([output], layer(X[:, :1], initial_state=state))
    if len(state) == 1:
        output, alone = layer.cell(X[:, 0], state[0])
        assert_close(alone, states[0])


def test_initial_states_in_a_functional_model():
    source, target = keras.Input((None, 3)), keras.Input((None, 2))
    _, *states = layers.LSTM(4, return_state=True)(source)
    outputs = layers.LSTM(4, return_sequences=True)(target, initial_state=states)
    assert outputs.shape == (None, None, 4)
    model = keras.Model([source, target], layers.Dense(1)(outputs))
    set_weights(model)
    y = np.ones((2, 7, 2), "float32")
    found = model([X, y])
    _, h, c = model.layers[2](X)
    expected = model.layers[4](model.layers[3](y, initial_state=[h, c]))
    assert_close(found, expected)
    copy = keras.Model.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    assert_close(copy([X, y]), found)


def test_a_stateful_layer_goes_on_where_it_was():
    layer = layers.LSTM(4, stateful=True, return_sequences=True)
    layer(X[:, :2])
    set_weights(layer)
    layer.reset_state()
    parts = [layer(X[:, :2]), layer(X[:, 2:])]
    other = layers.LSTM(4, return_sequences=True)
    other.build(X.shape)
    other.set_weights(layer.get_weights())
    assert_close(np.concatenate(parts, 1), other(X))
    assert len(layer.weights) == 3
    assert [v.name for v in layer.non_trainable_variables[1:]] == ["rnn_state", "rnn_state"]
    layer.reset_states()
    assert_close(layer(X[:, :2]), parts[0])


def test_a_stateful_layer_trains_in_a_model():
    model = keras.Sequential(
        [keras.Input(batch_shape=(2, 5, 3)), layers.GRU(4, stateful=True), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    state = model.layers[0].states[0]
    model.fit(X, np.ones((2, 1)), batch_size=2, epochs=2, verbose=0)
    after = np.asarray(state.value)
    assert np.abs(after).min() > 0
    model.predict(X, batch_size=2, verbose=0)
    assert not np.array_equal(after, state.value)


def test_what_a_stateful_layer_needs():
    with pytest.raises(ValueError, match="batch size must be static"):
        layers.LSTM(4, stateful=True)(keras.Input((5, 3)))
    layer = layers.LSTM(4, stateful=True)
    layer(X)
    with pytest.raises(ValueError, match="batch size"):
        layer(np.ones((3, 5, 3), "float32"))


@each_cell
def test_dropout_drops_the_same_in_all_steps(name):
    cell = CELLS[name](dropout=0.5, recurrent_dropout=0.5, seed=3)
    layer = layers.RNN(cell, return_sequences=True)
    layer.build(X.shape)
    set_weights(layer)
    slow = layers.RNN(slowly(cell), return_sequences=True)
    slow.build(X.shape)
    set_weights(slow)
    first, second = (layer(X, training=True) for _ in range(2))
    assert_close([first, second], [slow(X, training=True) for _ in range(2)])
    assert not np.allclose(first, second)
    assert not np.allclose(first, layer(X))
    assert_close(layer(X), slow(X))
    assert cell.get_dropout_mask(X[:, 0]) is cell.get_dropout_mask(X[:, 0])


def test_dropout_in_compiled_training():
    model = keras.Sequential([layers.LSTM(4, dropout=0.3, recurrent_dropout=0.2), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, np.ones((2, 1)), epochs=2, verbose=0)
    state = model.layers[0].cell.seed_generator.state
    assert int(state.value[1]) == 2 * (4 + 4)


class Nested(layers.Layer):
    """A cell with a sum, and a nest of the last inputs and a count, as its state."""

    state_size = [3, [3, 1]]
    output_size = 3

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(3,), initializer="ones")

    def call(self, inputs, states, training=None):
        total, (before, count) = states
        total = total + self.scale * inputs * (2.0 if training else 1.0)
        return total - before, [total, [inputs, count + 1]]


def test_a_cell_with_nested_states():
    layer = layers.RNN(Nested(), return_state=True, return_sequences=True)
    outputs, total, (before, count) = layer(X)
    assert_close(total, X.sum(1))
    assert_close(before, X[:, -1])
    assert count.tolist() == [[5.0], [5.0]]
    assert_close(outputs[:, 1], X[:, 0] + X[:, 1] - X[:, 0])
    assert_close(layer(X, training=True)[1], 2 * X.sum(1))
    symbolic = layer(KerasTensor((None, None, 3)))
    assert symbolic[0].shape == (None, None, 3)
    assert [x.shape for x in symbolic[2]] == [(None, 3), (None, 1)]
    again = layer(X, initial_state=[total, [before, count]], mask=MASK)
    assert again[2][1].tolist() == [[8.0], [8.0]]


def test_a_cell_that_is_no_layer():
    class Sum:
        state_size = 3

        def call(self, inputs, states):
            return inputs + states[0], inputs + states[0]

    assert_close(layers.RNN(Sum())(X), X.sum(1))


def test_what_is_no_cell():
    with pytest.raises(ValueError, match="`call`"):
        layers.RNN(3)
    with pytest.raises(ValueError, match="state_size"):
        layers.RNN(layers.Dense(3))
    with pytest.raises(ValueError, match="state_size"):
        layers.StackedRNNCells([layers.Dense(3)])


@pytest.mark.parametrize("units", [0, -1, 2.5, True])
@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM"])
def test_units_are_checked(layer, units):
    with pytest.raises(ValueError, match="units"):
        getattr(layers, layer)(units)
    assert getattr(layers, layer)(np.int64(3))(X).shape == (2, 3)


def test_cudnn_is_not_to_be_had():
    with pytest.raises(ValueError, match="cuDNN is not supported"):
        layers.LSTM(4, use_cudnn=True)(X)
    with pytest.raises(ValueError, match="use_cudnn"):
        layers.GRU(4, use_cudnn="always")


def test_states_are_checked():
    with pytest.raises(ValueError, match="states"):
        layers.LSTM(4)(X, initial_state=[np.zeros((2, 4))])
    with pytest.raises(ValueError, match="batch size"):
        layers.GRU(4)(X, initial_state=np.zeros((3, 4)))


def test_unrolling_needs_a_known_number_of_steps():
    with pytest.raises(ValueError, match="unroll"):
        layers.GRU(4, unroll=True)(keras.Input((None, 3)))


def test_a_mask_goes_from_an_embedding_through_to_the_loss():
    model = keras.Sequential(
        [
            layers.Embedding(9, 3, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(1)),
        ]
    )
    tokens = np.array([[1, 2, 0, 0], [3, 4, 5, 0]])
    model.compile("sgd", "mse")
    first = model.evaluate(tokens, np.ones((2, 4, 1)), verbose=0)
    targets = np.ones((2, 4, 1))
    targets[tokens == 0] = 100.0
    assert model.evaluate(tokens, targets, verbose=0) == pytest.approx(first)


def test_bidirectional_initial_states_and_weights():
    layer = layers.Bidirectional(layers.GRU(4, return_state=True))
    layer(X)
    set_weights(layer)
    states = [np.full((2, 4), value, "float32") for value in (0.2, 0.5)]
    output, first, second = layer(X, initial_state=states)
    forward, backward = layer.forward_layer, layer.backward_layer
    assert_close(first, forward(X, initial_state=states[:1])[1])
    assert_close(second, backward(X, initial_state=states[1:])[1])
    assert_close(output, np.concatenate([first, second], -1))
    copy = layers.Bidirectional(layers.GRU(4, return_state=True), weights=layer.get_weights())
    assert_close(copy(X, initial_state=states), (output, first, second))


def test_a_stateful_bidirectional_layer():
    layer = layers.Bidirectional(layers.LSTM(4, stateful=True))
    assert layer.states is None
    first, second = layer(X), layer(X)
    assert not np.allclose(first, second)
    assert len(layer.states) == 4
    layer.reset_state()
    assert_close(layer(X), first)


def test_what_bidirectional_refuses():
    lstm = layers.LSTM(4)
    with pytest.raises(ValueError, match="layer"):
        layers.Bidirectional(4)
    with pytest.raises(ValueError, match="merge mode"):
        layers.Bidirectional(lstm, merge_mode="max")
    with pytest.raises(ValueError, match="go_backwards"):
        layers.Bidirectional(lstm, backward_layer=layers.LSTM(4))
    other = layers.LSTM(4, go_backwards=True, return_sequences=True)
    with pytest.raises(ValueError, match="return_sequences"):
        layers.Bidirectional(lstm, backward_layer=other)


def test_time_distributed_over_an_unknown_number_of_steps():
    for inner in (layers.Dense(4), layers.BatchNormalization()):
        inputs = keras.Input((None, 3))
        model = keras.Model(inputs, layers.TimeDistributed(inner)(inputs))
        assert model.output.shape == (None, None, 4 if inner.name.startswith("dense") else 3)
        assert model(X).shape[:2] == (2, 5)


def test_time_distributed_calls_a_model_of_layers_once():
    calls = []

    class Count(layers.Dense):
        def call(self, inputs):
            calls.append(inputs.shape)
            return super().call(inputs)

    inner = keras.Sequential([layers.Dense(4, "relu"), layers.Flatten()])
    layer = layers.TimeDistributed(inner)
    outputs = layer(X)
    assert_close(outputs, np.stack([inner(X[:, i]) for i in range(5)], 1))
    layers.TimeDistributed(Count(2))(X)
    assert calls == [(2, 3)] * 5  # nobody knows what somebody else's layer does


def test_what_wrappers_refuse():
    for wrapper in (layers.Wrapper, layers.TimeDistributed):
        with pytest.raises(ValueError, match="layer"):
            wrapper("dense")
    with pytest.raises(ValueError, match="at least 3"):
        layers.TimeDistributed(layers.Dense(2))(np.ones((2, 3), "float32"))
    with pytest.raises(ValueError, match="mask"):
        layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones((2, 4), bool))


def test_a_wrapper_keeps_its_layer():
    class Twice(layers.Wrapper):
        def call(self, inputs):
            return self.layer(self.layer(inputs))

    layer = Twice(layers.Dense(3))
    y = layer(X)
    assert [w.path for w in layer.weights] == ["twice/dense/kernel", "twice/dense/bias"]
    copy = Twice.from_config(layer.get_config())
    copy.build(X.shape)
    copy.set_weights(layer.get_weights())
    assert_close(copy(X), y)


def test_half_precision_all_along():
    layer = layers.LSTM(4, dtype="mixed_bfloat16", return_sequences=True, return_state=True)
    outputs = layer(X)
    assert {str(x.dtype) for x in outputs} == {"bfloat16"}
    assert {w.dtype for w in layer.weights} == {"float32"}
    outputs = layers.RNN(layers.GRUCell(4), dtype="mixed_bfloat16")(X)
    assert outputs.dtype == "bfloat16"


def test_the_second_eager_call_compiles_nothing():
    layer = layers.GRU(4, return_sequences=True)
    layer(X, mask=MASK)
    found = []

    def listen(event, seconds, **kwargs):
        if event.endswith("backend_compile_duration"):
            found.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        layer(2 * X, mask=MASK)
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert not found


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_both_directions_have_the_choice_of_cudnn(kind):
    for choice in (True, False, "auto"):
        both = keras.layers.Bidirectional(getattr(keras.layers, kind)(1, use_cudnn=choice))
        assert both.forward_layer.use_cudnn == both.backward_layer.use_cudnn == choice
    assert not hasattr(keras.layers.SimpleRNN(1), "use_cudnn")
