"""Windows of images as vectors, vectors as windows, and blocks moved between space and channels."""

import itertools
import numbers
import operator

from cornu.backend import kernels
from cornu.core import config
from cornu.core.shapes import to_tuple
from cornu.symbolic.op import op


def _counts(sizes, window, strides, dilation):
    """How many places a window has along each axis."""
    return [
        max((size - (width - 1) * step - 1) // stride + 1, 0) if isinstance(size, int)
        else (size - (width - 1) * step - 1) // stride + 1
        for size, width, stride, step in zip(sizes, window, strides, dilation, strict=True)
    ]  # fmt: skip


def _starts(window, dilation):
    """Where each element of a window is, relative to its first, in row-major order."""
    for place in itertools.product(*map(range, window)):
        yield [one * step for one, step in zip(place, dilation, strict=True)]


def _seen(x, first, window, strides, dilation):
    """What of `x` each element of a window meets; the axes of the window begin at `first`."""
    counts = _counts(x.shape[first : first + len(window)], window, strides, dilation)
    for starts in _starts(window, dilation):
        parts = [
            slice(start, start + max((count - 1) * stride + 1, 0), stride)
            if isinstance(count, int)
            else slice(start, start + (count - 1) * stride + 1, stride)
            for start, count, stride in zip(starts, counts, strides, strict=True)
        ]
        yield x[(slice(None),) * first + tuple(parts)]


def _same_padding(sizes, window, strides, dilation):
    """Zeros on each side with which there is one window for each stride that begins inside."""
    for size, width, stride, step in zip(sizes, window, strides, dilation, strict=True):
        total = max((-(-size // stride) - 1) * stride + (width - 1) * step + 1 - size, 0)
        yield total // 2, total - total // 2


@op("images", family="image", keras_name="ExtractPatches", fuse=True)
def _extract_patches(
    images, size, strides=None, dilation_rate=1, padding="valid", data_format=None
):
    rank = len(size)
    first = config.standardize_data_format(data_format) == "channels_first"
    if images.ndim not in (rank + 1, rank + 2):
        raise ValueError(
            f"Invalid images rank: expected rank {rank + 1} (single image) or rank {rank + 2} "
            f"(batch of images). Received: images.shape={tuple(images.shape)}"
        )
    padding = str(padding).lower()
    if padding not in ("valid", "same"):
        raise ValueError(f"`padding` must be 'valid' or 'same'. Received: padding={padding!r}")
    window = to_tuple(size, rank, "size")
    strides = window if strides is None else to_tuple(strides, rank, "strides")
    dilation = to_tuple(dilation_rate, rank, "dilation_rate")
    single = images.ndim == rank + 1
    x = images[None] if single else images
    x = kernels.moveaxis(x, 1, -1) if first else x
    if padding == "same":
        pads = _same_padding(x.shape[1:-1], window, strides, dilation)
        x = kernels.pad(x, ((0, 0), *pads, (0, 0)))
    x = kernels.concatenate(list(_seen(x, 1, window, strides, dilation)), axis=-1)
    x = kernels.moveaxis(x, -1, 1) if first else x
    return x[0] if single else x


def _check_size(size, ranks):
    lengths = " or ".join(map(str, ranks))
    told = f"Received: size={size} of type {type(size).__name__}"
    several = isinstance(size, (list, tuple))
    if not several or len(size) not in ranks:
        error = ValueError if several and len(ranks) > 1 else TypeError
        number = "" if error is ValueError else "an int or "
        raise error(
            f"Invalid `size` argument. Expected {number}a tuple of length {lengths}. {told}"
        )


def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """Windows of images, or of volumes, as vectors.

    Args:
        images: (height, width, channels), or a batch of such; (channels, height, width) for
            `"channels_first"`. With a `size` of three ints, volumes.
        size: of the windows: an int, or one for each spatial axis.
        strides: how far apart they are: int or tuple; by default `size`, so that they tile images.
        dilation_rate: how far apart the pixels of a window are: int or tuple.
        padding: `"valid"`, or `"same"` for windows that reach over the edges, where images are 0.

    Returns:
        (rows of windows, columns of windows, pixels of a window * channels), the pixels in
        row-major order, or a batch of such; the last axis is the first for `"channels_first"`.
    """
    if isinstance(size, numbers.Integral):
        size = (size, size)
    _check_size(size, (2, 3))
    return _extract_patches(
        images, size=tuple(size), strides=strides, dilation_rate=dilation_rate, padding=padding,
        data_format=data_format,
    )  # fmt: skip


def extract_patches_3d(
    volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None
):
    """Windows of volumes as vectors.

    Args:
        volumes: (depth, height, width, channels), or a batch of such; (channels, depth, height,
            width) for `"channels_first"`.
        size: of the windows: an int, or three.
        strides, dilation_rate, padding: as of `extract_patches`.

    Returns:
        (*windows, voxels of a window * channels), or a batch of such; the last axis is the first
        for `"channels_first"`.
    """
    if isinstance(size, numbers.Integral):
        size = (size, size, size)
    _check_size(size, (3,))
    return _extract_patches(
        volumes, size=tuple(size), strides=strides, dilation_rate=dilation_rate, padding=padding,
        data_format=data_format,
    )  # fmt: skip


def _window_arguments(kernel_size, dilation, padding, stride):
    return (
        to_tuple(kernel_size, 2, "kernel_size"),
        to_tuple(dilation, 2, "dilation"),
        to_tuple(padding, 2, "padding", allow_zero=True),
        to_tuple(stride, 2, "stride"),
    )


@op("x", family="nn", fuse=True)
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """Windows of images, as columns.

    Args:
        x: (batch, channels, height, width).
        kernel_size, dilation, stride: int, or one for height and one for width.
        padding: zeros added on each side, an int or two.

    Returns:
        A tensor (batch, channels * elements of a window, number of windows); windows and their
        elements are in row-major order.
    """
    if x.ndim != 4:
        raise ValueError(f"Input must be a 4D tensor. Received: input.shape={tuple(x.shape)}")
    window, dilation, pads, strides = _window_arguments(kernel_size, dilation, padding, stride)
    if any(pads):
        x = kernels.pad(x, ((0, 0), (0, 0), *((pad, pad) for pad in pads)))
    seen = kernels.stack(list(_seen(x, 2, window, strides, dilation)), axis=2)
    batch, channels, elements, *places = seen.shape
    return seen.reshape((batch, channels * elements, places[0] * places[1]))


@op("x", family="nn", fuse=True)
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Windows put back into images; where they overlap they are summed up.

    Args:
        x: (batch, channels * elements of a window, number of windows), as `unfold` makes it.
        output_size: height and width of the images.
        kernel_size, dilation, padding, stride: as of `unfold`.

    Returns:
        A tensor (batch, channels, height, width).

    Raises:
        ValueError: if so many windows of that size do not make such images.
    """
    if x.ndim != 3:
        raise ValueError(f"Input must be a 3D tensor. Received: input.shape={tuple(x.shape)}")
    sizes = to_tuple(output_size, 2, "output_size")
    window, dilation, pads, strides = _window_arguments(kernel_size, dilation, padding, stride)
    padded = [size + 2 * pad for size, pad in zip(sizes, pads, strict=True)]
    counts = _counts(padded, window, strides, dilation)
    elements = window[0] * window[1]
    if x.shape[1] % elements:
        raise ValueError(
            f"fold: axis 1 of the input must be divisible by the {elements} elements of the "
            f"window {window}. Received: input.shape={tuple(x.shape)}"
        )
    if x.shape[2] != counts[0] * counts[1]:
        raise ValueError(
            f"fold: images of size {sizes} have {counts[0] * counts[1]} windows of size {window}. "
            f"Received: input.shape={tuple(x.shape)}, dilation={dilation}, padding={pads}, "
            f"stride={strides}"
        )
    x = x.reshape((x.shape[0], x.shape[1] // elements, elements, *counts))
    total = sum(
        _placed(x[:, :, element], starts, strides, padded)
        for element, starts in enumerate(_starts(window, dilation))
    )
    (top, left), (height, width) = pads, sizes
    return total[:, :, top : top + height, left : left + width]


def _placed(x, starts, strides, sizes):
    """`x` with its elements `strides` apart, beginning at `starts`, in zeros of the given sizes."""
    for axis, (start, stride, size) in enumerate(zip(starts, strides, sizes, strict=True), start=2):
        if stride > 1:
            x = kernels.expand_dims(x, axis + 1)
            pads = [(0, stride - 1 if place == axis + 1 else 0) for place in range(x.ndim)]
            x = kernels.pad(x, pads)
            x = x.reshape((*x.shape[:axis], x.shape[axis] * stride, *x.shape[axis + 2 :]))
        room = size - start
        if x.shape[axis] > room:
            x = x[(slice(None),) * axis + (slice(0, room),)]
        pads = [(0, 0)] * x.ndim
        pads[axis] = (start, room - x.shape[axis])
        x = kernels.pad(x, pads)
    return x


def _blocks(x, block_size, data_format, name):
    data_format = config.standardize_data_format(data_format)
    block_size = operator.index(block_size)
    if block_size < 2:
        raise ValueError(f"`block_size` must be at least 2. Received: block_size={block_size}")
    if x.ndim != 4:
        raise ValueError(f"{name} needs a 4D tensor. Received: x.shape={tuple(x.shape)}")
    return block_size, data_format == "channels_first"


@op("x", family="nn", keras_name="DepthToSpace", fuse=True)
def depth_to_space(x, block_size, data_format="channels_last"):
    """Groups of `block_size**2` channels laid out as blocks of pixels.

    Args:
        x: (batch, height, width, channels), or (batch, channels, height, width) for
            `"channels_first"`.
        block_size: height and width of a block, at least 2.

    Raises:
        ValueError: if the number of channels is no multiple of `block_size**2`.
    """
    size, first = _blocks(x, block_size, data_format, "depth_to_space")
    depth = x.shape[1 if first else 3]
    if depth % size**2:
        raise ValueError(
            f"depth_to_space: the number of channels must be a multiple of {size**2}. "
            f"Received: x.shape={tuple(x.shape)}, block_size={size}"
        )
    depth //= size**2
    if first:
        batch, _, height, width = x.shape
        x = x.reshape((batch, size, size, depth, height, width))
        x = kernels.transpose(x, (0, 3, 4, 1, 5, 2))
        return x.reshape((batch, depth, height * size, width * size))
    batch, height, width, _ = x.shape
    x = x.reshape((batch, height, width, size, size, depth))
    x = kernels.transpose(x, (0, 1, 3, 2, 4, 5))
    return x.reshape((batch, height * size, width * size, depth))


@op("x", family="nn", keras_name="SpaceToDepth", fuse=True)
def space_to_depth(x, block_size, data_format="channels_last"):
    """Blocks of pixels as channels of one pixel each, the reverse of `depth_to_space`.

    Args:
        x: (batch, height, width, channels), or (batch, channels, height, width) for
            `"channels_first"`.
        block_size: height and width of a block, at least 2.

    Raises:
        ValueError: if height or width is no multiple of `block_size`.
    """
    size, first = _blocks(x, block_size, data_format, "space_to_depth")
    height, width = x.shape[2:] if first else x.shape[1:3]
    if height % size or width % size:
        raise ValueError(
            f"space_to_depth: height and width must be multiples of block_size={size}. "
            f"Received: x.shape={tuple(x.shape)}"
        )
    height, width = height // size, width // size
    if first:
        batch, depth = x.shape[:2]
        x = x.reshape((batch, depth, height, size, width, size))
        x = kernels.transpose(x, (0, 3, 5, 1, 2, 4))
        return x.reshape((batch, size**2 * depth, height, width))
    batch, depth = x.shape[0], x.shape[3]
    x = x.reshape((batch, height, size, width, size, depth))
    x = kernels.transpose(x, (0, 1, 3, 2, 4, 5))
    return x.reshape((batch, height, width, size**2 * depth))
