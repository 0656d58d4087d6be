"""Rows of ops on images."""

import itertools
import math

import numpy as np
from ops.attention_rows import FIRST, channels_first
from ops.rows import row


def pixels(r, n):
    return (r.uniform(0.0, 1.0, n, 5, 6, 3),)


def single(r, n):
    return (r.uniform(0.0, 1.0, 5, 6, 3),)


def bytes_(r, n):
    return (r.integers(0, 256, n, 5, 6, 3, dtype="uint8"),)


def first(sample):
    """A sampler whose images have their channels first."""

    def swapped(r, n):
        x, *rest = sample(r, n)
        return np.moveaxis(x, -1, -3), *rest

    return swapped


def of_first(function):
    """An oracle for images with their channels first, single ones too."""

    def call(x, *args, data_format, **kwargs):
        return np.moveaxis(function(np.moveaxis(x, -3, -1), *args, **kwargs), -1, -3)

    return call


def everywhere(name, oracle, sample=pixels, **kwargs):
    """Rows of one op on a batch, on one image, and with channels first."""
    options = {"terms": kwargs.pop("terms", 9), "gradient": kwargs.pop("gradient", True)}
    return [
        row(name, sample, oracle, kwargs, **options),
        row(name, single, oracle, kwargs, **options),
        row(name, first(sample), of_first(oracle), FIRST | kwargs, **options),
        row(name, first(single), of_first(oracle), FIRST | kwargs, **options),
    ]


def gray(x):
    values = (x * np.array([0.2989, 0.587, 0.114])).sum(-1, keepdims=True)
    return np.floor(values) if x.dtype == "uint8" else values


def hsv(x):
    high, low = x.max(-1), x.min(-1)
    spread = np.where(high == low, 1.0, high - low)
    red, green, blue = np.moveaxis(x, -1, 0)
    place = np.argmax(x, -1)
    hue = np.choose(place, [(green - blue) / spread, 2 + (blue - red) / spread,
                            4 + (red - green) / spread])  # fmt: skip
    hue = np.where(high == low, 0.0, hue / 6 % 1)
    saturation = np.where(high > 0, (high - low) / np.where(high > 0, high, 1.0), 0.0)
    return np.stack([hue, saturation, high], -1)


def rgb(x):
    hue, saturation, value = np.moveaxis(x, -1, 0)
    sector = np.floor(6 * hue).astype(int) % 6
    part = 6 * hue - np.floor(6 * hue)
    low = value * (1 - saturation)
    down, up = value * (1 - saturation * part), value * (1 - saturation * (1 - part))
    red = np.choose(sector, [value, down, low, low, up, value])
    green = np.choose(sector, [up, value, value, down, low, low])
    blue = np.choose(sector, [low, low, up, value, value, down])
    return np.stack([red, green, blue], -1)


def grays(r, n):
    return (np.repeat(np.array([[[0.0], [0.5], [1.0]]] * n, "float32"), 3, axis=-1)[:, None],)


COLORS = [
    *everywhere("rgb_to_grayscale", gray),
    row("rgb_to_grayscale", bytes_, gray),
    row("rgb_to_grayscale", lambda r, n: (r.normal(n, 2, 2, 1),), lambda x: x),
    *everywhere("rgb_to_hsv", hsv),
    row("rgb_to_hsv", grays, hsv, gradient=False, terms=1),
    *everywhere("hsv_to_rgb", rgb),
]


def correlated(x, kernel):
    """`x` (..., height, width, channels) under a kernel, zeros beyond its edges."""
    rows, columns = kernel.shape
    pads = [(0, 0)] * (x.ndim - 3)
    pads += [((k - 1) // 2, k // 2) for k in kernel.shape] + [(0, 0)]
    padded = np.pad(x, pads)
    height, width = x.shape[-3:-1]
    return sum(
        kernel[i, j] * padded[..., i : i + height, j : j + width, :]
        for i in range(rows)
        for j in range(columns)
    )


def bell(size, sigma):
    weights = np.exp(-(((np.arange(size) - (size - 1) / 2) / sigma) ** 2) / 2)
    return weights / weights.sum()


def blur(x, kernel_size=(3, 3), sigma=(1.0, 1.0)):
    return correlated(x, np.outer(*map(bell, kernel_size, sigma)))


SOBEL = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])


def sobel(x, data_format="channels_last"):
    x = x if data_format == "channels_last" else np.moveaxis(x, 1, -1)
    parts = [correlated(x.astype(float), kernel) for kernel in (SOBEL, SOBEL.T)]
    if data_format != "channels_last":
        parts = [np.moveaxis(part, -1, 1) for part in parts]
    return np.stack(parts, -1)


def ssim(a, b, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03):
    kernel = np.outer(bell(filter_size, filter_sigma), bell(filter_size, filter_sigma))
    start = (filter_size - 1) // 2
    stop = -(filter_size // 2) or None

    def mean(x):
        return correlated(x, kernel)[..., start:stop, start:stop, :]

    level, contrast = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    m, k = mean(a), mean(b)
    va, vb, cov = mean(a * a) - m * m, mean(b * b) - k * k, mean(a * b) - m * k
    out = (2 * m * k + level) * (2 * cov + contrast)
    return (out / ((m * m + k * k + level) * (va + vb + contrast))).mean((-3, -2, -1))


def two(r, n):
    return r.uniform(0.0, 1.0, n, 5, 6, 2), r.uniform(0.0, 1.0, n, 5, 6, 2)


FILTERS = [
    *everywhere("gaussian_blur", blur),
    *everywhere("gaussian_blur", blur, kernel_size=(4, 3), sigma=(0.5, 2.0)),
    row("sobel_edges", pixels, sobel, terms=9),
    row("sobel_edges", first(pixels), sobel, FIRST, terms=9),
    row("sobel_edges", lambda r, n: (r.integers(0, 256, n, 5, 6, 3),), sobel),
    row("ssim", two, ssim, {"filter_size": 3}, terms=500),
    row("ssim", two, ssim, {"max_val": 2.0, "filter_size": 4, "filter_sigma": 1.0, "k1": 0.02,
                            "k2": 0.05}, terms=500),
    row("ssim", lambda r, n: (r.uniform(0.0, 1.0, 12, 11, 2), r.uniform(0.0, 1.0, 12, 11, 2)),
        ssim, terms=2000),
]  # fmt: skip


def triangle(x):
    return np.maximum(1 - np.abs(x), 0)


def cubic(x):
    # Keys 1981, with a = -1/2.
    x = np.abs(x)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def lanczos(radius):
    return lambda x: np.sinc(x) * np.sinc(x / radius) * (np.abs(x) < radius)


WINDOWS = {
    "linear": triangle, "bilinear": triangle, "cubic": cubic, "bicubic": cubic,
    "lanczos3": lanczos(3), "lanczos5": lanczos(5),
}  # fmt: skip


def weights(old, new, scale, shift, window, antialias):
    """Matrix from `old` to `new` pixels, for `new place = scale * old place + shift`."""
    places = (np.arange(new) + 0.5 - shift) / scale - 0.5
    width = max(1 / scale, 1) if antialias else 1
    found = window((np.arange(old)[:, None] - places) / width)
    total = found.sum(0)
    found = found / np.where(np.abs(total) > 1e-9, total, 1)
    return np.where((places >= -0.5) & (places <= old - 0.5), found, 0)


def scaled(x, shape, scale, translation, spatial_dims, method, antialias=True):
    for axis, factor, shift in zip(spatial_dims, scale, translation, strict=True):
        matrix = weights(x.shape[axis], shape[axis], factor, shift, WINDOWS[method], antialias)
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix, -1, axis)
    return x


def resize(x, size, interpolation="bilinear", antialias=False):
    if interpolation == "nearest":
        places = [np.floor((np.arange(new) + 0.5) * old / new).astype(int)
                  for new, old in zip(size, x.shape[-3:-1], strict=True)]  # fmt: skip
        return x[..., places[0], :, :][..., places[1], :]
    scale = [new / old for new, old in zip(size, x.shape[-3:-1], strict=True)]
    shape = (*x.shape[:-3], *size, x.shape[-1])
    out = scaled(x, shape, scale, (0, 0), (-3, -2), interpolation, antialias)
    if x.dtype == "uint8":
        return np.clip(np.round(out), 0, 255)
    return out


def cropped(x, size, crop_to_aspect_ratio):
    return resize(x[..., 0:5, 2:4, :], size)


def padded(x, size, pad_to_aspect_ratio, fill_value):
    pads = [(0, 0)] * (x.ndim - 3) + [(0, 0), (3, 3), (0, 0)]
    return resize(np.pad(x, pads, constant_values=fill_value), size)


def cut(x, top, left, bottom, right):
    return x[..., top : x.shape[-3] - bottom, left : x.shape[-2] - right, :]


def framed(x, top, left, bottom, right):
    return np.pad(x, [(0, 0)] * (x.ndim - 3) + [(top, bottom), (left, right), (0, 0)])


def moved(shape, method, **kwargs):
    """A row of `scale_and_translate` of height and width."""
    return row(
        "scale_and_translate",
        lambda r, n: (
            r.normal(n, 5, 6, 2), (n, *shape, 2), np.array([0.6, 1.3], "float32"),
            np.array([0.4, -1.0], "float32"), (1, 2), method,
        ),
        scaled, kwargs, gradient=False, terms=30,
    )  # fmt: skip


SIDES = ("top", "left", "bottom", "right")
RESIZED = [
    *everywhere("resize", resize, size=(3, 9), terms=30),
    *(
        row("resize", pixels, resize,
            {"size": size, "interpolation": name, "antialias": antialias}, terms=60)
        for name, antialias in itertools.product(
            ("bilinear", "bicubic", "lanczos3", "lanczos5"), (False, True))
        for size in ((3, 9),)
    ),
    row("resize", pixels, resize, {"size": (3, 9), "interpolation": "nearest"}),
    row("resize", bytes_, resize, {"size": (3, 9), "interpolation": "nearest"}),
    row("resize", bytes_, resize, {"size": (15, 18)}),
    row("resize", bytes_, resize, {"size": (11, 7), "interpolation": "bicubic"}),
    *everywhere("resize", cropped, size=(5, 2), crop_to_aspect_ratio=True, terms=30),
    *everywhere("resize", padded, size=(5, 12), pad_to_aspect_ratio=True, fill_value=0.5, terms=30),
    *(moved((4, 9), method) for method in ("linear", "cubic", "lanczos3", "lanczos5")),
    moved((7, 3), "bilinear", antialias=False),
    *(
        found
        for name, word, oracle in (("crop_images", "cropping", cut), ("pad_images", "padding",
                                                                      framed))
        for found in everywhere(
            name,
            lambda x, oracle=oracle, **margins: oracle(x, *margins.values()),
            **{f"{side}_{word}": size for side, size in zip(SIDES, (1, 2, 0, 3), strict=True)},
        )
    ),
    row("crop_images", pixels, lambda x, **kwargs: x[:, 1:4, 1:5],
        {"top_cropping": 1, "target_height": 3, "right_cropping": 1, "target_width": 4}),
    row("pad_images", pixels, lambda x, **kwargs: framed(x, 1, 2, 2, 1),
        {"top_padding": 1, "target_height": 8, "right_padding": 1, "target_width": 9}),
]  # fmt: skip


def inside(index, size, mode):
    """The pixel that stands for one that may lie beyond the edges; None for none."""
    if 0 <= index < size:
        return index
    if mode == "constant":
        return None
    if mode == "nearest":
        return min(max(index, 0), size - 1)
    if mode == "wrap":
        return index % size
    line = list(range(size))
    line += line[-2:0:-1] if mode == "mirror" else line[::-1]
    return line[index % len(line)]


def picked(x, place, order, mode, fill):
    """The element of `x` at one place, a list of fractional indices."""
    if order == 0:
        choices = [[(int(math.copysign(math.floor(abs(p) + 0.5), p)), 1.0)] for p in place]
    else:
        floors = [(math.floor(p), p - math.floor(p)) for p in place]
        choices = [[(below, 1 - part), (below + 1, part)] for below, part in floors]
    total = 0.0
    for corner in itertools.product(*choices):
        at = tuple(inside(i, size, mode) for (i, _), size in zip(corner, x.shape, strict=False))
        total = total + math.prod(w for _, w in corner) * (fill if None in at else x[at])
    return total


def map_coordinates(x, coordinates, order, fill_mode="constant", fill_value=0.0):
    flat = np.reshape(coordinates, (len(coordinates), -1)).T
    found = np.array([picked(x, place, order, fill_mode, fill_value) for place in flat.tolist()])
    if x.dtype.kind in "iu":
        found = np.sign(found) * np.floor(np.abs(found) + 0.5)
    return found.reshape(np.shape(coordinates)[1:])


def projected(x, matrix, order, mode, fill):
    """One image under one projective map."""
    a0, a1, a2, b0, b1, b2, c0, c1 = np.asarray(matrix, float)
    out = np.empty(x.shape)
    for row_, column in np.ndindex(x.shape[:2]):
        depth = c0 * column + c1 * row_ + 1
        place = (b0 * column + b1 * row_ + b2) / depth, (a0 * column + a1 * row_ + a2) / depth
        out[row_, column] = picked(x, place, order, mode, fill)
    return out


def affine(x, matrices, interpolation="bilinear", fill_mode="constant", fill_value=0.0):
    order = {"nearest": 0, "bilinear": 1}[interpolation]
    if x.ndim == 3:
        return projected(x, matrices, order, fill_mode, fill_value)
    matrices = np.broadcast_to(matrices, (len(x), 8))
    pairs = zip(x, matrices, strict=True)
    return np.stack([projected(a, m, order, fill_mode, fill_value) for a, m in pairs])


def homography(start, end):
    system, target = [], []
    for (u, v), (x, y) in zip(start, end, strict=True):
        system += [[x, y, 1, 0, 0, 0, -x * u, -y * u], [0, 0, 0, x, y, 1, -x * v, -y * v]]
        target += [u, v]
    return np.linalg.solve(np.array(system, float), np.array(target, float))


def perspective(x, start, end, interpolation="bilinear", fill_value=0.0):
    if x.ndim == 3:
        matrices = homography(start, end)
    else:
        matrices = np.stack([homography(*pair) for pair in zip(start, end, strict=True)])
    return affine(x, matrices, interpolation, "constant", fill_value)


MATRIX = np.array([1.1, 0.13, 0.51, -0.21, 0.93, 1.07, 0.01, -0.02], "float32")
CORNERS = np.array([[0, 0], [5, 0], [0, 4], [5, 4]], "float32")
SHIFTS = np.array([[0.9, 1.1], [-1.2, 0.3], [0.2, -0.7], [0.3, -1.4]], "float32")


def bent(r, n):
    return *pixels(r, n), MATRIX + r.uniform(-0.01, 0.01, n, 8)


def seen(r, n):
    corners = np.repeat(CORNERS[None], n, 0)
    return *pixels(r, n), corners, corners + SHIFTS + r.uniform(-0.05, 0.05, n, 4, 2)


def spots(r, n):
    return r.uniform(0.0, 1.0, 5, 6), r.uniform(-4.0, 9.0, 2, n, 3)


MODES = ("constant", "nearest", "wrap", "mirror", "reflect")
MOVED = [
    # Gradients by the matrix jump where a place is on a pixel, as some here nearly are.
    *(
        row("affine_transform", bent, affine,
            {"interpolation": name, "fill_mode": mode, "fill_value": 0.25}, gradient=False,
            terms=100)
        for name in ("nearest", "bilinear")
        for mode in MODES
    ),
    *(
        row("affine_transform", lambda r, n: (*pixels(r, n), MATRIX.tolist()), affine,
            {"interpolation": name, "fill_mode": mode}, terms=100)
        for name, mode in (("nearest", "reflect"), ("bilinear", "constant"), ("bilinear", "wrap"))
    ),
    row("affine_transform", lambda r, n: (*single(r, n), MATRIX), affine, terms=100),
    row("affine_transform", first(bent), of_first(affine), FIRST, gradient=False, terms=100),
    row("perspective_transform", seen, perspective, {"fill_value": 0.25}, gradient=False,
        terms=900),
    row("perspective_transform", seen, perspective, {"interpolation": "nearest"}, gradient=False,
        terms=900),
    row("perspective_transform",
        lambda r, n: (*single(r, n), CORNERS.tolist(), (CORNERS + SHIFTS).tolist()),
        perspective, terms=900),
    row("perspective_transform", first(seen), of_first(perspective), FIRST, gradient=False,
        terms=900),
    *(
        row("map_coordinates", spots, map_coordinates,
            {"order": order, "fill_mode": mode, "fill_value": 0.25}, terms=30)
        for order in (0, 1)
        for mode in MODES
    ),
    row("map_coordinates", lambda r, n: (r.normal(4, 5, 3), r.uniform(-1.0, 5.0, 3, n, 2)),
        map_coordinates, {"order": 1}, terms=30),
    row("map_coordinates",
        lambda r, n: (r.integers(0, 256, 5, 6, dtype="uint8"), r.uniform(-1.0, 6.0, 2, n)),
        map_coordinates, {"order": 1}, gradient=False),
    # Noise moves nothing where all pixels are equal, nor where its factor is 0.
    row("elastic_transform", lambda r, n: (np.ones((n, 5, 6, 3), "float32"),),
        lambda x, seed: x, {"seed": 3}, gradient=False, terms=9),
    row("elastic_transform", pixels, lambda x, **kwargs: x, {"alpha": 0.0, "seed": 3}, terms=9),
    row("elastic_transform", first(single), lambda x, **kwargs: x,
        {"alpha": 0.0, "seed": 3, **FIRST}, terms=9),
]  # fmt: skip


def patches(x, size, strides=None, dilation_rate=1, padding="valid"):
    rank = len(size)
    strides = size if strides is None else strides
    dilation = (dilation_rate,) * rank
    batched = x.ndim == rank + 2
    x = x if batched else x[None]
    reach = [(s - 1) * d + 1 for s, d in zip(size, dilation, strict=True)]
    if padding == "same":
        pads = [max((-(-n // s) - 1) * s + k - n, 0)
                for n, s, k in zip(x.shape[1:-1], strides, reach, strict=True)]  # fmt: skip
        x = np.pad(x, [(0, 0), *((p // 2, p - p // 2) for p in pads), (0, 0)])
    counts = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], reach, strides, strict=True)]
    out = np.empty((len(x), *counts, math.prod(size) * x.shape[-1]), x.dtype)
    for place in np.ndindex(*counts):
        parts = [slice(p * s, p * s + k, d)
                 for p, s, k, d in zip(place, strides, reach, dilation, strict=True)]  # fmt: skip
        out[(slice(None), *place)] = x[(slice(None), *parts)].reshape(len(x), -1)
    return out if batched else out[0]


def volumes(r, n):
    return (r.normal(n, 4, 5, 3, 2),)


PATCHES = [
    *everywhere("extract_patches", patches, size=(3, 2)),
    *everywhere("extract_patches", patches, size=(2, 2), strides=(1, 2), padding="same"),
    row("extract_patches", pixels, lambda x, size, **kwargs: patches(x, (2, 2), (1, 1), 2),
        {"size": 2, "strides": 1, "dilation_rate": 2}),
    row("extract_patches", bytes_, patches, {"size": (2, 3)}),
    row("extract_patches_3d", volumes, patches, {"size": (2, 2, 1)}),
    row("extract_patches_3d", volumes, patches,
        {"size": (2, 3, 2), "strides": (1, 2, 1), "padding": "same"}),
    row("extract_patches_3d", lambda r, n: (r.normal(n, 2, 4, 5, 3),), channels_first(patches),
        {"size": (2, 2, 2), **FIRST}),
    row("extract_patches_3d", lambda r, n: (r.normal(4, 5, 3, 2),), patches, {"size": (2, 2, 2)}),
]  # fmt: skip

ROWS = [*COLORS, *FILTERS, *RESIZED, *MOVED, *PATCHES]
