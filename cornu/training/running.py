"""`fit`, `evaluate`, `predict` and their single-batch forms."""

import numpy as np

from cornu.backend import engine
from cornu.callbacks import CallbackList
from cornu.core import config, tree
from cornu.data.adapt import adapt
from cornu.data.arrays import ArrayData, to_arrays, unpack
from cornu.training.checks import check_labels
from cornu.training.eager import EagerSteps
from cornu.training.logs import to_float
from cornu.training.loop import ArraySteps, Epoch, StreamSteps, device_arrays


class Running:
    """Mixin of `Trainer` on running its programs."""

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        initial_epoch=0,
        steps_per_epoch=None,
        validation_steps=None,
        validation_batch_size=None,
        validation_freq=1,
    ):
        """Train.

        Args:
            x: inputs: array-like, or list or dict of them, of shape (samples, ...); or an iterable
                of batches.
            y: targets, nested as the outputs; None if `x` gives batches.
            batch_size: samples a step, 32 by default.
            epochs: the epoch at which to stop, counted from 1.
            verbose: 0 silent, 1 a progress bar, 2 a line an epoch; `"auto"` is 1.
            callbacks: list of `Callback`s.
            validation_split: fraction of the samples, from the end, that is held out to evaluate
                after each epoch.
            validation_data: (x, y) or (x, y, sample_weight), or an iterable of batches, to evaluate
                after each epoch.
            shuffle: whether each epoch has another order of samples.
            class_weight: dict from class number to the weight of its samples.
            sample_weight: weight of each sample, nested as the outputs or one for all.
            initial_epoch: the epoch at which to start, counted from 0.
            steps_per_epoch: steps after which an epoch ends, where `x` gives batches without end.
            validation_steps: number of steps of each evaluation.
            validation_batch_size: samples a step of evaluation; `batch_size` by default.
            validation_freq: evaluate every so many epochs, or after the epochs of this list.

        Returns:
            A `History`: its `history` is a dict from a name to the list of values, one an epoch.

        Raises:
            ValueError: for data that don't fit together or to the model.

        Whatever is raised, by a callback, the data or Ctrl-C, the weights are those after the last
        finished step.
        """
        self._require_compiled("fit")
        _check_counts(epochs=epochs, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch)
        data = adapt(x, y, sample_weight, batch_size, shuffle, class_weight)
        if validation_split:
            if not isinstance(data, ArrayData):
                raise ValueError(
                    "`validation_split` needs arrays: data that come as batches can't be split."
                )
            if validation_data is None:
                data, validation_data = data.split(validation_split)
                validation_data.shuffle = False
        held_out = _validation(validation_data, validation_batch_size or batch_size)
        self._plain(stop_training=False, _initial_epoch=initial_epoch)
        steps = self._steps_of(data, "train")
        settings = self._settings()
        callbacks = self._callback_list(
            callbacks, verbose, epochs=epochs, steps=steps_per_epoch or data.steps, history=True
        )
        runner = Epoch(
            steps,
            callbacks.on_train_batch_begin,
            callbacks.on_train_batch_end,
            callbacks.has_train_batch_hooks,
            _shows_bar(verbose),
            self._fixed_steps(),
        )
        callbacks.on_train_begin()
        initial_epoch = self._initial_epoch  # `BackupAndRestore` may have set a later one
        logs = {}
        for epoch in range(initial_epoch, epochs):
            self.reset_metrics()
            callbacks.on_epoch_begin(epoch)
            settings = self._renew(steps, settings)
            found = runner.run(
                steps_per_epoch,
                stop=lambda: self.stop_training,
                resume=_resumes(data, steps_per_epoch, epoch, initial_epoch),
            )
            _check_ran(runner, steps_per_epoch, epoch)
            logs = _sorted(self._pythonify(found))
            if held_out is not None and _is_due(validation_freq, epoch):
                values = self._evaluate(held_out, validation_steps, callbacks, verbose=0)
                logs.update({f"val_{name}": values[name] for name in sorted(values)})
            callbacks.on_epoch_end(epoch, logs)
            if self.stop_training:
                break
        if self.optimizer is not None and epochs > initial_epoch:
            self.optimizer.finalize_variable_values(self.trainable_weights)
        callbacks.on_train_end(logs)
        return self.history

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        steps=None,
        callbacks=None,
        return_dict=False,
        **kwargs,
    ):
        """The loss and metrics on data, without training.

        Args:
            x, y, batch_size, verbose, sample_weight, callbacks: as of `fit`.
            steps: number of batches, all by default.
            return_dict: whether to return a dict by name rather than a list.

        Returns:
            The loss alone if there are no metrics, else a list in the order of `metrics_names`, or
            a dict.
        """
        self._require_compiled("evaluate")
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        data = adapt(x, y, sample_weight, batch_size)
        callbacks = self._callback_list(callbacks, verbose, epochs=1, steps=steps or data.steps)
        values = self._evaluate(data, steps, callbacks, verbose)
        if return_dict:
            return values
        values = list(values.values())
        return values[0] if len(values) == 1 else values

    def _evaluate(self, data, count, callbacks, verbose):
        steps = self._steps_of(data, "test")
        runner = Epoch(
            steps,
            callbacks.on_test_batch_begin,
            callbacks.on_test_batch_end,
            callbacks.has_test_batch_hooks,
            _shows_bar(verbose),
            self._fixed_steps(),
        )
        callbacks.on_test_begin()
        self.reset_metrics()
        found = runner.run(count)
        if found is None:
            raise ValueError("There is no data: the iterable gave no batch.")
        logs = self._pythonify(found)
        callbacks.on_test_end(logs)
        return logs

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
        callbacks = self._callback_list(callbacks, verbose, epochs=1, steps=steps or data.steps)
        callbacks.on_predict_begin()
        outputs, waiting = [], None
        for step, (batch, size) in enumerate(_padded_batches(data)):
            if steps is not None and step >= steps:
                break
            callbacks.on_predict_batch_begin(step)
            self._prepare(batch, "predict")
            found = self._predict_batch(batch)
            if (
                waiting is not None
            ):  # while the device computes this batch, the last one goes to the host
                outputs.append(_to_host(*waiting))
            waiting = (found, size)
            callbacks.on_predict_batch_end(step, {"outputs": found})
        if waiting is None:
            raise ValueError("There is no data: the iterable gave no batch.")
        outputs.append(_to_host(*waiting))
        callbacks.on_predict_end()
        return _joined(outputs)

    def _is_one_batch(self, x, batch_size):
        return (
            type(x) is np.ndarray
            and x.ndim > 0
            and 0 < x.shape[0] <= (batch_size or 32)
            and self.built
        )

    def _predict_one(self, x):
        if x.dtype == np.float64 and config.floatx() != "float64":
            x = x.astype(config.floatx())
        outputs = self._predict_batch((x,))
        return (
            np.asarray(outputs)
            if engine.is_tensor(outputs)
            else tree.map_structure(np.asarray, outputs)
        )

    def _predict_batch(self, batch):
        if self.run_eagerly:
            return self.predict_step(batch)
        function = self.predict_function
        if function is None or function.version != self._structure_version():
            function = self.make_predict_function()
            function.version = self._structure_version()
        return function(batch)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step of training on one batch; metrics go on from where they were.

        Returns:
            Loss, or list of loss and metrics, or a dict by name.
        """
        self._require_compiled("train_on_batch")
        data = ArrayData(x, y, sample_weight, batch_size=2**31 - 1, class_weight=class_weight)
        return self._on_batch("train", data, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """One step of evaluation on one batch; metrics go on from where they were."""
        self._require_compiled("test_on_batch")
        return self._on_batch(
            "test", ArrayData(x, y, sample_weight, batch_size=2**31 - 1), return_dict
        )

    def _on_batch(self, kind, data, return_dict):
        steps = self._steps_of(data, kind, stream=True)
        steps.begin()
        logs, _ = steps.run(0, 1)
        logs = self._in_order({name: _number(value) for name, value in logs.items()})
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    def predict_on_batch(self, x):
        """The outputs for one batch."""
        batch = (to_arrays(x, "x"),)
        self._prepare(batch, "predict")
        return tree.map_structure(np.asarray, self._predict_batch(batch))

    def _steps_of(self, data, kind, stream=False):
        """What runs the steps of a kind over data."""
        first = _first_batch(data)
        if first is not None:
            self._prepare(first, kind)
        if self._compile_loss is not None and self._compile_loss.built:
            check_labels(self._compile_loss, data)
        if self.run_eagerly:
            return EagerSteps(self.train_step if kind == "train" else self.test_step, data)
        program = self.make_train_function() if kind == "train" else self.make_test_function()
        arrays = device_arrays(data) if isinstance(data, ArrayData) and not stream else None
        return (
            ArraySteps(program, data, arrays) if arrays is not None else StreamSteps(program, data)
        )

    def _settings(self):
        """What compiled steps bake in of the optimizers."""
        return [optimizer.settings_key() for optimizer in self._optimizers()]

    def _renew(self, steps, settings):
        """Have steps follow settings that a callback changed, such as a schedule; returns those of
        now."""
        now = self._settings()
        if now != settings and not self.run_eagerly:
            steps.program = self.make_train_function()
        return now

    def _structure_version(self):
        return len(self.__dict__["_layers"])

    def _fixed_steps(self):
        return None if self.steps_per_execution in ("auto", 1) else self.steps_per_execution

    def _callback_list(self, callbacks, verbose, epochs, steps, history=False):
        if isinstance(callbacks, CallbackList):
            return callbacks
        return CallbackList(
            callbacks,
            add_history=history,
            add_progbar=_verbosity(verbose) != 0,
            verbose=_verbosity(verbose),
            epochs=epochs,
            steps=steps,
            model=self,
        )

    def _pythonify(self, logs):
        """Logs as floats, in order."""
        return self._in_order({name: to_float(value) for name, value in (logs or {}).items()})

    def _in_order(self, logs):
        """Logs in the order of `metrics_names`; compiled programs return them sorted."""
        order = [name for name in self.metrics_names if name in logs]
        return {name: logs[name] for name in (*order, *(n for n in logs if n not in order))}


def _number(value):
    return np.asarray(value)[()] if hasattr(value, "dtype") else value


def _verbosity(verbose):
    return 1 if verbose == "auto" else int(verbose)


def _shows_bar(verbose):
    return _verbosity(verbose) == 1


def _sorted(logs):
    return {name: logs[name] for name in sorted(logs)}


def _check_counts(**counts):
    for name, value in counts.items():
        if value is None:
            continue
        lowest = 0 if name == "initial_epoch" else 1 if name == "steps_per_epoch" else 0
        if not isinstance(value, (int, np.integer)) or value < lowest:
            raise ValueError(
                f"`{name}` must be an int of at least {lowest}. Received: {name}={value!r}"
            )


def _validation(data, batch_size):
    if data is None or isinstance(data, ArrayData):
        return data
    if isinstance(data, (tuple, list)):
        if len(data) not in (2, 3):
            raise ValueError(
                "`validation_data` must be (x, y) or (x, y, sample_weight), or an iterable of"
                f" batches. Received a {type(data).__name__} of {len(data)} items"
            )
        return adapt(*unpack(tuple(data)), batch_size=batch_size)
    return adapt(data, batch_size=batch_size)


def _is_due(frequency, epoch):
    if isinstance(frequency, (list, tuple, set)):
        return epoch + 1 in frequency
    return (epoch + 1) % frequency == 0


def _resumes(data, steps_per_epoch, epoch, initial_epoch):
    """Whether an epoch goes on with the data where the last one stopped: those of an endless
    generator."""
    return (
        steps_per_epoch is not None
        and epoch > initial_epoch
        and not data.in_memory
        and data.endless
    )


def _check_ran(runner, steps_per_epoch, epoch):
    if runner.ran == 0:
        raise ValueError(
            f"There is no data: epoch {epoch + 1} had no batch. A generator can be used only once;"
            " pass an object that can be iterated anew, or `steps_per_epoch` with a generator that"
            " goes on for all epochs."
        )


def _first_batch(data):
    """A batch to learn shapes from, without using it up."""
    if isinstance(data, ArrayData):
        return data.batch(slice(0, data.batch_size))
    return data.peek()


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
    for start in range(0, data.size, size):
        stop = min(start + size, data.size)
        part = tree.map_structure(lambda a: None if a is None else a[start:stop], x)  # noqa: B023
        if stop - start < size:
            part = tree.map_structure(lambda a: None if a is None else _pad(a, size), part)
        yield (part,), stop - start


def _pad(array, size):
    array = np.asarray(array)
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _to_host(outputs, size):
    return tree.map_structure(
        lambda a: np.asarray(a)[:size] if size is not None else np.asarray(a), outputs
    )


def _joined(outputs):
    if len(outputs) == 1:
        return outputs[0]
    return tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
