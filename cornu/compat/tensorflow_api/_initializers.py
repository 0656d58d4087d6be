"""`tf.zeros_initializer` and its like: this package's initializers under TensorFlow's names."""

from cornu import initializers as ours
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._table import Namespace


class zeros_initializer(ours.Zeros):
    """Zeros."""


class ones_initializer(ours.Ones):
    """Ones."""


class constant_initializer(ours.Constant):
    """One value everywhere.

    Args:
        value: the value.
    """

    def __init__(self, value=0):
        super().__init__(value)


class random_normal_initializer(ours.RandomNormal):
    """Numbers of a normal distribution."""


class random_uniform_initializer(ours.RandomUniform):
    """Numbers from `minval` to `maxval`."""


MEMBERS = {
    name: globals()[name]
    for name in ("constant_initializer", "ones_initializer", "random_normal_initializer",
                 "random_uniform_initializer", "zeros_initializer")
}  # fmt: skip


def _with_dtype(cls):
    call = cls.__call__

    def __call__(self, shape, dtype="float32", **kwargs):
        return call(self, tuple(shape), dtype=as_dtype(dtype).name)

    cls.__call__ = __call__


for _cls in MEMBERS.values():
    _with_dtype(_cls)
initializers = Namespace("tf.initializers", {name: getattr(ours, name) for name in ours.__all__})
