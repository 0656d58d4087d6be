"""`CallbackList`: several callbacks as one."""

from cornu.callbacks.backup_and_restore import BackupAndRestore
from cornu.callbacks.callback import Callback
from cornu.callbacks.history import History
from cornu.callbacks.model_checkpoint import ModelCheckpoint
from cornu.callbacks.progbar_logger import ProgbarLogger
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.serial.registry import export

# Methods that want to be called for every batch if a callback has its own, by what runs.
BATCH_METHODS = {
    "train": ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


@export("keras.callbacks.CallbackList")
class CallbackList(Callback):
    """Calls several callbacks in order.

    Args:
        callbacks: a callback, or a nest of them.
        add_history: whether to add a `History` where there is none.
        add_progbar: whether to add a `ProgbarLogger` where there is none.
        model: the model at work.
        **params: `verbose`, `epochs` and `steps`.

    Raises:
        TypeError: for something that is no callback.

    Example:
        >>> import cornu
        >>> begun = cornu.callbacks.LambdaCallback(on_train_begin=lambda logs: print("begun"))
        >>> cornu.callbacks.CallbackList([begun]).on_train_begin()
        begun
    """

    def __init__(self, callbacks=None, add_history=False, add_progbar=False, model=None, **params):
        super().__init__()
        self.callbacks = tree.flatten(callbacks) if callbacks else []
        for callback in self.callbacks:
            _check(callback)
        self._progbar = self._found(ProgbarLogger)
        self._history = self._found(History)
        if self._history is None and add_history:
            self._history = History()
            self.callbacks.append(self._history)
        if self._progbar is None and add_progbar:
            self._progbar = ProgbarLogger()
            self.callbacks.append(self._progbar)
        self.callbacks.sort(key=lambda callback: getattr(callback, "runs_last", False))
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def _found(self, kind):
        return next((callback for callback in self.callbacks if isinstance(callback, kind)), None)

    def append(self, callback):
        """Add a callback at the end."""
        _check(callback)
        self.callbacks.append(callback)

    def set_params(self, params):
        self.params = params
        self._tell("set_params", params)

    def set_model(self, model):
        super().set_model(model)
        if self._history is not None:
            model.history = self._history
        self._tell("set_model", model)

    def state_dict(self):
        """What the callbacks keep, by the names of their classes (`"EarlyStopping"`,
        `"EarlyStopping_1"`, ...)."""
        return {name: callback.state_dict() for name, callback in self._with_state()}

    def load_state_dict(self, state):
        """Give the callbacks what `state_dict` gave; those that it does not name begin anew."""
        for name, callback in self._with_state():
            if name in state:
                callback.load_state_dict(state[name])

    def _with_state(self):
        """Pairs of a name and a callback that keeps something."""
        counts = {}
        for callback in self.callbacks:
            if getattr(callback, "state_dict", dict)():
                name = type(callback).__name__
                count = counts[name] = counts.get(name, -1) + 1
                yield (f"{name}_{count}" if count else name), callback

    def _tell(self, method, *args):
        for callback in self.callbacks:
            getattr(callback, method)(*args)

    # --- whether batches matter -------------------------------------------------------------------

    @property
    def has_train_batch_hooks(self):
        """Whether a callback wants to be called for every batch of training."""
        return self._wants("train")

    @property
    def has_test_batch_hooks(self):
        """Whether a callback wants to be called for every batch of evaluation."""
        return self._wants("test")

    @property
    def has_predict_batch_hooks(self):
        """Whether a callback wants to be called for every batch of prediction."""
        return self._wants("predict")

    def _wants(self, kind):
        return any(
            _has_own(callback, name) for callback in self.callbacks for name in BATCH_METHODS[kind]
        )

    # --- events -----------------------------------------------------------------------------------

    def on_train_begin(self, logs=None):
        for callback in self.callbacks:
            if isinstance(callback, (BackupAndRestore, ModelCheckpoint)):
                callback.restore(self)
        self._tell("on_train_begin", _dict(logs))

    def on_train_end(self, logs=None):
        self._tell("on_train_end", _dict(logs))

    def on_epoch_begin(self, epoch, logs=None):
        self._tell("on_epoch_begin", epoch, _dict(logs))

    def on_epoch_resume(self, epoch, batch):
        for callback in self.callbacks:
            if hasattr(callback, "on_epoch_resume"):
                callback.on_epoch_resume(epoch, batch)
            else:  # written without our base class
                callback.on_epoch_begin(epoch, {})

    def on_epoch_end(self, epoch, logs=None):
        self._tell("on_epoch_end", epoch, _dict(logs))

    def on_batch_begin(self, batch, logs=None):
        self._tell("on_batch_begin", batch, _dict(logs))

    def on_batch_end(self, batch, logs=None):
        self._tell("on_batch_end", batch, _dict(logs))

    def on_train_batch_begin(self, batch, logs=None):
        self._tell("on_train_batch_begin", batch, _dict(logs))

    def on_train_batch_end(self, batch, logs=None):
        self._tell("on_train_batch_end", batch, _dict(logs))

    def on_test_begin(self, logs=None):
        self._tell("on_test_begin", _dict(logs))

    def on_test_end(self, logs=None):
        self._tell("on_test_end", _dict(logs))

    def on_test_batch_begin(self, batch, logs=None):
        self._tell("on_test_batch_begin", batch, _dict(logs))

    def on_test_batch_end(self, batch, logs=None):
        self._tell("on_test_batch_end", batch, _dict(logs))

    def on_predict_begin(self, logs=None):
        self._tell("on_predict_begin", _dict(logs))

    def on_predict_end(self, logs=None):
        self._tell("on_predict_end", _dict(logs))

    def on_predict_batch_begin(self, batch, logs=None):
        self._tell("on_predict_batch_begin", batch, _dict(logs))

    def on_predict_batch_end(self, batch, logs=None):
        self._tell("on_predict_batch_end", batch, _dict(logs))


def _dict(logs):
    return {} if logs is None else logs


def _has_own(callback, name):
    """Whether a callback does something of its own in a method, by its class or by an attribute.

    The progress bar's does not count: it can do with a call now and then.
    """
    function = getattr(getattr(callback, name), "__func__", None)
    return function not in (getattr(Callback, name), getattr(ProgbarLogger, name))


def _check(callback):
    if isinstance(callback, type) and issubclass(callback, Callback):
        raise TypeError(
            f"`callbacks` holds the class {callback.__name__}; it needs an object: "
            f"{callback.__name__}(...)"
        )
    if not hasattr(callback, "set_model") or not hasattr(callback, "on_epoch_end"):
        raise TypeError(
            f"`callbacks` holds {shorten(callback)}, which is no `keras.callbacks.Callback`."
        )
