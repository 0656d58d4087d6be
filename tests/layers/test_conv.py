"""Convolution layers: what does not fit the table."""

import numpy as np
import pytest
from layers.case import FIRST

import cornu
from cornu import layers, ops


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def adapted(layer, inputs):
    """A layer that was built on `inputs`, with low-rank adaptation that does something."""
    layer(inputs)
    layer.enable_lora(2, lora_alpha=3.0)
    layer.lora_kernel_a.assign(normal(1, *layer.lora_kernel_a.shape))
    layer.lora_kernel_b.assign(normal(2, *layer.lora_kernel_b.shape))
    return layer


ADAPTED = {
    "sequences": (lambda: layers.Conv1D(4, 3, padding="causal"), (2, 7, 3)),
    "images": (lambda: layers.Conv2D(4, 3, 2, "same", activation="tanh"), (2, 6, 5, 3)),
    "channels_first": (lambda: layers.Conv2D(4, 2, data_format=FIRST), (2, 3, 5, 4)),
    "groups": (lambda: layers.Conv2D(4, 2, groups=2, use_bias=False), (2, 5, 4, 6)),
    "volumes": (lambda: layers.Conv3D(4, 2), (2, 3, 4, 3, 2)),
}
each_adapted = pytest.mark.parametrize("name", ADAPTED)


@each_adapted
def test_low_rank_adaptation_adds_to_the_kernel(name):
    make, shape = ADAPTED[name]
    inputs = normal(0, *shape)
    layer = adapted(make(), inputs)
    first, second = layer.lora_kernel_a.value, layer.lora_kernel_b.value
    kernel = layer._kernel.value + 1.5 * np.asarray(first) @ np.asarray(second)
    np.testing.assert_allclose(layer.kernel, kernel, rtol=1e-5, atol=1e-6)
    plain = make()
    plain(inputs)
    bias = [] if layer.bias is None else [layer.bias.value]
    plain.set_weights([kernel, *bias])
    np.testing.assert_allclose(layer(inputs), plain(inputs), rtol=1e-4, atol=1e-5)


@each_adapted
def test_low_rank_adaptation_starts_as_no_change_and_trains_two_thin_matrices(name):
    make, shape = ADAPTED[name]
    inputs = normal(0, *shape)
    layer = make()
    before = layer(inputs)
    layer.enable_lora(2)
    np.testing.assert_allclose(layer(inputs), before, rtol=1e-5, atol=1e-6)
    names = ["lora_kernel_a", "lora_kernel_b"]
    names = names if layer.bias is None else ["bias", *names]
    assert [weight.name for weight in layer.trainable_weights] == names
    assert [weight.name for weight in layer.non_trainable_weights] == ["kernel"]


@each_adapted
def test_files_hold_the_sum_of_kernel_and_adaptation(name, tmp_path):
    make, shape = ADAPTED[name]
    inputs = normal(0, *shape)
    layer = adapted(make(), inputs)
    model = cornu.Sequential([cornu.Input(shape[1:]), layer])
    model.save_weights(tmp_path / "adapted.weights.h5")
    plain = cornu.Sequential([cornu.Input(shape[1:]), make()])
    plain.load_weights(tmp_path / "adapted.weights.h5")
    np.testing.assert_allclose(plain(inputs), model(inputs), rtol=1e-4, atol=1e-5)
    model.load_weights(tmp_path / "adapted.weights.h5")
    np.testing.assert_allclose(plain(inputs), model(inputs), rtol=1e-4, atol=1e-5)


def test_low_rank_adaptation_by_arguments_is_part_of_the_config():
    layer = layers.Conv2D(4, 2, lora_rank=2, lora_alpha=8.0)
    layer(normal(0, 1, 3, 3, 2))
    assert layer.lora_enabled
    config = layer.get_config()
    assert (config["lora_rank"], config["lora_alpha"]) == (2, 8.0)
    copy = layers.Conv2D.from_config(config)
    copy.build((None, 3, 3, 2))
    assert [weight.shape for weight in copy.weights] == [w.shape for w in layer.weights]
    assert "lora_rank" not in layers.Conv2D(4, 2).get_config()


def test_a_convolution_of_your_own_gets_the_kernel_that_is_in_use():
    class Standardised(layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            mean, variance = ops.moments(kernel, axes=[0, 1, 2], keepdims=True)
            return super().convolution_op(inputs, (kernel - mean) / ops.sqrt(variance + 1e-5))

    inputs = normal(0, 2, 5, 4, 3)
    layer = adapted(Standardised(4, 3), inputs)
    plain = layers.Conv2D(4, 3)
    plain(inputs)
    kernel = np.asarray(layer.kernel)
    spread = np.sqrt(kernel.var(axis=(0, 1, 2)) + 1e-5)
    plain.set_weights([(kernel - kernel.mean(axis=(0, 1, 2))) / spread, layer.bias.value])
    np.testing.assert_allclose(layer(inputs), plain(inputs), rtol=1e-4, atol=1e-5)


def test_a_convolution_can_not_be_quantized_and_a_model_leaves_it_as_it_is():
    layer = layers.Conv2D(4, 2)
    layer.build((None, 3, 3, 2))
    with pytest.raises(NotImplementedError, match="quantize"):
        layer.quantize("int8")
    model = cornu.Sequential([cornu.Input((3, 3, 2)), layer, layers.Dense(3)])
    with pytest.warns(UserWarning, match="left as it is"):
        model.quantize("int8")
    assert layer.quantization_mode is None
    assert model.layers[1].quantization_mode == "int8"
    assert layer.variable_serialization_spec == {None: ["kernel", "bias"]}


NUMPY = [
    lambda: layers.Conv2D(np.int64(4), np.int32(2), np.int64(1), groups=np.int64(2)),
    lambda: layers.Conv1DTranspose(
        np.int64(4), np.int64(3), np.int64(2), output_padding=np.int8(1)
    ),
    lambda: layers.DepthwiseConv2D((np.int64(2), 2), depth_multiplier=np.int64(2)),
    lambda: layers.SeparableConv1D(np.int64(4), np.int64(2), depth_multiplier=np.uint8(2)),
]


@pytest.mark.parametrize("make", NUMPY)
def test_integers_of_numpy_are_integers(make):
    layer = make()
    layer(normal(0, 2, *(6,) * layer.rank, 4))
    config = layer.get_config()
    sizes = [value for key, value in config.items() if key in ("filters", "groups", "strides")]
    assert all(type(size) in (int, tuple, list) for size in sizes)
    assert type(layer).from_config(config).get_config() == config


WRONG = {
    "filters": (lambda: layers.Conv2D(0, 2), "filters"),
    "filters_float": (lambda: layers.Conv2D(2.0, 2), "filters=2.0"),
    "groups": (lambda: layers.Conv1D(4, 2, groups=-1), "groups=-1"),
    "filters_of_groups": (lambda: layers.Conv1D(4, 2, groups=3), "evenly divisible"),
    "kernel_size": (lambda: layers.Conv2D(4, (2, 0)), "kernel_size"),
    "kernel_rank": (lambda: layers.Conv3D(4, (2, 2)), "kernel_size"),
    "strides": (lambda: layers.Conv3DTranspose(4, 2, strides=(1, 1)), "strides"),
    "padding": (lambda: layers.Conv2D(4, 2, padding="causal"), "padding='causal'"),
    "data_format": (lambda: layers.Conv2D(4, 2, data_format="last"), "data_format"),
    "both": (lambda: layers.Conv2D(4, 2, strides=2, dilation_rate=2), "dilation_rate"),
    "output_padding": (lambda: layers.Conv2DTranspose(4, 2, output_padding=-1), "output_padding"),
    "multiplier": (lambda: layers.DepthwiseConv1D(2, depth_multiplier=0), "depth_multiplier"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments_are_named(name):
    make, match = WRONG[name]
    with pytest.raises(ValueError, match=match) as caught:
        make()
    assert len(str(caught.value)) < 2000


WRONG_INPUTS = {
    "rank": (lambda: layers.Conv2D(4, 2), (2, 5, 3), "ndim=4"),
    "groups": (lambda: layers.Conv2D(4, 2, groups=2), (2, 5, 5, 3), "groups=2"),
    "small": (lambda: layers.SeparableConv2D(4, 4), (2, 3, 5, 3), "input size"),
}


@pytest.mark.parametrize("name", WRONG_INPUTS)
def test_wrong_inputs_are_named(name):
    make, shape, match = WRONG_INPUTS[name]
    with pytest.raises(ValueError, match=match) as caught:
        make()(normal(0, *shape))
    assert len(str(caught.value)) < 2000


def test_channels_must_be_known_and_stay():
    with pytest.raises(ValueError, match="channel dimension"):
        layers.Conv2D(4, 2)(cornu.Input((5, 5, None)))
    layer = layers.DepthwiseConv2D(2)
    layer(normal(0, 2, 5, 5, 3))
    with pytest.raises(ValueError, match="axis -1"):
        layer(normal(0, 2, 5, 5, 4))


UNKNOWN = {
    "conv": (lambda: layers.Conv2D(4, 3, 2, "same"), (None, None, None, 4)),
    "transpose": (lambda: layers.Conv2DTranspose(4, 3, 2), (None, None, None, 4)),
    "depthwise": (lambda: layers.DepthwiseConv2D(3), (None, None, None, 2)),
    "separable": (lambda: layers.SeparableConv2D(4, 3), (None, None, None, 4)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_spatial_sizes_may_be_unknown(name):
    make, expected = UNKNOWN[name]
    inputs = cornu.Input((None, None, 2))
    layer = make()
    model = cornu.Model(inputs, layer(inputs))
    assert model.output_shape == expected
    for size in (5, 6):
        values = normal(0, 2, size, 7, 2)
        outputs = model.predict(values, verbose=0)
        assert outputs.shape == layer.compute_output_shape(values.shape)
        np.testing.assert_allclose(outputs, layer(values), rtol=1e-5, atol=1e-6)
