"""Images moved and bent: values picked at places between the pixels."""

import itertools

from cornu.backend import kernels
from cornu.ops._image_color import _color_axis
from cornu.ops._image_filter import _bell, _filtered
from cornu.ops._image_resize import _choice
from cornu.state.seeds import draw_seed
from cornu.symbolic.op import op, promote_float
from cornu.symbolic.tensor import KerasTensor

ORDERS = {"nearest": 0, "bilinear": 1}
FILL_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _mirrored(index, size):
    """Indices reflected at the middle of the first and the last pixel."""
    last = max(size - 1, 1)
    return kernels.absolute(kernels.mod(index + last, 2 * last) - last) if size > 1 else index * 0


def _inside(index, size, mode):
    """Indices that exist, in the place of those that may lie outside."""
    if mode == "wrap":
        return kernels.mod(index, size)
    if mode == "mirror":
        return _mirrored(index, size)
    if mode == "reflect":
        return (_mirrored(2 * index + 1, 2 * size + 1) - 1) // 2
    return kernels.clip(index, 0, size - 1)


def _neighbours(place, order):
    """Indices near a coordinate along one axis, with their weights."""
    if order == 0:
        # Halves are rounded away from 0.
        whole = kernels.sign(place) * kernels.floor(kernels.absolute(place) + 0.5)
        return [(whole.astype("int32"), None)]
    below = kernels.floor(place)
    part = place - below
    index = below.astype("int32")
    return [(index, 1 - part), (index + 1, part)]


def _sampled(pick, places, sizes, order, mode, fill_value, dtype):
    """What is at fractional coordinates, each value being the mean of its neighbours.

    Args:
        pick: from indices into the flattened spatial axes to values, and from a tensor shaped as
            the indices to one that broadcasts against values.
        places: one tensor of coordinates for each axis.
        sizes: of the axes.
    """
    take, spread = pick
    total = None
    for corner in itertools.product(*(_neighbours(place, order) for place in places)):
        flat, weight, valid = 0, None, None
        for (index, share), size in zip(corner, sizes, strict=True):
            flat = flat * size + _inside(index, size, mode)
            if share is not None:
                weight = share if weight is None else weight * share
            if mode == "constant":
                there = kernels.logical_and(index >= 0, index < size)
                valid = there if valid is None else kernels.logical_and(valid, there)
        values = take(flat)
        exact = "float" not in str(dtype)
        values = values.astype(places[0].dtype)
        if valid is not None:
            values = kernels.where(spread(valid), values, values.dtype.type(fill_value))
        if weight is not None:
            values = values * spread(weight)
        total = values if total is None else total + values
    if exact:
        total = kernels.sign(total) * kernels.floor(kernels.absolute(total) + 0.5)
    return total.astype(dtype)


def _of_images(images, places, order, mode, fill_value):
    """Channels-last images (batch, height, width, channels) at `places`, (batch, points) each."""
    batch, height, width, channels = images.shape
    pixels = images.reshape((batch, height * width, channels))

    def take(index):
        return kernels.take_along_axis(pixels, index[..., None], axis=1)

    result = _sampled(
        (take, lambda x: x[..., None]), places, (height, width), order, mode, fill_value,
        images.dtype,
    )  # fmt: skip
    return result.reshape(images.shape)


def _as_batch(images, data_format):
    """Images as a channels-last batch, and how to give a result the old form."""
    axis = _color_axis(images, data_format)
    single = images.ndim == 3

    def restored(x):
        x = x if axis == -1 else kernels.moveaxis(x, -1, axis)
        return x[0] if single else x

    images = images if axis == -1 else kernels.moveaxis(images, axis, -1)
    return (images[None] if single else images), restored


def _grid(height, width, dtype):
    """Row and column of each pixel."""
    rows = kernels.repeat(kernels.arange(height, dtype=dtype), width)
    columns = kernels.tile(kernels.arange(width, dtype=dtype), height)
    return rows, columns


def _projected(images, matrices, order, mode, fill_value):
    """Each pixel (column x, row y) from where a projective map, eight numbers, sends it."""
    rows, columns = _grid(*images.shape[1:3], matrices.dtype)
    a0, a1, a2, b0, b1, b2, c0, c1 = (matrices[:, place : place + 1] for place in range(8))
    depth = c0 * columns + c1 * rows + 1
    sources = (
        (b0 * columns + b1 * rows + b2) / depth,
        (a0 * columns + a1 * rows + a2) / depth,
    )
    shape = (images.shape[0], sources[0].shape[1])
    sources = tuple(kernels.broadcast_to(source, shape) for source in sources)
    return _of_images(images, sources, order, mode, fill_value)


def _wide_float(*found):
    name = promote_float(*found)
    return name if name == "float64" else "float32"


def _transform_dtypes(images, *others):
    # Coordinates are as exact as the values that are picked by them.
    name = _wide_float(images, *others)
    return (None, *(name for _ in others))


def _check_matrices(matrices, images, name, shape):
    wanted = f"(batch, {', '.join(map(str, shape))})"
    fits = matrices.ndim == len(shape) + 1 and tuple(matrices.shape[1:]) == shape
    if not fits or matrices.shape[0] not in (1, images.shape[0]):
        raise ValueError(
            f"Invalid {name} shape: expected {wanted} for a batch of images, or without the batch "
            f"for one. Received: {name}.shape={tuple(matrices.shape)}, for a batch of "
            f"{images.shape[0]}"
        )


@op("images", "transform", dtype=_transform_dtypes, family="image", keras_name="AffineTransform",
    fuse=True)  # fmt: skip
def affine_transform(
    images,
    transform,
    interpolation="bilinear",
    fill_mode="constant",
    fill_value=0,
    data_format=None,
):
    """Images of which the pixel in column x and row y shows what was at (x', y').

    With `k = c0 x + c1 y + 1`, `x' = (a0 x + a1 y + a2) / k` and `y' = (b0 x + b1 y + b2) / k`.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        transform: `(a0, a1, a2, b0, b1, b2, c0, c1)`, or one such row for each image.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode: what is beyond the edges: `"constant"`, `"nearest"`, `"wrap"`, `"mirror"` (at the
            middle of the last pixel) or `"reflect"` (at its edge).
        fill_value: the value of `"constant"`.
    """
    order = ORDERS[_choice(interpolation, ORDERS, "interpolation")]
    _choice(fill_mode, FILL_MODES, "fill_mode")
    batch, restored = _as_batch(images, data_format)
    if transform.ndim == 1:
        transform = transform[None]
    _check_matrices(transform, batch, "transform", (8,))
    return restored(_projected(batch, transform, order, fill_mode, fill_value))


@op("images", "start_points", "end_points", dtype=_transform_dtypes, family="image",
    keras_name="PerspectiveTransform", fuse=True)  # fmt: skip
def perspective_transform(
    images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None
):
    """Images seen from elsewhere, so that four points come to lie on four others.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        start_points: four points (x, y), as (4, 2), or (batch, 4, 2).
        end_points: where they are in the result; no three of them on a line.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_value: what is beyond the edges.
    """
    order = ORDERS[_choice(interpolation, ORDERS, "interpolation")]
    batch, restored = _as_batch(images, data_format)
    points = []
    for name, value in (("start_points", start_points), ("end_points", end_points)):
        value = value[None] if value.ndim == 2 else value
        _check_matrices(value, batch, name, (4, 2))
        points.append(value)
    matrices = _homography(*points)
    return restored(_projected(batch, matrices, order, "constant", fill_value))


def _homography(start, end):
    """The projective map from the points `end` to `start`, as rows of eight numbers."""
    count = max(start.shape[0], end.shape[0])
    start, end = (kernels.broadcast_to(points, (count, 4, 2)) for points in (start, end))
    x, y = end[..., 0], end[..., 1]
    u, v = start[..., 0], start[..., 1]
    zero, one = kernels.zeros(x.shape, x.dtype), kernels.ones(x.shape, x.dtype)
    first = kernels.stack([x, y, one, zero, zero, zero, -x * u, -y * u], axis=-1)
    second = kernels.stack([zero, zero, zero, x, y, one, -x * v, -y * v], axis=-1)
    system = kernels.concatenate([first, second], axis=1)
    targets = kernels.concatenate([u, v], axis=1)
    return kernels.solve(system, targets[..., None])[..., 0]


@op("images", family="image", keras_name="ElasticTransform")
def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Images whose pixels are moved by smooth noise (Simard et al. 2003).

    The noise is as Keras's for the same seed: normal with standard deviation `sigma`, smoothed by a
    window of `int(6 * sigma) | 1` pixels, and the same for both axes, so that pixels move along the
    diagonal.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`.
        alpha: factor of the displacements.
        sigma: standard deviation of the noise, and that of the window that smooths it, in pixels.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode, fill_value: as of `affine_transform`.
        seed: int, `SeedGenerator`, or None for the global one.
    """
    order = ORDERS[_choice(interpolation, ORDERS, "interpolation")]
    _choice(fill_mode, FILL_MODES, "fill_mode")
    batch, restored = _as_batch(images, data_format)
    count, height, width, _ = batch.shape
    dtype = _wide_float(str(images.dtype))
    noise = kernels.normal(draw_seed(seed), (count, height, width), dtype) * sigma
    bell = _bell(int(6 * sigma) | 1, sigma)
    for axis in (1, 2):
        noise = _filtered(noise, bell, axis, "same")
    moves = alpha * noise.reshape((count, height * width))
    places = [grid + moves for grid in _grid(height, width, dtype)]
    return restored(_of_images(batch, places, order, fill_mode, fill_value))


def _same_spec(operation, images):
    _color_axis(images, operation.static.get("data_format"))
    return KerasTensor(images.shape, images.dtype)


# To find a shape by tracing would draw a seed.
elastic_transform.operation.compute_output_spec = _same_spec


def _map_dtypes(inputs, *coordinates):
    return (None, _wide_float(inputs, *coordinates))


@op("inputs", "coordinates", dtype=_map_dtypes, family="image", keras_name="MapCoordinates")
def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """What is in a tensor at fractional indices.

    Args:
        inputs: tensor of n axes.
        coordinates: n tensors of one shape, or one tensor of them along axis 0: the indices along
            each axis.
        order: 0 for the nearest element, 1 for linear interpolation.
        fill_mode: what is beyond the edges: `"constant"`, `"nearest"`, `"wrap"`, `"mirror"` (at the
            middle of the last element) or `"reflect"` (at its edge).
        fill_value: the value of `"constant"`.

    Returns:
        A tensor of the shape of one of the coordinates and the dtype of `inputs`.
    """
    if isinstance(coordinates, (list, tuple)):
        coordinates = kernels.stack(coordinates)
    if order not in (0, 1):
        raise ValueError(f"Invalid value for argument `order`: expected 0 or 1. Received: {order}")
    _choice(fill_mode, FILL_MODES, "fill_mode")
    if coordinates.ndim < 2 or coordinates.shape[0] != inputs.ndim:
        raise ValueError(
            "`coordinates` must have one tensor for each axis of `inputs`. Received: "
            f"coordinates.shape={tuple(coordinates.shape)}, inputs.shape={tuple(inputs.shape)}"
        )
    flat = inputs.reshape((-1,))
    places = [coordinates[axis] for axis in range(inputs.ndim)]
    pick = (lambda index: kernels.take(flat, index), lambda x: x)
    return _sampled(pick, places, inputs.shape, order, fill_mode, fill_value, inputs.dtype)
