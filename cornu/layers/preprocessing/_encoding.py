"""Numbers of categories as vectors: the output modes that layers of categories share."""

import numpy as np

from cornu import ops

# One vector for each number, or one for each row of them.
ONE_HOT, MULTI_HOT, COUNT, TF_IDF = "one_hot", "multi_hot", "count", "tf_idf"
NO_SPARSE = "`sparse=True` needs sparse tensors, which only TensorFlow has: leave it out."


def check_mode(layer, mode, allowed):
    """Raise ValueError unless `mode` is one of those that a layer has.

    Raises:
        ValueError: naming them.
    """
    if isinstance(mode, str) and mode in allowed:
        return
    begin = {  # in the words of Keras
        "CategoryEncoding": f"Unknown arg for output_mode: {mode}. Expected one of",
        "Hashing": "Invalid value for argument `output_mode`. Expected one of",
    }.get(layer, f"Unknown value for `output_mode` argument of {layer}. Allowed values are:")
    raise ValueError(f"{begin} {tuple(allowed)}. Received: output_mode={mode}")


def check_dense(sparse, mode):
    """Raise ValueError if sparse outputs are asked for.

    Raises:
        ValueError: saying what to do.
    """
    if sparse and mode == "int":
        raise ValueError(
            "`sparse` may only be true if `output_mode` is one of vectors. Received:"
            f" sparse={sparse} and output_mode={mode}"
        )
    if sparse:
        raise ValueError(f"{NO_SPARSE} Received: sparse={sparse}")


def encoded_shape(shape, mode, depth):
    """The shape of `encoded(numbers, mode, depth)` for numbers of a shape."""
    shape = tuple(shape)
    if mode != ONE_HOT:
        return (*shape[:1], *shape[2:], depth) if len(shape) > 1 else (depth,)
    if not shape:
        return (1, depth)
    return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape), depth)


def encoded(numbers, mode, depth, dtype, weights=None):
    """Numbers from 0 to `depth - 1` as vectors; others are left out.

    Args:
        numbers: integers: an array of NumPy, or a tensor.
        mode: `"one_hot"`: (..., n, depth), or (..., depth) if the last axis n is 1; or a vector for
            each row of axis 1 (in Keras too it is not the last one): (batch, ..., depth) of
            (batch, n, ...), `"multi_hot"`, of 1 for each number in it, `"count"`, of how often
            each is, or `"tf_idf"`, of that times `weights`.
        depth: size of the vectors.
        dtype: dtype of the result.
        weights: for `"count"`, one for each of `numbers`, summed instead of 1; for `"tf_idf"`,
            (depth,).

    Returns:
        An array of NumPy for one, a tensor for a tensor.
    """
    if isinstance(numbers, np.ndarray) and (weights is None or isinstance(weights, np.ndarray)):
        return _on_host(numbers, mode, depth, dtype, weights)
    if mode == ONE_HOT:
        if not numbers.shape:
            numbers = ops.reshape(numbers, (1,))
        elif len(numbers.shape) > 1 and numbers.shape[-1] == 1:
            numbers = ops.squeeze(numbers, -1)
        return ops.one_hot(numbers, depth, dtype=dtype)
    if not numbers.shape:
        numbers = ops.reshape(numbers, (1,))
    vectors = ops.one_hot(numbers, depth, dtype=dtype)
    rows = 1 if len(numbers.shape) > 1 else 0
    if mode == MULTI_HOT:
        return ops.max(vectors, axis=rows, initial=0)
    if mode == COUNT and weights is not None:
        vectors = vectors * ops.expand_dims(ops.cast(weights, dtype), -1)
    found = ops.sum(vectors, axis=rows)
    return found * ops.cast(weights, dtype) if mode == TF_IDF else found


def _on_host(numbers, mode, depth, dtype, weights):
    shape = encoded_shape(numbers.shape, mode, depth)
    if mode == COUNT and weights is not None:
        weights = np.broadcast_to(weights, numbers.shape)
        weights = np.moveaxis(weights, 1, -1) if weights.ndim > 2 else weights
    if mode != ONE_HOT and numbers.ndim > 2:
        numbers = np.moveaxis(numbers, 1, -1)
    rows = numbers.reshape(-1, 1) if mode == ONE_HOT else np.atleast_1d(numbers)
    rows = rows.reshape(-1, rows.shape[-1]) if rows.size else np.zeros((rows.size, 0), "int64")
    count = int(np.prod(shape[:-1]))
    known = (rows >= 0) & (rows < depth)
    places = (rows + np.arange(len(rows))[:, None] * depth)[known]
    summed = weights if mode == COUNT else None
    if summed is not None:
        summed = summed.reshape(rows.shape)[known]
    found = np.bincount(places, summed, minlength=count * depth).reshape(count, depth)
    if mode == MULTI_HOT:
        found = np.minimum(found, 1)
    if mode == TF_IDF:
        found = found * weights
    return found.astype(dtype).reshape(shape)
