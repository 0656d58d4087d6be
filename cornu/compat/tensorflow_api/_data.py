"""`tf.data.Dataset`, on NumPy arrays.

A dataset is a function that begins an iteration over handles, and a source that makes elements of
handles. Most steps (`shuffle`, `take`, `repeat`) only change the order of handles, so that a batch
of `from_tensor_slices(...).shuffle(...)` is one look-up in the arrays. A function given to `map` is
traced once, as TensorFlow does it, and runs for each element; `num_parallel_calls`, `prefetch` and
options are hints that change nothing here, as `fit` fetches batches ahead itself.
"""

import glob
import itertools

import numpy as np

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api import _data_blocks as blocks
from cornu.compat.tensorflow_api import _data_elements as elements
from cornu.compat.tensorflow_api import _data_steps as steps
from cornu.compat.tensorflow_api._data_batches import Batching
from cornu.compat.tensorflow_api._dtypes import as_dtype
from cornu.compat.tensorflow_api._errors import InvalidArgumentError, OutOfRangeError
from cornu.compat.tensorflow_api._shapes import TensorSpec
from cornu.compat.tensorflow_api._tensors import NeedsPython, convert_to_tensor
from cornu.core import tree
from cornu.core.scopes import FRAME

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


class DatasetIterator:
    """What `iter(dataset)` gives.

    Args:
        elements: iterator over elements.
        element_spec: what they are.
    """

    def __init__(self, elements, dataset):
        self._elements, self._dataset = elements, dataset

    def __iter__(self):
        return self

    def __next__(self):
        return elements.tensors(next(self._elements))

    def get_next(self):
        """The next element.

        Raises:
            OutOfRangeError: if there is none.
        """
        try:
            return next(self)
        except StopIteration:
            raise OutOfRangeError("End of sequence") from None

    @property
    def element_spec(self):
        """What the elements are."""
        return self._dataset.element_spec


class Dataset(Batching):
    """Elements one after the other. Make one with `from_tensor_slices`, `from_generator`, `range`,
    ...; the methods return new datasets.

    Args:
        begin: function without arguments that begins an iteration over handles.
        source: makes elements of handles (`Values`, `Rows`).
        spec: function without arguments that says what elements are; None to look at the first.
        count: number of elements, or -1 for infinitely many, -2 where it is not known.
    """

    def __init__(self, begin, source=None, spec=None, count=UNKNOWN_CARDINALITY):
        self._begin = begin
        self._source = source or steps.Values()
        self._spec, self._count = spec, count

    @staticmethod
    def _make(*args):
        return Dataset(*args)

    # ---- making datasets ----

    @staticmethod
    def from_tensor_slices(tensors, name=None):
        """The slices of tensors along their first axes.

        Raises:
            ValueError: for a tensor without axes, and sizes that differ.
        """
        arrays = steps.host_nest(tensors)
        leaves = tree.flatten(arrays)
        if not leaves or not all(np.ndim(leaf) for leaf in leaves):
            raise ValueError("Unbatching a tensor is only supported for rank >= 1")
        sizes = {len(leaf) for leaf in leaves}
        if len(sizes) > 1:
            raise ValueError(f"Dimensions {sorted(sizes)} are not compatible")
        count = sizes.pop()

        def spec():
            return tree.map_structure(
                lambda x: TensorSpec(x.shape[1:], elements.spec_of(x[:0]).dtype), arrays
            )

        return Dataset(lambda: iter(range(count)), steps.Rows(arrays), spec, count)

    @staticmethod
    def from_tensors(tensors, name=None):
        """One element."""
        element = steps.host_nest(tensors)
        spec = tree.map_structure(elements.spec_of, element)
        return Dataset(lambda: iter([element]), None, lambda: spec, 1)

    @staticmethod
    def from_generator(
        generator, output_types=None, output_shapes=None, args=None, output_signature=None,
        name=None,
    ):  # fmt: skip
        """What a Python generator gives.

        Args:
            generator: function that begins a generator.
            output_signature: nest of `tf.TensorSpec`s; or `output_types` and `output_shapes`.
            args: arguments of `generator`.

        Raises:
            TypeError: for a generator itself, and where neither types nor a signature is given.
        """
        if not callable(generator):
            raise TypeError("`generator` must be a Python callable.")
        if output_signature is None:
            if output_types is None:
                raise TypeError("Pass `output_signature`, or `output_types`.")
            output_signature = elements.signature(output_types, output_shapes)
        arguments = tuple(np.asarray(each) for each in args or ())
        leaves = tree.flatten(output_signature)

        def begin():
            for element in generator(*arguments):
                parts = elements.taken_apart(element, output_signature)
                flat = [elements.fitted(x, spec) for x, spec in zip(parts, leaves, strict=True)]
                yield tree.pack_sequence_as(output_signature, flat)

        return Dataset(begin, None, lambda: output_signature)

    @staticmethod
    def range(*args, output_type="int64", name=None):
        """Numbers from a start, by default 0, to a stop, without it."""
        numbers = np.arange(*(int(each) for each in args), dtype=as_dtype(output_type).name)
        return Dataset.from_tensor_slices(numbers)

    @staticmethod
    def zip(*args, datasets=None, name=None):
        """Elements of several datasets side by side, until the first ends.

        Args:
            *args: datasets, or one nest of them.
        """
        nest = datasets if datasets is not None else args[0] if len(args) == 1 else tuple(args)
        nest = tuple(nest) if isinstance(nest, list) else nest
        every = tree.flatten(nest)

        def begin():
            for row in zip(*(each._elements() for each in every), strict=False):
                yield tree.structure_of(nest).unflatten(row)

        known = [each._count for each in every if each._count != INFINITE_CARDINALITY]
        count = min(known, default=INFINITE_CARDINALITY)
        return Dataset(
            begin, None, lambda: tree.map_structure(lambda each: each.element_spec, nest), count
        )

    @staticmethod
    def list_files(file_pattern, shuffle=None, seed=None, name=None):
        """The names of files that fit patterns, in random order by default.

        Raises:
            InvalidArgumentError: if there are none.
        """
        patterns = [file_pattern] if isinstance(file_pattern, str) else file_pattern
        names = sorted(
            itertools.chain.from_iterable(glob.glob(elements.text(each)) for each in patterns)
        )
        if not names:
            raise InvalidArgumentError(f"No files matched pattern: {file_pattern}")
        found = Dataset.from_tensor_slices(np.array(names, object))
        return found if shuffle is False else found.shuffle(len(names), seed)

    @staticmethod
    def random(seed=None, rerandomize_each_iteration=None, name=None):
        """Random integers without end."""

        def begin():
            draw = np.random.default_rng(steps.fresh_seed() if seed is None else int(seed))
            while True:
                yield np.int64(draw.integers(2**31 - 1))

        return Dataset(begin, None, lambda: TensorSpec((), "int32"), INFINITE_CARDINALITY)

    @staticmethod
    def choose_from_datasets(datasets, choice_dataset, stop_on_empty_dataset=True):
        """The next element of the dataset whose number `choice_dataset` gives, each time."""

        def begin():
            iterators = [each._elements() for each in datasets]
            for choice in choice_dataset._elements():
                try:
                    yield next(iterators[int(choice)])
                except StopIteration:
                    if stop_on_empty_dataset:
                        return

        return Dataset(begin, None, lambda: datasets[0].element_spec)

    @staticmethod
    def sample_from_datasets(
        datasets, weights=None, seed=None, stop_on_empty_dataset=False,
        rerandomize_each_iteration=None,
    ):  # fmt: skip
        """The next element of a dataset drawn with the given probabilities, each time."""

        def begin():
            draw = np.random.default_rng(steps.fresh_seed() if seed is None else int(seed))
            left = [
                (each._elements(), weight) for each, weight in zip(datasets, chances, strict=True)
            ]
            while left:
                total = sum(weight for _, weight in left)
                place = draw.choice(len(left), p=[weight / total for _, weight in left])
                try:
                    yield next(left[place][0])
                except StopIteration:
                    if stop_on_empty_dataset:
                        return
                    del left[place]

        chances = [1.0] * len(datasets) if weights is None else list(weights)
        return Dataset(begin, None, lambda: datasets[0].element_spec)

    # ---- order and number ----

    def _reordered(self, begin, count):
        return Dataset(begin, self._source, lambda: self.element_spec, count)

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None):
        """Elements in random order, each drawn from the next `buffer_size` that are left.

        Args:
            seed: int for an order that repeats from process to process.
            reshuffle_each_iteration: whether each iteration has its own order.
        """
        size = int(buffer_size)
        if size < 1:
            raise ValueError(f"`buffer_size` must be at least 1. Received: {buffer_size}")
        first = None if seed is None else int(seed)
        rounds = itertools.count()
        fixed = []

        def begin():
            if not reshuffle_each_iteration and fixed:
                number = fixed[0]
            else:
                number = steps.fresh_seed() if first is None else [first & 0xFFFFFFFF, next(rounds)]
                fixed[:] = [number]
            return steps.shuffled(self._begin(), size, number)

        return self._reordered(begin, self._count)

    def repeat(self, count=None, name=None):
        """The elements again and again: `count` times, or for ever."""
        times = None if count is None or int(count) < 0 else int(count)
        if times is None:
            total = INFINITE_CARDINALITY if self._count else 0
        else:
            total = self._count * times if self._count >= 0 else self._count
        return self._reordered(lambda: steps.repeated(self._begin, times), total)

    def take(self, count, name=None):
        """The first elements; -1 means all."""
        count = int(count)
        if count < 0:
            return self
        known = {INFINITE_CARDINALITY: count}.get(self._count, min(count, self._count))
        return self._reordered(lambda: itertools.islice(self._begin(), count), known)

    def skip(self, count, name=None):
        """The elements after the first ones; -1 leaves out all."""
        count = int(count)
        if count < 0:
            return self.take(0)
        known = self._count if self._count < 0 else max(self._count - count, 0)
        return self._reordered(lambda: itertools.islice(self._begin(), count, None), known)

    def shard(self, num_shards, index, name=None):
        """Every `num_shards`-th element, from the one numbered `index` on."""
        every, first = int(num_shards), int(index)
        if not 0 <= first < every:
            raise InvalidArgumentError(f"index must be in [0, {every}), got {first}")
        known = self._count if self._count < 0 else max(-(-(self._count - first) // every), 0)
        return self._reordered(lambda: itertools.islice(self._begin(), first, None, every), known)

    def cache(self, filename="", name=None):
        """The elements, kept in memory once all were read; also where a file is named."""
        return self._reordered(steps.Cache(self._begin), self._count)

    def prefetch(self, buffer_size=None, name=None):
        """The dataset: `fit` fetches batches ahead itself."""
        return self._reordered(self._begin, self._count)

    def with_options(self, options, name=None):
        """The dataset: options are hints."""
        return self._reordered(self._begin, self._count)

    def concatenate(self, dataset, name=None):
        """The elements of this dataset, then those of another."""
        counts = (self._count, dataset._count)
        count = sum(counts) if min(counts) >= 0 else min(counts)
        if INFINITE_CARDINALITY in counts:
            count = INFINITE_CARDINALITY
        return Dataset(
            lambda: itertools.chain(self._elements(), dataset._elements()),
            None,
            lambda: self.element_spec,
            count,
        )

    # ---- functions ----

    def _elements(self):
        return map(self._source.get, self._begin())

    def map(
        self, map_func, num_parallel_calls=None, deterministic=None, synchronous=None,
        use_unbounded_threadpool=False, name=None,
    ):  # fmt: skip
        """A function of each element. A tuple is passed as several arguments.

        The function is traced and compiled; one that can't be runs as Python for each element.
        """
        call = elements.Mapped(map_func)

        def spec():
            first = next(self._elements())
            return elements.mapped_spec(self.element_spec, (first, call(first)))

        def begin():
            if isinstance(self._source, steps.Rows):
                return blocks.mapped(call, self._source, self._begin())
            return map(call, self._elements())

        return Dataset(begin, None, spec, self._count)

    def filter(self, predicate, name=None):
        """The elements for which a function returns true."""
        call = elements.Mapped(predicate)
        source = self._source
        return self._reordered(
            lambda: (h for h in self._begin() if bool(call(source.get(h)))), UNKNOWN_CARDINALITY
        )

    def flat_map(self, map_func, name=None):
        """The elements of the datasets that a function of each element returns."""
        return Dataset(
            lambda: itertools.chain.from_iterable(
                _dataset_of(map_func, each)._elements() for each in self._elements()
            )
        )

    def interleave(
        self, map_func, cycle_length=None, block_length=None, num_parallel_calls=None,
        deterministic=None, name=None,
    ):  # fmt: skip
        """The elements of the datasets that a function returns, of `cycle_length` datasets in turn,
        `block_length` of each."""
        automatic = cycle_length is None or int(cycle_length) < 1
        cycle, block = 1 if automatic else int(cycle_length), int(block_length or 1)

        def begin():
            opened = (_dataset_of(map_func, each)._elements() for each in self._elements())
            return steps.interleaved(opened, cycle, block)

        return Dataset(begin)

    def scan(self, initial_state, scan_func, name=None):
        """What `scan_func(state, element)` returns second; first it returns the next state."""

        def begin():
            state = tree.map_structure(convert_to_tensor, initial_state)
            for element in self._elements():
                state, found = scan_func(state, elements.tensors(element))
                yield steps.host_nest(found)

        return Dataset(begin, None, None, self._count)

    def take_while(self, predicate, name=None):
        """The elements before the first for which a function returns false."""
        call, source = elements.Mapped(predicate), self._source
        return self._reordered(
            lambda: itertools.takewhile(lambda h: bool(call(source.get(h))), self._begin()),
            UNKNOWN_CARDINALITY,
        )

    def apply(self, transformation_func, name=None):
        """What a function of the dataset returns."""
        return transformation_func(self)

    def reduce(self, initial_state, reduce_func, name=None):
        """`state = reduce_func(state, element)` over all elements; the last state."""
        state = tree.map_structure(convert_to_tensor, initial_state)
        for element in self._elements():
            state = reduce_func(state, elements.tensors(element))
        return tree.map_structure(convert_to_tensor, state)

    # ---- looking at it ----

    def __iter__(self):
        if FRAME.get() is not None and engine.is_tracing():
            raise NeedsPython("it iterates over a dataset")
        return DatasetIterator(self._elements(), self)

    def as_numpy_iterator(self):
        """The elements as NumPy arrays, scalars as NumPy scalars and bytes."""
        for element in self._elements():
            yield tree.map_structure(
                lambda x: x.as_numpy_iterator() if isinstance(x, Dataset) else x[()], element
            )

    def get_single_element(self, name=None):
        """The only element.

        Raises:
            InvalidArgumentError: if there is none, or more than one.
        """
        found = list(itertools.islice(self, 2))
        if len(found) != 1:
            raise InvalidArgumentError(f"Expected one element. Received: {len(found)} or more")
        return found[0]

    def cardinality(self, name=None):
        """The number of elements, -1 for infinitely many, -2 if it is not known."""
        return ops.convert_to_tensor(self._count)

    def __len__(self):
        if self._count == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if self._count == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return self._count

    def __bool__(self):
        return True

    @property
    def element_spec(self):
        """Nest of `tf.TensorSpec`s: what elements are. Of what a function makes, the first element
        tells."""
        if self._spec is None:
            first = next(self._elements(), None)
            found = tree.map_structure(elements.spec_of, first)
            self._spec = lambda: found
        return self._spec()

    def __repr__(self):
        return f"<Dataset element_spec={self.element_spec}>"


def _dataset_of(function, element):
    """What a function of an element returned, a dataset.

    Raises:
        TypeError: if it is none.
    """
    found = elements.called(function, elements.tensors(element))
    if not isinstance(found, Dataset):
        raise TypeError(f"`map_func` must return a `Dataset` object. Received: {type(found)}")
    return found
