"""The methods of `tf.data.Dataset` that put elements together, count them and take them apart."""

import numpy as np

from cornu.compat.tensorflow_api import _data_elements as elements
from cornu.compat.tensorflow_api import _data_steps as steps
from cornu.compat.tensorflow_api._errors import InvalidArgumentError
from cornu.compat.tensorflow_api._shapes import TensorShape, TensorSpec
from cornu.core import tree


class Batching:
    """Mixin of `Dataset`."""

    def batch(
        self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None,
        name=None,
    ):  # fmt: skip
        """Elements stacked, `batch_size` at a time; the last batch may be smaller unless
        `drop_remainder`."""
        size = int(batch_size)
        if size < 1:
            raise InvalidArgumentError(f"Batch size must be greater than zero. Received: {size}")
        source = self._source

        def begin():
            return map(source.gather, steps.groups(self._begin(), size, not drop_remainder))

        spec = self._batched_spec(size, drop_remainder)
        return self._make(begin, None, spec, self._batches(size, drop_remainder))

    def _batches(self, size, drop_remainder):
        if self._count < 0:
            return self._count
        return self._count // size if drop_remainder else -(-self._count // size)

    def _batched_spec(self, size, drop_remainder):
        def spec():
            first = size if drop_remainder else None
            return tree.map_structure(
                lambda each: TensorSpec(TensorShape((first,)).concatenate(each.shape), each.dtype),
                self.element_spec,
            )

        return spec

    def padded_batch(
        self, batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None
    ):
        """As `batch`, elements of different shapes filled up at the ends of their axes.

        Args:
            padded_shapes: nest of shapes; None (or -1) is the longest size in the batch.
            padding_values: nest of what to fill up with, by default 0 or an empty string.
        """
        size = int(batch_size)

        def begin():
            for handles in steps.groups(self._begin(), size, not drop_remainder):
                every = [self._source.get(handle) for handle in handles]
                count = len(tree.flatten(every[0]))
                yield steps.padded(
                    every,
                    elements.shapes_of(padded_shapes, count),
                    elements.values_of(padding_values, count),
                )

        def spec():
            first = size if drop_remainder else None
            leaves = tree.flatten(self.element_spec)
            shapes = elements.shapes_of(padded_shapes, len(leaves))
            flat = [
                TensorSpec(
                    (first, *((None,) * len(each.shape) if shape is None else shape)), each.dtype
                )
                for each, shape in zip(leaves, shapes, strict=True)
            ]
            return tree.pack_sequence_as(self.element_spec, flat)

        return self._make(begin, None, spec, self._batches(size, drop_remainder))

    def unbatch(self, name=None):
        """The rows of the elements."""

        def begin():
            for element in self._elements():
                for index in np.arange(len(tree.flatten(element)[0])).tolist():
                    yield tree.map_structure(lambda x, index=index: steps.row(x, index), element)

        def spec():
            return tree.map_structure(
                lambda each: TensorSpec(each.shape[1:], each.dtype), self.element_spec
            )

        return self._make(begin, None, spec)

    def rebatch(self, batch_size, drop_remainder=False, name=None):
        """Batches of another size."""
        return self.unbatch().batch(batch_size, drop_remainder)

    def window(self, size, shift=None, stride=1, drop_remainder=False, name=None):
        """Datasets of up to `size` elements each, every `stride`-th; they begin `shift` (by default
        `size`) after one another. An element that is a nest becomes a nest of datasets."""
        size, stride = int(size), int(stride)
        shift = size if shift is None else int(shift)

        def begin():
            for handles in steps.windows(self._begin(), size, shift, stride, not drop_remainder):
                every = [self._source.get(handle) for handle in handles]
                columns = zip(*map(tree.flatten, every), strict=True)
                flat = [self._listed(list(column)) for column in columns]
                yield tree.pack_sequence_as(every[0], flat)

        return self._make(begin)

    def enumerate(self, start=0, name=None):
        """Pairs of a number and the element."""

        def begin():
            return ((np.int64(n), e) for n, e in enumerate(self._elements(), int(start)))

        def spec():
            return TensorSpec((), "int32"), self.element_spec

        return self._make(begin, None, spec, self._count)

    def unique(self, name=None):
        """The elements without repetitions."""

        def begin():
            seen = set()
            for element in self._elements():
                key = element.item()
                if key not in seen:
                    seen.add(key)
                    yield element

        return self._make(begin, None, lambda: self.element_spec)

    def _listed(self, items):
        """The dataset of a list of arrays."""
        spec = elements.spec_of(items[0])
        return self._make(lambda: iter(items), None, lambda: spec, len(items))
