"""Native convolutions are the portable ones, with all gradients, wherever JAX may put them."""

from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from native.comparison import assert_close, by_both, calls, needs_package, normal, portable

import cornu
from cornu import ops
from cornu.ops._convolution import convolved

pytestmark = needs_package

FORWARD, INPUT, KERNEL = (
    "cornu_convolution",
    "cornu_convolution_input_gradient",
    "cornu_convolution_kernel_gradient",
)
ACTIVATED = "cornu_convolution_activated"
BIASED_KERNEL = "cornu_convolution_biased_kernel_gradient"
# shape of inputs, window, filters, options of `ops.conv`; the groups follow from the last number,
# channels for each filter.
CASES = {
    "1d": ((3, 17, 8), (3,), 16, {}),
    "2d": ((3, 7, 5, 13), (3, 5), 11, {"padding": "same"}),
    "2d strides differ": ((2, 9, 11, 16), (3, 2), 8, {"strides": (2, 3), "padding": "same"}),
    "2d same": ((2, 9, 11, 16), (3, 3), 32, {"padding": "same"}),
    "2d strided": ((2, 9, 11, 16), (3, 3), 24, {"strides": 2}),
    "2d strided, padding on one side": (
        (2, 10, 8, 16),
        (3, 3),
        24,
        {"strides": 2, "padding": "same"},
    ),
    "2d window smaller than strides": ((2, 9, 9, 16), (1, 1), 32, {"strides": 2}),
    "2d dilated": ((2, 9, 11, 16), (3, 3), 32, {"dilation_rate": (2, 1)}),
    # Of these, four outputs come from 16 products.
    "2d tiled": ((4, 9, 11, 32), (3, 3), 48, {"padding": "same"}),
    "2d tiled, no padding": ((3, 12, 13, 48), (3, 3), 32, {}),
    "2d tiled, wide": ((2, 16, 16, 112), (3, 3), 144, {"padding": "same"}),
    "2d large": ((1, 40, 30, 9), (3, 3), 17, {"padding": "same"}),
    "2d one channel": ((4, 12, 12, 1), (3, 3), 32, {}),
    "2d three channels": ((4, 12, 12, 3), (5, 5), 32, {"strides": 2, "padding": "same"}),
    "3d": ((2, 5, 6, 7, 8), (3, 2, 3), 16, {"padding": "same"}),
    "3d strided": ((2, 6, 6, 7, 8), (3, 3, 3), 16, {"strides": (1, 2, 2), "padding": "same"}),
    "groups": ((2, 9, 11, 16), (3, 3), 32, {"padding": "same", "channels": 8}),
    "depthwise": ((2, 9, 11, 32), (3, 3), 32, {"padding": "same", "channels": 1}),
    "depthwise, two filters each": ((2, 9, 11, 16), (3, 3), 32, {"channels": 1}),
    "channels first": ((2, 16, 9, 11), (3, 3), 32, {"data_format": "channels_first"}),
}


def case(name):
    """A function of inputs and kernel, and those two."""
    shape, window, filters, options = CASES[name]
    options = dict(options)
    first = options.get("data_format") == "channels_first"
    channels = options.pop("channels", shape[1 if first else -1])

    def convolve(x, kernel):
        return ops.conv(x, kernel, **options)

    return convolve, normal(0, *shape), normal(1, *window, channels, filters)


def activated_case(name, biased=True, relu=True):
    """A function of inputs, kernel and (if `biased`) bias, as layers call it, and those."""
    shape, window, filters, options = CASES[name]
    options = dict(options)
    channels = options.pop("channels", shape[-1])

    def convolve(x, kernel, bias=None):
        return convolved(x, kernel, bias, relu, **options)

    values = normal(0, *shape), normal(1, *window, channels, filters)
    return convolve, *values, *([5 * normal(2, filters)] if biased else [])


def with_gradients(convolve):
    """Outputs, and gradients of a sum that weighs all outputs differently."""

    def run(*arguments):
        out, pull = jax.vjp(convolve, *arguments)
        weights = np.cos(np.arange(out.size)).reshape(out.shape)
        return out, pull(jnp.asarray(weights, "bfloat16").astype(out.dtype))

    return run


@pytest.mark.parametrize("name", CASES)
def test_outputs_and_gradients(name):
    convolve, x, kernel = case(name)
    assert_close(*by_both(with_gradients(convolve), x, kernel))


@pytest.mark.parametrize("name", ["1d", "2d same", "2d strided", "3d"])
def test_kernels_are_native(name):
    convolve, x, kernel = case(name)
    assert calls(with_gradients(convolve), x, kernel) == {FORWARD, INPUT, KERNEL}


def test_one_channel_is_left_to_xla_forward():
    convolve, x, kernel = case("2d one channel")
    assert calls(with_gradients(convolve), x, kernel) == {INPUT, KERNEL}


@pytest.mark.parametrize(
    "name, biased, relu",
    [
        ("1d", True, True),
        ("2d tiled", True, True),
        ("2d tiled", True, False),
        ("2d tiled", False, True),
        ("2d large", True, False),
        ("groups", True, True),
        ("3d strided", False, True),
    ],
)
def test_bias_and_relu(name, biased, relu):
    convolve, *values = activated_case(name, biased, relu)
    assert_close(*by_both(with_gradients(convolve), *values))
    last = BIASED_KERNEL if biased else KERNEL
    assert calls(with_gradients(convolve), *values) == {ACTIVATED, INPUT, last}


def test_derivatives_with_bias_and_relu():
    convolve, *values = activated_case("2d")

    def size(*values):
        found = jax.grad(lambda *values: jnp.sum(jnp.sin(convolve(*values))), (0, 1, 2))(*values)
        return sum(jnp.sum(each**2) for each in found)

    assert_close(*by_both(jax.grad(size, (0, 1, 2)), *values), 3e-5)
    assert_close(*by_both(lambda *values: jax.jvp(convolve, values, values), *values))
    pairs = [np.stack([value, 2 * value]) for value in values]
    assert_close(*by_both(jax.vmap(with_gradients(convolve)), *pairs))


@pytest.mark.parametrize("wanted", [(1,), (2,)], ids=str)
def test_some_gradients_with_bias_and_relu(wanted):
    convolve, *values = activated_case("2d tiled")
    gradients = jax.grad(lambda *values: jnp.sum(jnp.sin(convolve(*values))), wanted)
    assert_close(*by_both(gradients, *values))


@pytest.mark.parametrize("name", ["2d", "2d tiled"])
def test_relu_keeps_nan(name):
    convolve, x, kernel, bias = activated_case(name)
    x[0, 3, 3, 0] = np.nan
    found, expected = by_both(convolve, x, kernel, bias)
    assert np.isnan(found[0][0, 3, 3]).all()
    assert (np.isnan(found[0]) >= np.isnan(expected[0])).all()


def test_layer_with_bias_and_relu():
    layer = cornu.layers.Conv2D(16, 3, activation="relu")
    x = normal(0, 4, 9, 9, 8)
    layer.build(x.shape)
    assert calls(layer, x) == {ACTIVATED}
    assert_close([layer(x)], [ops.relu(ops.conv(x, layer.kernel) + layer.bias)])


def test_eager():
    convolve, x, kernel = case("2d same")
    found = convolve(x, kernel)
    with portable():
        expected = jax.jit(lambda *values: convolve(*values))(x, kernel)
    assert_close([found], [expected])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strides": 2},
        {"strides": 2, "padding": "same"},
        {"strides": 3, "padding": "same", "output_padding": 1},
        {"dilation_rate": 2, "padding": "same"},
    ],
    ids=str,
)
def test_transposed(options):
    def convolve(x, kernel):
        return ops.conv_transpose(x, kernel, **options)

    arguments = normal(0, 2, 5, 6, 16), normal(1, 3, 3, 8, 16)
    assert_close(*by_both(with_gradients(convolve), *arguments))


@pytest.mark.parametrize(
    "name, axes",
    [
        ("2d strided", (0, None)),
        ("2d strided", (None, 0)),
        ("1d", (0, 0)),
        ("2d strided", (3, 1)),
        ("depthwise", (0, 0)),
    ],
    ids=str,
)
def test_vmap(name, axes):
    convolve, x, kernel = case(name)
    arguments = [
        value if axis is None else np.stack([value, 2 * value], axis)
        for value, axis in zip((x, kernel), axes, strict=True)
    ]
    assert_close(*by_both(jax.vmap(with_gradients(convolve), axes), *arguments))


def test_derivatives_of_gradients():
    convolve, x, kernel = case("2d strided, padding on one side")

    def size(x, kernel):
        gradients = jax.grad(lambda *values: jnp.sum(jnp.sin(convolve(*values))), (0, 1))
        return sum(jnp.sum(each**2) for each in gradients(x, kernel))

    assert_close(*by_both(jax.grad(size, (0, 1)), x, kernel), 3e-5)


def test_forward_derivative():
    convolve, x, kernel = case("2d strided")

    def change(x, kernel):
        return jax.jvp(convolve, (x, kernel), (kernel.sum() * x, kernel**2))

    assert_close(*by_both(change, x, kernel))


def test_in_a_loop():
    convolve, x, kernel = case("2d same")
    kernel = 0.1 * kernel[..., :16]

    def loop(x, kernel):
        def step(x, _):
            out, pull = jax.vjp(convolve, x, kernel)
            return jnp.tanh(out), pull(out)[1]

        return jax.lax.scan(step, x, None, 5)

    assert_close(*by_both(loop, x, kernel))
    assert calls(loop, x, kernel) == {FORWARD, KERNEL}


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_other_types_stay_with_xla(dtype):
    convolve, x, kernel = case("2d same")
    with jax.enable_x64(dtype == "float64"):
        assert calls(convolve, x.astype(dtype), kernel.astype(dtype)) == set()


def test_bfloat16():
    convolve, x, kernel = case("2d same")
    x, kernel = (jnp.asarray(value, "bfloat16") for value in (x, kernel))
    wide = with_gradients(convolve)(x.astype("float32"), kernel.astype("float32"))
    found = with_gradients(convolve)(x, kernel)
    assert calls(convolve, x, kernel) == {FORWARD}
    for one, other in zip(*map(jax.tree.leaves, (found, wide)), strict=True):
        assert one.dtype == "bfloat16"
        assert_close([one.astype("float32")], [other], 2 * 2.0**-8)


def test_no_examples():
    convolve, x, kernel = case("2d same")
    out, gradients = with_gradients(convolve)(x[:0], kernel)
    assert out.shape == (0, 9, 11, 32)
    assert not np.any(gradients[1])


def test_in_threads():
    convolve = [case(name) for name in ("2d", "2d strided", "depthwise", "3d")]
    functions = [(jax.jit(with_gradients(each)), x, kernel) for each, x, kernel in convolve]
    expected = [function(x, kernel) for function, x, kernel in functions]

    def work(number):
        function, x, kernel = functions[number % len(functions)]
        return [function(x, kernel) for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        for number, results in enumerate(pool.map(work, range(8))):
            for found in results:
                leaves = map(jax.tree.leaves, (found, expected[number % len(functions)]))
                assert_close(*leaves, 1e-6)


def test_with_the_tape():
    convolve, x, kernel = case("2d same")
    x, kernel = jnp.asarray(x), jnp.asarray(kernel)
    with cornu.GradientTape(persistent=True) as tape:
        tape.watch([x, kernel])
        out = ops.sum(convolve(x, kernel) ** 2)
    found = tape.gradient(out, [x, kernel])
    expected = jax.grad(lambda *values: jnp.sum(convolve(*values) ** 2), (0, 1))(x, kernel)
    assert_close(found, expected)
