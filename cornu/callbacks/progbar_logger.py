"""`ProgbarLogger`: a progress bar for each epoch."""

from cornu.callbacks._output import is_dynamic, say
from cornu.callbacks.callback import Callback
from cornu.callbacks.progbar import Progbar
from cornu.serial.registry import export

INTERVAL = 0.09  # seconds between two updates


@export("keras.callbacks.ProgbarLogger")
class ProgbarLogger(Callback):
    """Prints how far training has come, and the logs; `fit` adds one unless `verbose=0`.

    Where nothing can be written over (in a file, a pipe), `verbose=1` prints one plain line for
    each epoch.

    Raises:
        ValueError: for a `verbose` other than 0, 1, 2 or "auto".

    Example:
        >>> import cornu
        >>> logger = cornu.callbacks.ProgbarLogger()
        >>> logger.set_params({"verbose": 0, "epochs": 2, "steps": 10})
        >>> logger.on_epoch_begin(0)
    """

    def __init__(self):
        super().__init__()
        self.seen = 0
        self.progbar = None
        self.target = None
        self.verbose = 1
        self.epochs = 1
        self._in_fit = False

    def set_params(self, params):
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else verbose
        if self.verbose not in (0, 1, 2):
            raise ValueError(f"`verbose` must be 0, 1, 2 or 'auto'. Received: verbose={verbose!r}")
        self.epochs = params.get("epochs") or 1
        self.target = params.get("steps")

    def on_train_begin(self, logs=None):
        self._in_fit = True

    def on_train_end(self, logs=None):
        self._in_fit = False

    def on_epoch_begin(self, epoch, logs=None):
        self._begin()
        if not self.verbose or self.epochs <= 1:
            return
        heading = f"Epoch {epoch + 1}/{self.epochs}"
        if self.verbose == 1 and not is_dynamic():
            self.progbar.heading = heading
        else:
            say(heading)

    def on_train_batch_end(self, batch, logs=None):
        self._show(batch, logs)

    def on_epoch_end(self, epoch, logs=None):
        self._finish(logs)

    def on_test_begin(self, logs=None):
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch, logs=None):
        if not self._in_fit:
            self._show(batch, logs)

    def on_test_end(self, logs=None):
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs=None):
        self._begin()

    def on_predict_batch_end(self, batch, logs=None):
        self._show(batch, None)

    def on_predict_end(self, logs=None):
        self._finish(logs)

    def _begin(self):
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, interval=INTERVAL)

    def _show(self, batch, logs):
        self.seen = batch + 1
        if self.progbar is None:
            self._begin()
            self.seen = batch + 1
        if self.progbar.due():
            self._update(logs, finalize=False)
        elif self.progbar._after_first is None:
            self.progbar.update(self.seen, finalize=False)

    def _finish(self, logs):
        if self.progbar is None:
            return
        if self.target is None:
            self.target = self.progbar.target = self.seen
        if self.verbose:
            self.seen = self.target
            self._update(logs, finalize=True)
        self.progbar = None

    def _update(self, logs, finalize):
        values = list(logs.items()) if logs else []
        # Logs are means over the epoch already: show them as they are.
        self.progbar.stateful_metrics.update(name for name, _ in values)
        self.progbar.update(self.seen, values, finalize=finalize)
