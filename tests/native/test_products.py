"""Dense layers and attention by native kernels: values, all gradients, wherever JAX puts them."""

from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from native.comparison import assert_close, by_both, calls, needs_package, normal, portable

import cornu
from cornu import ops
from cornu.backend import kernels
from cornu.backend.jax import native_products

pytestmark = needs_package

FORWARD, BACK = "cornu_product", "cornu_product_gradient"
# Rows, numbers summed over, columns: whole blocks, and what is left over on all sides.
SIZES = {"whole": (192, 256, 256), "odd": (301, 523, 61), "wide": (1100, 33, 1003)}


@pytest.fixture(autouse=True)
def also_for_small_tensors(monkeypatch):
    monkeypatch.setattr(native_products, "LEAST_ROWS", 64)
    monkeypatch.setattr(native_products, "LEAST_WORK", 1 << 20)
    monkeypatch.setattr(native_products, "LEAST_ATTENTION", 1 << 18)


def affine(relu):
    return lambda x, kernel, bias: kernels.affine(x, kernel, bias, 1, relu)


def product(x, kernel):
    return kernels.affine(x, kernel, None, 1, False)


def tensors(name="odd"):
    rows, depth, columns = SIZES[name]
    return normal(0, rows, depth), 0.1 * normal(1, depth, columns), normal(2, columns)


def with_gradients(function):
    """Outputs, and gradients of a sum that weighs all outputs differently."""

    def run(*values):
        outputs, pull = jax.vjp(function, *values)
        return outputs, pull(
            jnp.cos(jnp.arange(outputs.size, dtype="float32")).reshape(outputs.shape)
        )

    return run


def in_numpy(x, kernel, bias, relu):
    """What `with_gradients` returns for `affine`, in float64."""
    x, kernel, bias = (each.astype("float64") for each in (x, kernel, bias))
    outputs = x @ kernel + bias
    change = np.cos(np.arange(outputs.size)).reshape(outputs.shape)
    if relu:
        change, outputs = np.where(outputs > 0, change, 0), np.maximum(outputs, 0)
    return [outputs, change @ kernel.T, x.T @ change, change.sum(0)]


@pytest.mark.parametrize("relu", [False, True], ids=["linear", "relu"])
@pytest.mark.parametrize("name", SIZES)
def test_affine_is_that_of_numpy(name, relu):
    arguments = tensors(name)
    found = jax.tree.leaves(jax.jit(with_gradients(affine(relu)))(*arguments))
    expected = in_numpy(*arguments, relu)
    assert_close(found, [each.astype("float32") for each in expected])
    assert calls(with_gradients(affine(relu)), *arguments) == {FORWARD, BACK}


def test_without_bias():
    x, kernel, _ = tensors()
    found, expected = by_both(with_gradients(product), x, kernel)
    assert_close(found, expected)
    assert calls(product, x, kernel) == {FORWARD}


@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (1, 2), (0, 2)], ids=str)
def test_some_gradients(wanted):
    arguments = tensors()

    def gradients(*values):
        return jax.grad(lambda *some: jnp.sum(jnp.sin(affine(True)(*some))), wanted)(*values)

    assert_close(*by_both(gradients, *arguments))


def test_not_a_number_stays():
    x, kernel, bias = tensors()
    x[3, 5] = np.nan
    found, (_, by_kernel, _) = with_gradients(affine(True))(x, kernel, bias)
    assert np.isnan(found[3]).all()
    assert not np.isnan(np.delete(np.asarray(found), 3, 0)).any()
    assert np.isnan(by_kernel[5]).all()


def test_forward_derivative():
    arguments = tensors()

    def change(x, kernel, bias):
        return jax.jvp(affine(True), (x, kernel, bias), (2 * x, kernel**2, jnp.sin(bias)))

    assert_close(*by_both(change, *arguments))


def test_derivatives_of_gradients():
    arguments = tensors()

    def size(*values):
        gradients = jax.grad(lambda *some: jnp.sum(jnp.sin(affine(True)(*some))), (0, 1, 2))
        return sum(jnp.mean(each**2) for each in gradients(*values))

    assert_close(*by_both(jax.grad(size, (0, 1, 2)), *arguments), 3e-5)


def test_vmap():
    x, kernel, bias = tensors()
    arguments = np.stack([x, 2 * x]), kernel, np.stack([bias, -bias], 1)
    mapped = jax.vmap(with_gradients(affine(True)), (0, None, 1))
    assert_close(*by_both(mapped, *arguments))


def test_in_a_loop():
    x, kernel, bias = normal(0, 192, 256), 0.1 * normal(1, 256, 256), normal(2, 256)

    def loop(x, kernel, bias):
        def step(x, _):
            outputs, pull = jax.vjp(affine(True), x, kernel, bias)
            return jnp.tanh(outputs), pull(outputs)[1]

        return jax.lax.scan(step, x, None, 4)

    assert_close(*by_both(loop, x, kernel, bias))
    assert calls(loop, x, kernel, bias) == {FORWARD, BACK}


def test_in_threads():
    functions = [jax.jit(with_gradients(affine(relu))) for relu in (False, True)]
    arguments = [tensors(name) for name in SIZES]
    expected = [[function(*each) for each in arguments] for function in functions]

    def work(number):
        kind, place = number % 2, number % len(arguments)
        found = [functions[kind](*arguments[place]) for _ in range(5)]
        return [(jax.tree.leaves(each), jax.tree.leaves(expected[kind][place])) for each in found]

    with ThreadPoolExecutor(4) as pool:
        for pairs in pool.map(work, range(6)):
            for pair in pairs:
                assert_close(*pair, 1e-6)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_other_types_stay_with_xla(dtype):
    x, kernel, _ = tensors()
    with jax.enable_x64(dtype == "float64"):
        assert not kernels.affine_axes(jnp.asarray(x, dtype), jnp.asarray(kernel, dtype), None)
    assert kernels.affine_axes(x, kernel, None) == 1


def test_small_products_stay_with_xla():
    x, kernel = normal(0, 64, 32), normal(1, 32, 32)
    assert not kernels.affine_axes(x, kernel, None)


def test_export_is_portable():
    arguments = tensors()
    program = jax.jit(with_gradients(affine(True)))
    exported = jax.export.export(program)(*arguments)
    assert "cornu_" not in exported.mlir_module()
    pair = exported.call(*arguments), program(*arguments)
    assert_close(*map(jax.tree.leaves, pair))


LAYERS = {
    "relu": lambda: cornu.layers.Dense(256, activation="relu"),
    "tanh": lambda: cornu.layers.Dense(256, activation="tanh"),
    "no bias": lambda: cornu.layers.Dense(256, use_bias=False),
    "heads": lambda: cornu.layers.EinsumDense("abc,cde->abde", (None, 4, 64), bias_axes="de"),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer(name):
    layer, x = LAYERS[name](), normal(0, 4, 64, 256)
    layer.build(x.shape)
    weights = [normal(place + 1, *weight.shape) / 16 for place, weight in enumerate(layer.weights)]

    def run(x, *weights):
        return layer.stateless_call(list(weights), [], x)[0]

    assert_close(*by_both(with_gradients(run), x, *weights))
    assert calls(with_gradients(run), x, *weights) == {FORWARD, BACK}


def test_layer_that_is_called_eagerly_with_the_tape():
    layer, x = LAYERS["relu"](), jnp.asarray(normal(0, 4, 64, 256))
    layer.build(x.shape)
    with cornu.GradientTape() as tape:
        loss = ops.sum(ops.square(layer(x)))
    found = tape.gradient(loss, layer.trainable_variables)
    x, (kernel, _) = np.asarray(x, "float64").reshape(256, 256), layer.get_weights()
    outputs = np.maximum(x @ kernel, 0)
    expected = x.T @ (2 * outputs), 2 * outputs.sum(0)
    assert_close(found, [each.astype("float32") for each in expected])


# Shape of queries, number of keys, size of values, scale, whether it is causal.
ATTENTIONS = {
    "self": ((3, 64, 4, 64), 64, 64, 0.125, False),
    "causal": ((2, 150, 3, 32), 150, 32, 0.2, True),
    "odd": ((2, 299, 2, 29), 67, 45, 0.3, False),
    "causal with fewer keys": ((1, 80, 3, 40), 67, 24, 0.3, True),
}
ATTEND, ATTEND_BACK = "cornu_attention", "cornu_attention_gradient"


def attention(name):
    (batch, queries, heads, size), keys, value_size, scale, causal = ATTENTIONS[name]

    def attend(query, key, value):
        return ops.dot_product_attention(query, key, value, scale=scale, is_causal=causal)

    shapes = (queries, size), (keys, size), (keys, value_size)
    return attend, [normal(i, batch, n, heads, width) for i, (n, width) in enumerate(shapes)]


def attention_in_numpy(name, query, key, value):
    """What `with_gradients` returns for attention, in float64."""
    *_, scale, causal = ATTENTIONS[name]
    query, key, value = (np.swapaxes(each.astype("float64"), 1, 2) for each in (query, key, value))
    scores = scale * query @ np.swapaxes(key, 2, 3)
    if causal:
        scores = np.where(np.tri(*scores.shape[2:], dtype=bool), scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    outputs = np.swapaxes(weights @ value, 1, 2)
    change = np.swapaxes(np.cos(np.arange(outputs.size)).reshape(outputs.shape), 1, 2)
    part = weights * (change @ np.swapaxes(value, 2, 3))
    by_scores = scale * (part - weights * part.sum(-1, keepdims=True))
    gradients = (
        by_scores @ key,
        np.swapaxes(by_scores, 2, 3) @ query,
        np.swapaxes(weights, 2, 3) @ change,
    )
    return [outputs, *(np.swapaxes(each, 1, 2) for each in gradients)]


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_is_that_of_numpy(name):
    attend, arguments = attention(name)
    found = jax.tree.leaves(jax.jit(with_gradients(attend))(*arguments))
    expected = attention_in_numpy(name, *arguments)
    assert_close(found, [each.astype("float32") for each in expected])
    assert calls(with_gradients(attend), *arguments) == {ATTEND, ATTEND_BACK}


@pytest.mark.parametrize("name", ["self", "causal"])
def test_attention_where_the_kernel_is_not(name):
    attend, arguments = attention(name)
    with portable():
        found = jax.tree.leaves(jax.jit(with_gradients(attend))(*arguments))
    expected = attention_in_numpy(name, *arguments)
    assert_close(found, [each.astype("float32") for each in expected])


def test_derivatives_of_attentions_gradients():
    attend, arguments = attention("causal with fewer keys")

    def size(*values):
        gradients = jax.grad(lambda *some: jnp.sum(jnp.sin(attend(*some))), (0, 1, 2))
        return sum(jnp.sum(each**2) for each in gradients(*values))

    assert_close(*by_both(jax.grad(size, 1), *arguments), 3e-5)


def test_attention_elsewhere():
    attend, arguments = attention("self")
    stacked = [np.stack([each, 2 * each]) for each in arguments]
    assert_close(*by_both(jax.vmap(attend), *stacked))

    def change(*values):
        return jax.jvp(attend, values, tuple(jnp.sin(each) for each in values))

    assert_close(*by_both(change, *arguments))


def test_attention_with_a_mask_stays_with_xla():
    _, arguments = attention("self")
    mask = np.tri(64, dtype=bool)
    assert calls(lambda *each: ops.dot_product_attention(*each, mask=mask), *arguments) == set()
    few = [each[:1, :20, :1] for each in arguments]
    assert native_products.attention_suits(*arguments, 1.0)
    assert not native_products.attention_suits(*few, 1.0)
    assert not native_products.attention_suits(*arguments, -1.0)


def test_multi_head_attention():
    # (Without biases: the gradient by the bias of keys is 0, but for rounding.)
    layer, x = cornu.layers.MultiHeadAttention(4, 32, use_bias=False), normal(0, 2, 64, 128)
    layer.build(x.shape, x.shape)
    weights = [normal(place, *weight.shape) / 8 for place, weight in enumerate(layer.weights)]

    def run(x, *weights):
        return layer.stateless_call(list(weights), [], x, x)[0]

    assert_close(*by_both(with_gradients(run), x, *weights))
    assert calls(with_gradients(run), x, *weights) == {FORWARD, BACK, ATTEND, ATTEND_BACK}


@pytest.mark.parametrize("place", [0, 1])
def test_a_product_is_turned_round_by_either_argument(place):
    *given, _ = tensors()

    def of_one(varying):
        return product(*(varying if i == place else each for i, each in enumerate(given)))

    upstream = normal(3, *of_one(given[place]).shape)
    turned = jax.linear_transpose(of_one, given[place])(upstream)
    other = given[1 - place].T
    expected = upstream @ other if place == 0 else other @ upstream
    assert_close(turned, [expected])


def test_a_recurrent_layer_of_many_units_learns():
    cornu.utils.set_random_seed(0)
    model = cornu.Sequential([cornu.Input((20, 64)), cornu.layers.LSTM(64), cornu.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, y = normal(0, 64, 20, 64), normal(1, 64, 1)
    first, *_, last = model.fit(x, y, batch_size=64, epochs=5, verbose=0).history["loss"]
    assert last < first
