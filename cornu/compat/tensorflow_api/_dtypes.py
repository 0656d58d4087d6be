"""`tf.float32` and the other dtypes.

A dtype here is its name, a `str`, with TensorFlow's attributes: every place of cornu, NumPy and JAX
that takes a dtype takes it, configs can hold it, and it equals NumPy's dtype, which is what
`tensor.dtype` gives. That one (`x.dtype`) has no `is_floating`: ask `tf.as_dtype(x.dtype)`.
"""

import ml_dtypes
import numpy as np

from cornu.core import dtypes

_EXTRA = {"bfloat16": ml_dtypes.bfloat16}
NAMES = (
    "bfloat16", "bool", "complex128", "complex64", "double", "float16", "float32", "float64",
    "half", "int16", "int32", "int64", "int8", "string", "uint16", "uint32", "uint64", "uint8",
)  # fmt: skip
_SYNONYMS = {"double": "float64", "half": "float16"}


class DType(str):
    """A dtype by name, such as `tf.float32`."""

    __slots__ = ()

    @property
    def name(self):
        """The name as a plain string."""
        return str.__str__(self)

    @property
    def as_numpy_dtype(self):
        """The NumPy scalar type."""
        return object if self.name == "string" else self._numpy.type

    @property
    def _numpy(self):
        return (
            np.dtype(object)
            if self.name == "string"
            else np.dtype(_EXTRA.get(self.name, self.name))
        )

    @property
    def is_floating(self):
        """Whether it is a real float."""
        return "float" in self

    @property
    def is_integer(self):
        """Whether it is an integer, signed or not."""
        return "int" in self

    @property
    def is_unsigned(self):
        """Whether it is an integer without sign."""
        return self.startswith("uint")

    @property
    def is_complex(self):
        """Whether it is complex."""
        return self.startswith("complex")

    @property
    def is_bool(self):
        """Whether it is the bool."""
        return self.name == "bool"

    @property
    def is_numpy_compatible(self):
        """Whether NumPy has it: all have a counterpart."""
        return True

    @property
    def base_dtype(self):
        """Itself: there are no references to dtypes."""
        return self

    @property
    def real_dtype(self):
        """The dtype of the real part."""
        return DType({"complex64": "float32", "complex128": "float64"}.get(self.name, self.name))

    @property
    def size(self):
        """Bytes of an element."""
        return 1 if self.name == "string" else self._numpy.itemsize

    @property
    def min(self):
        """The least finite number."""
        return self._extent("min")

    @property
    def max(self):
        """The greatest finite number."""
        return self._extent("max")

    def _extent(self, which):
        if self.is_bool:
            return which == "max"
        info = np.iinfo(self._numpy) if self.is_integer else ml_dtypes.finfo(self._numpy)
        return getattr(info, which)

    def __eq__(self, other):
        if isinstance(other, str):
            return str.__eq__(self, other)
        if other is None:
            return False
        try:
            return self.name == as_dtype(other).name
        except TypeError:
            return False

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__

    def __repr__(self):
        return f"tf.{self.name}"

    def __reduce__(self):
        return DType, (self.name,)


TABLE = {name: DType(_SYNONYMS.get(name, name)) for name in NAMES}


def as_dtype(type_value):
    """The `DType` of a name, a NumPy dtype or type, or a Python type.

    Raises:
        TypeError: if it names none.
    """
    if isinstance(type_value, DType):
        return type_value
    if type_value in (str, bytes, object, np.str_, np.bytes_, np.object_) and not isinstance(
        type_value, str
    ):
        return TABLE["string"]
    if isinstance(type_value, np.dtype) and type_value.kind in "OSU":
        return TABLE["string"]
    if type_value is float:
        return TABLE["float32"]
    try:
        return DType(dtypes.standardize_dtype(type_value))
    except ValueError as error:
        raise TypeError(f"Cannot convert {type_value!r} to a TensorFlow DType.") from error
