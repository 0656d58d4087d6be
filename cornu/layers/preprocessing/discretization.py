"""`Discretization`."""

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.core.errors import shorten
from cornu.layers.preprocessing._binning import Binning
from cornu.layers.preprocessing._vocabulary import batches_of
from cornu.serial.registry import export


@export("keras.layers.Discretization")
class Discretization(Binning):
    """Gives each number that of the bin in which it lies, or vectors of these.

    Args:
        bin_boundaries: where bins meet, ascending; a number on a boundary belongs to the bin above.
            `[0., 1.]` makes bins below 0, from 0 to 1, and from 1 on.
        num_bins: instead of boundaries: how many bins `adapt` makes, as full as each other.
        epsilon: how exact that is: more than `200 / epsilon` numbers are summed up by half as many.
        output_mode: `"int"`: the number of the bin. `"one_hot"`: a vector for each, in place of a
            last axis of size 1. Or a vector for each row: `"multi_hot"`, of 1 for the bins of what
            is in it, or `"count"`, of how many are in each.
        sparse: must be False: there are no sparse tensors.
        dtype, name: see `Layer`.

    Inputs are numbers of any shape.

    Raises:
        ValueError: unless one of `bin_boundaries` and `num_bins` is given.

    Example:
        >>> import cornu
        >>> layer = cornu.layers.Discretization(bin_boundaries=[0.0, 1.0, 2.0])
        >>> layer([[-1.5, 1.0], [3.4, 0.5]])
        Array([[0, 2],
               [3, 1]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries=None,
        num_bins=None,
        epsilon=0.01,
        output_mode="int",
        sparse=False,
        dtype=None,
        name=None,
    ):
        super().__init__(output_mode=output_mode, sparse=sparse, dtype=dtype, name=name)
        if num_bins is not None and num_bins < 0:
            raise ValueError(
                f"`num_bins` must be greater than or equal to 0. Received: `num_bins={num_bins}`"
            )
        if num_bins is not None and bin_boundaries is not None:
            raise ValueError(
                "Both `num_bins` and `bin_boundaries` should not be set. Received:"
                f" `num_bins={num_bins}` and `bin_boundaries={shorten(bin_boundaries)}`"
            )
        if num_bins is None and bin_boundaries is None:
            raise ValueError("You need to set either `num_bins` or `bin_boundaries`.")
        if not 0 < epsilon < 1:
            raise ValueError(f"`epsilon` must be between 0 and 1. Received: epsilon={epsilon}")
        self.num_bins, self.epsilon = num_bins, epsilon
        self._given = bin_boundaries is not None
        self._boundaries = _ascending(bin_boundaries) if self._given else None
        self._summary = _EMPTY

    @property
    def bin_boundaries(self):
        """Where bins meet, as a list; None before `adapt`."""
        return None if self._boundaries is None else self._boundaries.tolist()

    def convert_weight(self, weight):
        """A weight as a tensor for the engine: as it is."""
        return weight

    def adapt(self, data, steps=None):
        """Learn boundaries between which there are equally many of the data; what was learned
        before is forgotten.

        Args:
            data: array or nest of lists, or an iterable of batches (a generator, `PyDataset`,
                `DataLoader`, dataset of TensorFlow).
            steps: number of batches to take, or None for all.

        Raises:
            ValueError: if the layer was given its boundaries.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data):
        """Take a batch of numbers into account.

        Raises:
            ValueError: if the layer was given its boundaries.
        """
        if self._given:
            raise ValueError(
                "Cannot adapt a Discretization layer that has been initialized with"
                " `bin_boundaries`, use `num_bins` instead."
            )
        values = np.asarray(data).astype("float64").ravel()
        both = np.concatenate([self._summary, [values, np.ones_like(values)]], axis=1)
        self._summary = both[:, np.argsort(both[0], kind="stable")]
        count = int(POINTS / self.epsilon)
        if self._summary.shape[1] > 2 * count:
            self._summary = _summed_up(self._summary, count)

    def finalize_state(self):
        """Make the boundaries of what was seen."""
        if self._given or not self._summary.size:
            return
        self._boundaries = _quantiles(self._summary, self.num_bins)[:-1]

    def reset_state(self):
        """Forget what was seen; the boundaries stay until `finalize_state`."""
        self._summary = _EMPTY

    def _bins(self, inputs):
        if self._boundaries is None:
            raise ValueError(
                "You need to either pass the `bin_boundaries` argument at construction time or call"
                " `adapt(dataset)` before you can start using the `Discretization` layer."
            )
        boundaries = self._boundaries.astype("float32")
        if engine.is_tensor(inputs):
            return ops.searchsorted(boundaries, ops.cast(inputs, "float32"), side="right")
        values = np.asarray(inputs)
        if values.dtype.kind in "iub":  # large ones would be rounded
            boundaries = self._boundaries
        else:  # with the precision of compiled code
            values = values.astype("float32")
        return np.asarray(np.searchsorted(boundaries, values, side="right"))

    def _depth(self):
        return self.num_bins if self._boundaries is None else len(self._boundaries) + 1

    @property
    def output_dtype(self):
        """The dtype of the outputs."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def get_config(self):
        """The constructor's arguments, and the boundaries that were learned."""
        names = ("bin_boundaries", "num_bins", "epsilon", "output_mode", "sparse", "name")
        return {**{name: getattr(self, name) for name in names}, "dtype": self.dtype_policy.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A layer from `get_config()`, with the boundaries that it learned."""
        config = dict(config)
        learned = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        if learned is not None:
            config["bin_boundaries"] = None
        layer = super().from_config({k: v for k, v in config.items() if k != "trainable"})
        if learned is not None:
            layer._boundaries = _ascending(learned)
        return layer


_EMPTY = np.zeros((2, 0))  # values and their weights
POINTS = 100  # times `1 / epsilon` values are kept before they are summed up


def _ascending(boundaries):
    found = np.asarray(boundaries, "float64").ravel()
    if np.any(found[1:] < found[:-1]):
        raise ValueError(
            f"`bin_boundaries` must ascend. Received: bin_boundaries={shorten(boundaries)}"
        )
    return found


def _summed_up(summary, count):
    """Values and weights, ascending, as `count` of them of equal weight: what stands in the middle
    of each share, so that summing up again and again moves nothing in one direction."""
    values, weights = summary
    total = weights.sum()
    wanted = (np.arange(count) + 0.5) / count * total
    found = np.interp(wanted, np.cumsum(weights) - weights / 2, values)
    return np.stack([found, np.full(count, total / count)])


def _quantiles(summary, count):
    """The values at the ends of `count` equal shares of the total weight, interpolated; of no more
    values than that, all of them."""
    values, weights = summary
    if count >= len(values):
        return values
    total = np.cumsum(weights)
    return np.interp(np.arange(1, count + 1) / count * total[-1], total, values)
