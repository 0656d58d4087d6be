"""Names of dtypes and what two of them promote to.

Promotion follows the lattice of JAX (https://docs.jax.dev/en/latest/type_promotion.html), in which
Python scalars are
weak: they take the dtype of the array they meet. Where the engine computes in 32 bits, a 64-bit
result is narrowed.
"""

import functools

BOOL_TYPES = ("bool",)
INT_TYPES = ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64")
FLOAT_TYPES = ("bfloat16", "float16", "float32", "float64")
FLOAT8_TYPES = ("float8_e4m3fn", "float8_e5m2")
COMPLEX_TYPES = ("complex64", "complex128")
ALLOWED_DTYPES = (
    *FLOAT_TYPES,
    *INT_TYPES,
    "bool",
    "string",
    *FLOAT8_TYPES,
    *COMPLEX_TYPES,
)
_ALLOWED = frozenset(ALLOWED_DTYPES)

# Each dtype with those directly above it; "int*", "float*", "complex*" are Python scalars.
_ABOVE = {
    "bool": ("int*",),
    "int*": ("uint8", "int8"),
    "uint8": ("int16", "uint16"),
    "uint16": ("int32", "uint32"),
    "uint32": ("int64", "uint64"),
    "uint64": ("float*",),
    "int8": ("int16",),
    "int16": ("int32",),
    "int32": ("int64",),
    "int64": ("float*",),
    "float*": ("bfloat16", "float16", "complex*"),
    "bfloat16": ("float32",),
    "float16": ("float32",),
    "float32": ("float64", "complex64"),
    "float64": ("complex128",),
    "complex*": ("complex64",),
    "complex64": ("complex128",),
    "complex128": (),
}
_WEAK = {int: "int*", float: "float*", complex: "complex*"}
_PYTHON = {bool: "bool", int: "int32", str: "string", complex: "complex64"}
_SPOKEN = {"int": "int32", "long": "int64"}
_NARROW = {
    "int64": "int32",
    "uint64": "uint32",
    "float64": "float32",
    "complex128": "complex64",
}

_default_float = "float32"


def set_default_float(name):
    """Told by `core.config` what a plain `float` is."""
    global _default_float
    _default_float = name
    _promote.cache_clear()


def has_64_bits():
    """Whether the engine computes in 64 bits; the engine replaces this function."""
    return False


def set_64_bit_test(test):
    """Let the engine say, through `test()`, whether it computes in 64 bits."""
    global has_64_bits
    has_64_bits = test


_TEXT = ". Tensors hold numbers: encode text first, as `StringLookup` or `TextVectorization` does"
_RAGGED = ". Tensors hold numbers, as many in each row: these are objects of Python"
_HINTS: dict[str | None, str] = {
    "U": _TEXT,
    "S": _TEXT,
    "T": _TEXT,
    "O": _RAGGED,
}  # by the kind of a NumPy dtype


def standardize_dtype(dtype) -> str:
    """The name of `dtype`.

    Args:
        dtype: a name, a NumPy, JAX or torch dtype, a Python scalar type, or None for the default
            float.

    Returns:
        A string, such as `"float32"`.

    Raises:
        ValueError: if it names no dtype.
    """
    if dtype is None:
        return _default_float
    if type(dtype) is str and dtype in _ALLOWED:
        return dtype
    if dtype is float:
        return _default_float
    if type(dtype) is str and dtype in _SPOKEN:
        return _SPOKEN[dtype]
    if isinstance(dtype, type) and dtype in _PYTHON:
        return _PYTHON[dtype]
    names = (getattr(dtype, "name", None), getattr(dtype, "__name__", None), str(dtype))
    name: str = next((name for name in names if name in _ALLOWED), str(dtype))
    name = name.removeprefix("torch.")
    if name not in _ALLOWED:
        raise ValueError(f"Invalid dtype: {dtype}{_HINTS.get(getattr(dtype, 'kind', None), '')}")
    return name


@functools.cache
def _reach(name):
    found = {name}
    for above in _ABOVE[name]:
        found |= _reach(above)
    return frozenset(found)


@functools.cache
def _join(first, second):
    """The least dtype that is above both."""
    common = _reach(first) & _reach(second)
    return min(common, key=lambda name: -len(_reach(name)))


def _node(dtype):
    if isinstance(dtype, type) and dtype in _WEAK:
        return _WEAK[dtype]
    name = standardize_dtype(dtype)
    if name in FLOAT8_TYPES:
        raise ValueError(
            "There is no implicit conversions from float8 dtypes to others. "
            f"You must cast it internally. Received: {dtype}"
        )
    if name == "string":
        raise ValueError("dtype='string' is not a valid dtype for Keras type promotion.")
    return name


@functools.lru_cache(4096)
def _promote(dtypes, wide) -> str:
    name: str = functools.reduce(_join, map(_node, dtypes))
    weak = {"int*": "int32", "float*": _default_float, "complex*": "complex64"}
    name = weak.get(name, name)
    return name if wide else _NARROW.get(name, name)


def result_type(*dtypes) -> str:
    """The dtype in which values of the given dtypes are combined.

    Args:
        *dtypes: dtypes; the Python types `int` and `float` stand for scalars, which are weak. None
            is the default float, and no argument at all too.

    Returns:
        The name of a dtype.

    Raises:
        ValueError: for float8 dtypes, which must be cast, and for names that are no dtypes.
    """
    if not dtypes:
        return _default_float
    if len(dtypes) == 1 and standardize_dtype(dtypes[0]) == "string":
        return "string"
    return _promote(tuple(dtypes), has_64_bits())


def narrow(name):
    """`name`, at the width that the engine can compute in."""
    return name if has_64_bits() else _NARROW.get(name, name)


def is_float_dtype(dtype):
    """Whether `dtype` is a float type (8 to 64 bits)."""
    return "float" in standardize_dtype(dtype)


def is_int_dtype(dtype):
    """Whether `dtype` is a signed or unsigned integer type."""
    return "int" in standardize_dtype(dtype)
