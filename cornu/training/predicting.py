"""`predict`, and its form for a single batch."""

import numpy as np

from cornu.backend import engine
from cornu.core import config, tree
from cornu.data.adapt import adapt, closes_data
from cornu.data.arrays import ArrayData, to_arrays, unpack
from cornu.training.batches import as_given
from cornu.training.checks import check_inputs
from cornu.training.loop import limited


class Predicting:
    """Mixin of `Trainer`."""

    @closes_data
    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """The outputs for data, as NumPy arrays nested as the outputs.

        Args:
            x, batch_size, verbose, callbacks: as of `fit`.
            steps: number of batches, all by default.
        """
        if (
            verbose == 0
            and callbacks is None
            and steps is None
            and self._is_one_batch(x, batch_size)
        ):
            return self._predict_one(x)
        data = adapt(x, batch_size=batch_size)
        steps = limited(steps, data)
        callbacks = self._callback_list(callbacks, verbose, epochs=1, steps=steps or data.steps)
        callbacks.on_predict_begin()
        outputs, waiting = [], None
        self._plain(stop_predicting=False)
        every, last, open_hook = self._fixed_steps() or 1, 0, False
        for step, (batch, size) in enumerate(_padded_batches(data)):
            if (steps is not None and step >= steps) or self.stop_predicting:
                break
            if step % every == 0:
                callbacks.on_predict_batch_begin(step)
            if step == 0:
                self._prepare(batch, "predict")
                if data.in_memory:
                    check_inputs(self, data.arrays[0])
            if not data.in_memory:
                check_inputs(self, batch[0])
            found = self._predict_batch(batch)
            # While the device computes this batch, the last one goes to the host.
            outputs += [] if waiting is None else [_to_host(*waiting)]
            waiting = (found, size)
            open_hook = (step + 1) % every != 0
            if not open_hook:
                callbacks.on_predict_batch_end(step, {"outputs": found})
            last = step - step % every + every - 1  # as in Keras, also where the data end before
        if waiting is None:
            raise ValueError("There is no data: the iterable gave no batch.")
        if open_hook:
            callbacks.on_predict_batch_end(last, {"outputs": waiting[0]})
        outputs.append(_to_host(*waiting))
        callbacks.on_predict_end()
        return _joined(outputs)

    def _is_one_batch(self, x, batch_size):
        return (
            type(x) is np.ndarray
            and x.dtype.kind not in "OSU"  # text is told of where data are adapted
            and x.ndim > 0
            and 0 < x.shape[0] <= (batch_size or 32)
            and self.built
        )

    def _predict_one(self, x):
        if x.dtype == np.float64 and config.floatx() != "float64":
            x = x.astype(config.floatx())
        check_inputs(self, x)
        outputs = self._predict_batch((x,))
        return (
            np.asarray(outputs)
            if engine.is_tensor(outputs)
            else tree.map_structure(np.asarray, outputs)
        )

    def _predict_batch(self, batch):
        if self.run_eagerly:
            return self.predict_step(as_given(batch) if self._overrides("predict_step") else batch)
        function = self.predict_function
        if function is None or function.version != self._structure_version():
            function = self.make_predict_function()
            function.version = self._structure_version()
        return function(batch)

    def predict_on_batch(self, x):
        """The outputs for one batch."""
        batch = (to_arrays(x, "x"),)
        self._prepare(batch, "predict")
        check_inputs(self, batch[0])
        return tree.map_structure(np.asarray, self._predict_batch(batch))


def _padded_batches(data):
    """Batches of inputs, all of one size where the data is in memory, and the number of samples
    that count."""
    if not isinstance(data, ArrayData):
        for batch in data.batches():
            x = unpack(batch)[0]
            yield (x,), None
        return
    x = data.arrays[0]
    size = min(data.batch_size, data.size)
    alone = isinstance(x, np.ndarray)
    for start in range(0, data.size, size):
        stop = min(start + size, data.size)
        part = x[start:stop] if alone else _cut(x, start, stop)
        if stop - start < size:
            part = tree.map_structure(lambda a: None if a is None else _pad(a, size), part)
        yield (part,), stop - start


def _cut(x, start, stop):
    return tree.map_structure(lambda a: None if a is None else a[start:stop], x)


def _pad(array, size):
    array = np.asarray(array)
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _to_host(outputs, size):
    if engine.is_tensor(outputs):
        return np.asarray(outputs)[:size]
    return tree.map_structure(
        lambda a: np.asarray(a)[:size] if size is not None else np.asarray(a), outputs
    )


def _joined(outputs):
    if len(outputs) == 1:
        return outputs[0]
    return tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
