"""Mistakes in arguments of activations, normalisations, attention and image ops."""

import numpy as np
import pytest

from cornu import KerasTensor, ops

X = np.ones((2, 4, 6, 3), "float32")
MATRIX = np.ones((3, 4), "float32")
Q = np.ones((2, 3, 4, 8), "float32")
K = np.ones((2, 5, 4, 8), "float32")

CASES = [
    ("glu", (np.ones((2, 3), "float32"),), ValueError, r"even size.*x.shape=\(2, 3\)"),
    ("glu", (MATRIX, 5), ValueError, "axis 5 is out of bounds"),
    ("celu", (MATRIX, 0), ValueError, "alpha"),
    ("squareplus", (MATRIX, -1), ValueError, "`b` must not be negative"),
    ("softmax", (np.float32(1.0),), ValueError, "at least one axis"),
    ("softmax", (MATRIX, 2), ValueError, "axis 2 is out of bounds"),
    ("log_softmax", (MATRIX, (0, 2)), ValueError, "axis 2 is out of bounds"),
    ("sparsemax", (MATRIX, 2), ValueError, "axis 2 is out of bounds"),
    ("one_hot", ([1, 2], 3, -1, None, True), ValueError, "sparse"),
    ("multi_hot", ([1, 2],), ValueError, "num_classes"),
    ("multi_hot", ([1, 2], 3, -1, None, True), ValueError, "sparse"),
    ("psnr", (X, X[:1], 1.0), ValueError, r"x1.shape=\(2, 4, 6, 3\), x2.shape=\(1, 4, 6, 3\)"),
    ("normalize", (MATRIX, -1, 0), ValueError, "order"),
    ("normalize", (MATRIX, 2), ValueError, "axis 2 is out of bounds"),
    ("batch_normalization", (MATRIX, np.ones(3), np.ones(4), -1), ValueError,
     r"`mean` must be a vector of length 4.*mean.shape=\(3,\)"),
    ("batch_normalization", (MATRIX, np.ones(4), np.ones(4), 2), ValueError, "out of bounds"),
    ("layer_normalization", (MATRIX, np.ones(3)), ValueError, "`gamma` must be a vector"),
    ("layer_normalization", (X, None, np.ones((6, 4)), (2, 3)), ValueError,
     r"`beta` must have the shape.*beta.shape=\(6, 4\)"),
    ("rms_normalization", (MATRIX, np.ones(3)), ValueError, r"scale.shape=\(3,\)"),
    ("dot_product_attention", (Q[0], K[0], K[0]), ValueError, "4D inputs"),
    ("dot_product_attention", (Q, K[..., :3], K), ValueError, "same last axis"),
    ("dot_product_attention", (Q, K, K[:, :2]), ValueError, "same number of keys"),
    ("dot_product_attention", (Q, K[:, :, :3], K[:, :, :3]), ValueError, "multiple"),
    ("dot_product_attention", (Q, K, K, np.ones((3, 4), "float32")), ValueError,
     r"`bias` must broadcast.*bias.shape=\(3, 4\)"),
    ("dot_product_attention", (Q, K, K, None, np.ones((2, 1, 3, 4), bool)), ValueError, "`mask`"),
    ("dot_product_attention", (Q, K, K, None, None, None, False, True, 2.0), ValueError,
     "soft_cap"),
    ("unfold", (X[0], 2), ValueError, "4D"),
    ("unfold", (X, 0), ValueError, "kernel_size"),
    ("fold", (np.ones((2, 5, 6), "float32"), (3, 4), 2), ValueError, "divisible"),
    ("fold", (np.ones((2, 4, 5), "float32"), (3, 4), 2), ValueError, "windows"),
    ("depth_to_space", (X, 2), ValueError, r"multiple of 4.*\(2, 4, 6, 3\)"),
    ("depth_to_space", (X, 1), ValueError, "at least 2"),
    ("space_to_depth", (X, 4), ValueError, "multiples of block_size=4"),
    ("space_to_depth", (X, 2, "last"), ValueError, "data_format"),
]  # fmt: skip
IMAGE_CASES = [
    ("rgb_to_grayscale", (MATRIX,), ValueError, "Invalid images rank"),
    ("rgb_to_grayscale", (X[..., :2],), ValueError, "Invalid channel size"),
    ("rgb_to_hsv", (X.astype("uint8"),), ValueError, "expected float dtype"),
    ("hsv_to_rgb", (X[..., :2],), ValueError, "Invalid channel size"),
    ("gaussian_blur", (X, (3, 3), (0.0, 1.0)), ValueError, "sigma"),
    ("sobel_edges", (X, "last"), ValueError, "data_format"),
    ("ssim", (X, X[:1]), ValueError, "equal shapes"),
    ("ssim", (X, X), ValueError, "filter_size=11"),
    ("resize", (X, (4,)), ValueError, "tuple of 2 integers"),
    ("resize", (X, (4, 0)), ValueError, "positive"),
    ("resize", (X, (4, 4), "area"), ValueError, "interpolation"),
    ("resize", (X, (4, 4), "nearest", False, True, True), ValueError, "Only one of"),
    ("resize", (X, (4, 4), "nearest", False, False, True, "wrap"), ValueError, "fill_mode"),
    ("scale_and_translate", (X, (2, 4, 4), [1.0], [0.0], (1,), "linear"), ValueError, "rank"),
    ("scale_and_translate", (X, X.shape, [1.0], [0.0, 1.0], (1,), "linear"), ValueError,
     "translation"),
    ("scale_and_translate", (X, X.shape, [1.0], [0.0], (1,), "nearest"), ValueError, "method"),
    ("pad_images", (X, 1), ValueError, "exactly two of"),
    ("pad_images", (X, -1, 1, 1, 1), ValueError, "top_padding must be >= 0"),
    ("crop_images", (X, 1, 1, 4, 1), ValueError, "target_height must be >= 0"),
    ("crop_images", (X, 1, 1, None, None, 9, 2), ValueError, "bottom_cropping must be >= 0"),
    ("affine_transform", (X, np.ones((3, 8))), ValueError, "Invalid transform shape"),
    ("affine_transform", (X, np.ones(8), "bicubic"), ValueError, "interpolation"),
    ("affine_transform", (X, np.ones(8), "nearest", "edge"), ValueError, "fill_mode"),
    ("perspective_transform", (X, np.ones((4, 2)), np.ones((3, 2))), ValueError, "end_points"),
    ("elastic_transform", (MATRIX,), ValueError, "Invalid images rank"),
    ("map_coordinates", (MATRIX, np.ones((3, 5)), 1), ValueError, "one tensor for each axis"),
    ("map_coordinates", (MATRIX, np.ones((2, 5)), 2), ValueError, "order"),
    ("extract_patches", (X, (2, 2, 2, 2)), ValueError, "Invalid `size`"),
    ("extract_patches", (X, 2.0), TypeError, "Invalid `size`"),
    ("extract_patches", (MATRIX, 2), ValueError, "Invalid images rank"),
    ("extract_patches", (X, 2, None, 1, "full"), ValueError, "padding"),
    ("extract_patches_3d", (X, (2, 2)), TypeError, "Invalid `size`"),
]  # fmt: skip
CALLS = [
    pytest.param(getattr(space, name), arguments, error, message, id=f"{name}-{index}")
    for space, cases in ((ops, CASES), (ops.image, IMAGE_CASES))
    for index, (name, arguments, error, message) in enumerate(cases)
]


def symbolic(value):
    """A tensor without a value in the place of an array."""
    is_array = isinstance(value, np.ndarray)
    return KerasTensor(value.shape, str(value.dtype)) if is_array else value


@pytest.mark.parametrize("op, arguments, error, message", CALLS)
@pytest.mark.parametrize("convert", [lambda value: value, symbolic], ids=["eager", "symbolic"])
def test_mistake_is_explained(op, arguments, error, message, convert):
    with pytest.raises(error, match=message) as caught:
        op(*map(convert, arguments))
    assert len(str(caught.value)) < 2000


def test_flash_attention_says_what_is_missing():
    wide = np.ones((1, 2, 2, 136), "float16")
    with pytest.raises(ValueError, match="Flash attention is not available here"):
        ops.dot_product_attention(wide, wide, wide, flash_attention=True)


def test_softmax_of_one_class_warns():
    for x in (np.ones((3, 1), "float32"), KerasTensor((None, 1))):
        with pytest.warns(UserWarning, match="axis -1 of a tensor of shape .* sigmoid"):
            ops.softmax(x)


def test_scaling_by_the_variance_is_deprecated():
    with pytest.warns(UserWarning, match="rms_scaling=True"):
        found = ops.layer_normalization(np.array([[1.0, 3.0]], "float32"), rms_scaling=True)
    np.testing.assert_allclose(found, [[1.0, 3.0]], rtol=1e-6)
    with pytest.raises(TypeError, match="scaling"):
        ops.layer_normalization(MATRIX, scaling=True)


def test_quirk_multi_hot_reduces_axis_1_wherever_the_classes_are():
    assert ops.multi_hot([[0, 1], [1, 4]], 5, axis=1).tolist() == [[1, 1], [1, 1]]
    assert ops.multi_hot([1, 3], num_tokens=4).tolist() == [0, 1, 0, 1]
    with pytest.raises(TypeError, match="tokens"):
        ops.multi_hot([1, 3], tokens=4)


@pytest.mark.parametrize("name", ["softmax", "layer_normalization", "rms_normalization"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_that_of_float32_rounded(name, dtype):
    x = np.linspace(-300.0, 300.0, 64, dtype="float32").reshape(2, 32)
    half = ops.cast(x, dtype)
    found = getattr(ops, name)(half)
    assert found.dtype == dtype
    wide = getattr(ops, name)(ops.cast(half, "float32"))
    np.testing.assert_allclose(ops.cast(found, "float32"), wide, rtol=1e-2, atol=1e-6)
