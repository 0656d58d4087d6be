"""Results of expressions as values that JSON holds, the same for TensorFlow and for us."""

import numpy as np

# Where cornu computes in 32 bits.
NARROW = {
    "int64": "int32",
    "uint64": "uint32",
    "float64": "float32",
    "complex128": "complex64",
}


def described(value):
    """A nest of tensors as lists; a tensor as dtype, shape and values."""
    if isinstance(value, dict):
        return {key: described(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)) and not hasattr(value, "dtype"):
        return [described(each) for each in value]
    if hasattr(value, "value") and not hasattr(value, "dtype"):  # an enumeration member
        value = value.value
    if isinstance(value, bytes):
        return ["string", [], value.decode("latin1")]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    array = np.asarray(value)
    if array.dtype.kind in "OS":
        flat = [each if isinstance(each, str) else each.decode("latin1") for each in array.ravel()]
        return ["string", list(array.shape), flat if array.shape else flat[0]]
    dtype = NARROW.get(str(array.dtype), str(array.dtype))
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    if array.dtype.kind == "f":
        return [dtype, list(array.shape), [_rounded(each) for each in array.ravel()]]
    return [dtype, list(array.shape), array.ravel().tolist()]


def _rounded(number):
    return str(number) if not np.isfinite(number) else float(f"{float(number):.7g}")
