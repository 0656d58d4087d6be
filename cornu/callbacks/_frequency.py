"""What callbacks that save share: how often."""

import numbers


class SavesByFrequency:
    """Mixin of callbacks that call their `_save(epoch, batch, logs)` after each epoch, with None as
    the batch, or after every so many batches."""

    def _save_every(self, save_freq):
        """Save so often: `"epoch"`, or a number of batches.

        Raises:
            ValueError: for anything else.
        """
        if save_freq != "epoch" and (not isinstance(save_freq, numbers.Integral) or save_freq < 1):
            raise ValueError(
                "Invalid value for argument `save_freq`. Unrecognized save_freq: "
                f"{save_freq}. Expected save_freq are 'epoch' or integer values"
            )
        self.save_freq = save_freq
        self._epoch = 0
        self._batches_since_save = 0
        self._last_batch = -1
        if save_freq != "epoch":
            # An attribute, so that saving by epochs does not ask for every batch.
            self.on_train_batch_end = self._after_batch

    def _after_batch(self, batch, logs=None):
        later = batch - self._last_batch if batch > self._last_batch else batch + 1
        self._batches_since_save += later
        self._last_batch = batch
        if self._batches_since_save >= self.save_freq:
            self._batches_since_save = 0
            self._save(self._epoch, batch, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._last_batch = -1

    def on_epoch_resume(self, epoch, batch):
        self._epoch = epoch
        self._last_batch = batch - 1

    def on_epoch_end(self, epoch, logs=None):
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)
