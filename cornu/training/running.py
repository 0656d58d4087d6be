"""`fit`, `evaluate`, and their forms for a single batch."""

import warnings

import numpy as np

from cornu.callbacks import CallbackList
from cornu.core import config, source
from cornu.data.adapt import adapt, closes_data
from cornu.data.arrays import ArrayData, unpack
from cornu.training.checks import DataChecks
from cornu.training.eager import EagerSteps
from cornu.training.logs import to_float
from cornu.training.loop import ArraySteps, Epoch, StreamSteps, device_arrays, limited
from cornu.training.position import Position
from cornu.training.programs import EagerTraining
from cornu.training.watch import Watch, tell_of_evaluation


class Running:
    """Mixin of `Trainer` on running its programs."""

    @closes_data
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
            class_weight: dict from class number to the weight of its samples; for several outputs a
                dict from output name to such a dict, or a list of them.
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
        epochs = min(epochs, config.max_epochs() or epochs)
        names = self._known_outputs()
        data = adapt(x, y, sample_weight, batch_size, shuffle, class_weight, names)
        steps_per_epoch = limited(steps_per_epoch, data)
        data, validation_data = _split(data, validation_split, validation_data)
        held_out = _validation(validation_data, validation_batch_size or batch_size)
        position = Position(initial_epoch, plan=_plan(data, steps_per_epoch))
        self._plain(stop_training=False, _position=position)
        steps = self._steps_of(data, "train")
        settings = self._settings()
        callbacks = self._callback_list(
            callbacks, verbose, epochs=epochs, steps=steps_per_epoch or data.steps, history=True
        )
        watch = Watch(self)
        runner = Epoch(
            steps,
            callbacks.on_train_batch_begin,
            callbacks.on_train_batch_end,
            callbacks.has_train_batch_hooks,
            _shows_bar(verbose),
            self._fixed_steps(),
            watch,
        )
        callbacks.on_train_begin()
        # `BackupAndRestore` may have gone to a later one, or to where training was to stop.
        first_epoch = epochs if self.stop_training and position.epoch else position.epoch
        logs = {}
        for epoch in range(first_epoch, epochs):
            if position.batch:
                callbacks.on_epoch_resume(epoch, position.batch)
            else:
                self.reset_metrics()
                callbacks.on_epoch_begin(epoch)
            settings = self._renew(steps, settings)
            watch.epoch = epoch
            found = runner.run(
                steps_per_epoch,
                stop=lambda: self.stop_training,
                position=position,
                resume=steps_per_epoch is not None and epoch > first_epoch and steps.goes_on(),
            )
            if _is_used_up(runner, epoch, first_epoch):
                break
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

    @closes_data
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
        steps = limited(steps, data)
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
        self._plain(stop_evaluating=False)
        callbacks.on_test_begin()
        self.reset_metrics()
        found = runner.run(count, stop=lambda: self.stop_evaluating)
        if found is None:
            raise ValueError("There is no data: the iterable gave no batch.")
        logs = self._pythonify(found)
        tell_of_evaluation(self, data, logs.get("loss"))
        callbacks.on_test_end(logs)
        return logs

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """One step of training on one batch; metrics are those of this batch.

        Returns:
            Loss, or list of loss and metrics, or a dict by name.
        """
        self._require_compiled("train_on_batch")
        names = self._known_outputs()
        data = ArrayData(x, y, sample_weight, 2**31 - 1, False, class_weight, names)
        return self._on_batch("train", data, return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """One step of evaluation on one batch; metrics are those of this batch."""
        self._require_compiled("test_on_batch")
        return self._on_batch(
            "test", ArrayData(x, y, sample_weight, batch_size=2**31 - 1), return_dict
        )

    def _on_batch(self, kind, data, return_dict):
        steps = self._steps_of(data, kind, stream=True)
        steps.begin()
        self.reset_metrics()
        logs, _ = steps.run(0, 1)
        if kind == "train":
            watch = Watch(self)
            watch.visited(steps.program, 0)
            watch.finish()
        logs = self._pythonify(logs)
        if return_dict:
            return logs
        values = list(logs.values())
        return values[0] if len(values) == 1 else values

    def _known_outputs(self):
        """Names of the outputs as `compile` knew them, or None."""
        return getattr(self._compile_loss, "names", None)

    def _steps_of(self, data, kind, stream=False):
        """What runs the steps of a kind over data."""
        first = _first_batch(data)
        if first is not None:
            self._prepare(first, kind)
        checks = DataChecks(self)
        checks.once(data)
        checks = None if data.in_memory or not checks.needed else checks
        if self.run_eagerly:
            return EagerSteps(self._eager_step(kind), data, checks)
        program = self.make_train_function() if kind == "train" else self.make_test_function()
        arrays = device_arrays(data) if isinstance(data, ArrayData) and not stream else None
        if arrays is not None:
            return ArraySteps(program, data, arrays)
        return StreamSteps(program, data, checks)

    def _eager_step(self, kind):
        if kind != "train":
            return self._step("test_step", optimizer=False)
        return EagerTraining(self._step("train_step"), self._owned_variables())

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
        """Logs in the order of `metrics_names`; compiled programs return them sorted.

        When such a program was traced, the names were noted: to ask the metrics again for them
        would compile and run each of their operations.
        """
        known = logs.keys() <= {*self._names_in_order}
        names = self._names_in_order if known else self.metrics_names
        order = [name for name in names if name in logs]
        return {name: logs[name] for name in (*order, *(n for n in logs if n not in order))}


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
    if counts["initial_epoch"] >= max(counts["epochs"], 1):
        warnings.warn(
            "Nothing is trained: initial_epoch={initial_epoch} is not before epochs={epochs}."
            " `epochs` is the number of the last epoch, not how many follow.".format(**counts),
            stacklevel=source.level(),
        )


def _split(data, fraction, validation_data):
    """`(data, validation_data)`: the latter cut off the former, where a fraction is asked for."""
    if not fraction:
        return data, validation_data
    if not isinstance(data, ArrayData):
        raise ValueError(
            "`validation_split` needs arrays: data that come as batches can't be split."
        )
    if validation_data is None:
        data, validation_data = data.split(fraction)
        validation_data.shuffle = False
    return data, validation_data


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


def _plan(data, steps_per_epoch):
    """What of a call of `fit` decides which batches there are, by the words for it."""
    return {
        "the number of samples": getattr(data, "size", None),
        "batch_size": data.batch_size,
        "shuffle": data.shuffle,
        "steps_per_epoch": steps_per_epoch,
    }


def _is_due(frequency, epoch):
    if isinstance(frequency, (list, tuple, set)):
        return epoch + 1 in frequency
    return (epoch + 1) % frequency == 0


def _is_used_up(runner, epoch, first_epoch):
    """Whether an epoch found no batch left; an error where there never was one."""
    if runner.ran:
        return False
    message = (
        f"There is no data: epoch {epoch + 1} had no batch. A generator can be used only once; pass"
        " an object that can be iterated anew, or `steps_per_epoch` with a generator that goes on"
        " for all epochs."
    )
    if epoch == first_epoch:
        raise ValueError(message)
    warnings.warn(f"{message} Training ends here.", stacklevel=4)
    return True


def _first_batch(data):
    """A batch to learn shapes from, without using it up."""
    if isinstance(data, ArrayData):
        return data.batch(slice(0, data.batch_size))
    return data.peek()
