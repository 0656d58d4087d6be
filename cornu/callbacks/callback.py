"""The base of callbacks."""

from cornu.serial.registry import export


@export("keras.callbacks.Callback")
class Callback:
    """Something to do at certain moments of `fit`, `evaluate` and `predict`. Subclasses write the
    methods they need.

    `logs` are dicts of numbers by name. Reading them makes the computer wait for the accelerator,
    so read them only where needed. What happens after each batch (`on_train_batch_end` and the
    like) makes training visit Python after each batch, which is slow for small models.

    Attributes:
        model: the model at work.
        params: dict of `verbose`, `epochs` and `steps`.

    Example:
        >>> import cornu
        >>> class Announce(cornu.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print("done", epoch)
        >>> Announce().on_epoch_end(0, {})
        done 0
    """

    # Attributes that `state_dict` keeps.
    state_names = ()
    # Here as well, for subclasses that do not call `super().__init__()`.
    params = None
    _model = None

    def __init__(self):
        self.params = None
        self._model = None

    def set_params(self, params):
        """Take the dict of `verbose`, `epochs` and `steps`."""
        self.params = params

    def set_model(self, model):
        """Take the model at work."""
        self._model = model

    @property
    def model(self):
        """The model at work."""
        return self._model

    def state_dict(self):
        """What must be kept to go on later: a dict of plain values and arrays."""
        return {name: getattr(self, name) for name in self.state_names}

    def load_state_dict(self, state):
        """Go on from what `state_dict` gave; the next `on_train_begin` does not begin anew.

        Raises:
            ValueError: if the names are not those of this callback.
        """
        if set(state) != set(self.state_names):
            raise ValueError(
                f"{type(self).__name__} keeps {sorted(self.state_names)}, received {sorted(state)}"
            )
        for name, value in state.items():
            setattr(self, name, value)
        self._goes_on = True

    def _begins_anew(self):
        """Whether training starts from nothing, rather than from a loaded state; asked once a
        training."""
        goes_on, self._goes_on = getattr(self, "_goes_on", False), False
        return not goes_on

    def on_train_begin(self, logs=None):
        """Before `fit` starts."""

    def on_train_end(self, logs=None):
        """After the last epoch; `logs` are those of it."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch, counted from 0."""

    def on_epoch_resume(self, epoch, batch):
        """Instead of `on_epoch_begin`, where a training that was cut off goes on within an epoch,
        at a batch counted from 0. A callback that got its state back is as it was then; another
        one begins the epoch."""
        if not self.state_dict():
            self.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch and its validation; changes to `logs` go into the history."""

    def on_batch_begin(self, batch, logs=None):
        """As `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """As `on_train_batch_end`."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a step of training, counted from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch, logs=None):
        """After a step of training; `logs` are means over the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs=None):
        """Before `evaluate`, or the validation in `fit`."""

    def on_test_end(self, logs=None):
        """After `evaluate`, or the validation in `fit`."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before a step of evaluation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a step of evaluation."""

    def on_predict_begin(self, logs=None):
        """Before `predict`."""

    def on_predict_end(self, logs=None):
        """After `predict`."""

    def on_predict_batch_begin(self, batch, logs=None):
        """Before a step of prediction."""

    def on_predict_batch_end(self, batch, logs=None):
        """After a step of prediction; `logs["outputs"]` are its outputs."""
