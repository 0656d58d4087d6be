"""`tf.random`: draws with TensorFlow's distributions and arguments.

The numbers are JAX's, so they are not those that TensorFlow draws for the same seed.
"""

import numpy as np

from cornu import ops
from cornu import random as draws
from cornu.compat import k_backend
from cornu.compat.tensorflow_api._arrays import _has_unknown, sizes
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._seeds import seed_of, set_seed, stateless_seed
from cornu.compat.tensorflow_api._tensors import convert_to_tensor
from cornu.state.seeds import SeedGenerator, make_default_seed

__all__ = [
    "Generator", "categorical", "gamma", "normal", "poisson", "set_seed", "shuffle", "split",
    "stateless_binomial", "stateless_categorical", "stateless_gamma", "stateless_normal",
    "stateless_poisson", "stateless_truncated_normal", "stateless_uniform", "truncated_normal",
    "uniform", "get_global_generator", "set_global_generator",
]  # fmt: skip


def _normal(shape, mean, stddev, dtype, seed):
    shape, dtype = sizes(shape), as_dtype(dtype).name
    if _has_unknown(shape):
        found = k_backend.random_normal(shape, dtype=dtype)
    else:
        found = draws.normal(shape, dtype=dtype, seed=seed)
    return ops.add(ops.multiply(found, ops.cast(stddev, dtype)), ops.cast(mean, dtype))


def _truncated_normal(shape, mean, stddev, dtype, seed):
    dtype = as_dtype(dtype).name
    found = draws.truncated_normal(sizes(shape), dtype=dtype, seed=seed)
    return ops.add(ops.multiply(found, ops.cast(stddev, dtype)), ops.cast(mean, dtype))


def _uniform(shape, minval, maxval, dtype, seed):
    shape, dtype = sizes(shape), as_dtype(dtype)
    if dtype.is_integer:
        if maxval is None:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        return draws.randint(shape, int(minval), int(maxval), dtype=dtype.name, seed=seed)
    low = ops.cast(minval, dtype.name)
    high = ops.cast(1 if maxval is None else maxval, dtype.name)
    if _has_unknown(shape):
        found = k_backend.random_uniform(shape, dtype=dtype.name)
    else:
        found = draws.uniform(shape, dtype=dtype.name, seed=seed)
    return ops.add(ops.multiply(found, high - low), low)


def _gamma(shape, alpha, beta, dtype, seed):
    dtype = as_dtype(dtype).name
    alpha = convert_to_tensor(alpha, dtype)
    rate = ops.ones((), dtype) if beta is None else convert_to_tensor(beta, dtype)
    inner = np.broadcast_shapes(tuple(alpha.shape), tuple(rate.shape))
    whole = (*sizes(shape), *inner)
    alpha = ops.broadcast_to(alpha, whole)
    return ops.divide(draws.gamma(whole, alpha, dtype=dtype, seed=seed), rate)


def _poisson(shape, lam, dtype, seed):
    """Poisson numbers as how many arrivals come before time 1: sums of exponential times."""
    lam = convert_to_tensor(lam, "float32")
    whole = (*sizes(shape), *lam.shape)
    most = float(ops.max(lam))
    count = int(most + 10 * np.sqrt(most) + 20)
    waits = -ops.log(1.0 - draws.uniform((count, *whole), seed=seed))
    arrived = ops.less(ops.cumsum(waits, axis=0), lam)
    return ops.cast(ops.sum(ops.cast(arrived, "int32"), axis=0), as_dtype(dtype).name)


def normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
    """Numbers of normal distributions."""
    return _normal(shape, mean, stddev, dtype, seed_of(seed))


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None):
    """Numbers of normal distributions, within two standard deviations."""
    return _truncated_normal(shape, mean, stddev, dtype, seed_of(seed))


def uniform(shape, minval=0, maxval=None, dtype="float32", seed=None, name=None):
    """Numbers from `minval` up to `maxval`, without it; integers too."""
    return _uniform(shape, minval, maxval, dtype, seed_of(seed))


def gamma(shape, alpha, beta=None, dtype="float32", seed=None, name=None):
    """Numbers of gamma distributions: of the given shape for each `alpha` and rate `beta`."""
    return _gamma(shape, alpha, beta, dtype, seed_of(seed))


def poisson(shape, lam, dtype="float32", seed=None, name=None):
    """Numbers of Poisson distributions: of the given shape for each mean `lam`."""
    return _poisson(shape, lam, dtype, seed_of(seed))


def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    """Class numbers, drawn for each row of logits."""
    found = draws.categorical(convert_to_tensor(logits), int(num_samples), seed=seed_of(seed))
    return ops.cast(found, as_dtype(dtype or "int64").name)


def shuffle(value, seed=None, name=None):
    """The slices along the first axis in random order."""
    return draws.shuffle(convert_to_tensor(value), axis=0, seed=seed_of(seed))


def stateless_normal(
    shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"
):
    """As `normal`; the same numbers at each call. `seed` is a pair of ints, `alg` means nothing
    here."""
    return _normal(shape, mean, stddev, dtype, stateless_seed(seed))


def stateless_truncated_normal(
    shape, seed, mean=0.0, stddev=1.0, dtype="float32", name=None, alg="auto_select"
):
    """As `truncated_normal`; the same numbers at each call."""
    return _truncated_normal(shape, mean, stddev, dtype, stateless_seed(seed))


def stateless_uniform(
    shape, seed, minval=0, maxval=None, dtype="float32", name=None, alg="auto_select"
):
    """As `uniform`; the same numbers at each call."""
    return _uniform(shape, minval, maxval, dtype, stateless_seed(seed))


def stateless_gamma(shape, seed, alpha, beta=None, dtype="float32", name=None):
    """Numbers of gamma distributions, the same at each call; `shape` is that of the result."""
    dtype = as_dtype(dtype).name
    alpha = ops.broadcast_to(convert_to_tensor(alpha, dtype), sizes(shape))
    found = draws.gamma(sizes(shape), alpha, dtype=dtype, seed=stateless_seed(seed))
    return found if beta is None else ops.divide(found, beta)


def stateless_poisson(shape, seed, lam, dtype="int32", name=None):
    """Numbers of Poisson distributions, the same at each call; `shape` is that of the result."""
    lam = ops.broadcast_to(convert_to_tensor(lam, "float32"), sizes(shape))
    return _poisson((), lam, dtype, stateless_seed(seed))


def stateless_binomial(shape, seed, counts, probs, output_dtype="int32", name=None):
    """Numbers of binomial distributions, the same at each call."""
    found = draws.binomial(
        sizes(shape), convert_to_tensor(counts, "float32"), convert_to_tensor(probs, "float32"),
        seed=stateless_seed(seed),
    )  # fmt: skip
    return ops.cast(found, as_dtype(output_dtype).name)


def stateless_categorical(logits, num_samples, seed, dtype="int64", name=None):
    """As `categorical`; the same numbers at each call."""
    found = draws.categorical(
        convert_to_tensor(logits), int(num_samples), seed=stateless_seed(seed)
    )
    return ops.cast(found, as_dtype(dtype).name)


def split(seed, num=2, alg="auto_select"):
    """Several seeds for functions without state, made of one."""
    made = np.random.SeedSequence(stateless_seed(seed)).generate_state(2 * int(num))
    return ops.convert_to_tensor((made & 0x7FFFFFFF).astype("int32").reshape(-1, 2))


class Generator:
    """Draws with a state of its own, which advances with each.

    Args:
        copy_from: another generator, or None.
        state, alg: accepted for compatibility; make generators with `from_seed`.
    """

    def __init__(self, copy_from=None, state=None, alg=None):
        seed = make_default_seed() if state is None else stateless_seed(np.ravel(state)[:2])
        self._seeds = SeedGenerator(seed)
        if copy_from is not None:
            self._seeds.state.assign(copy_from.state)

    @classmethod
    def from_seed(cls, seed, alg=None):
        """A generator whose numbers follow from an int."""
        made = cls()
        made._seeds = SeedGenerator(int(seed))
        return made

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A generator with numbers of its own in each process."""
        return cls.from_seed(int(np.random.SeedSequence().entropy) & 0xFFFFFFFF)

    @property
    def state(self):
        """The variable that holds the state."""
        return self._seeds.state

    def reset_from_seed(self, seed):
        """Begin anew with the numbers of a seed."""
        self._seeds.state.assign(SeedGenerator(int(seed)).state)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """As `tf.random.normal`."""
        return _normal(shape, mean, stddev, dtype, self._seeds)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", name=None):
        """As `tf.random.truncated_normal`."""
        return _truncated_normal(shape, mean, stddev, dtype, self._seeds)

    def uniform(self, shape, minval=0, maxval=None, dtype="float32", name=None):
        """As `tf.random.uniform`."""
        return _uniform(shape, minval, maxval, dtype, self._seeds)

    def uniform_full_int(self, shape, dtype="uint64", name=None):
        """Integers of the whole range of 32 bits."""
        return draws.randint(sizes(shape), 0, 2**31 - 1, dtype="int32", seed=self._seeds)

    def binomial(self, shape, counts, probs, dtype="int32", name=None):
        """Numbers of binomial distributions."""
        counts, probs = convert_to_tensor(counts, "float32"), convert_to_tensor(probs, "float32")
        found = draws.binomial(sizes(shape), counts, probs, seed=self._seeds)
        return ops.cast(found, as_dtype(dtype).name)

    def make_seeds(self, count=1):
        """`(2, count)` ints, seeds for functions without state."""
        return draws.randint((2, int(count)), 0, 2**31 - 1, seed=self._seeds)

    def split(self, count=1):
        """Several new generators."""
        seeds = np.asarray(self.make_seeds(count))[0]
        return [Generator.from_seed(int(seed)) for seed in seeds]


_global = {}


def get_global_generator():
    """The `Generator` of the process."""
    if "generator" not in _global:
        _global["generator"] = Generator.from_non_deterministic_state()
    return _global["generator"]


def set_global_generator(generator):
    """Take another `Generator` as that of the process."""
    _global["generator"] = generator
