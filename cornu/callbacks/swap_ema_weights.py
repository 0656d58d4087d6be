"""`SwapEMAWeights`: evaluate with the moving averages of the weights."""

from cornu.callbacks.callback import Callback
from cornu.serial.registry import export


@export("keras.callbacks.SwapEMAWeights")
class SwapEMAWeights(Callback):
    """Puts the moving averages of the weights, which an optimizer with `use_ema=True` keeps, into
    the model while it is evaluated or predicts, and the weights back after it.

    Args:
        swap_on_epoch: whether the averages are in the model from the end of an epoch to the
            beginning of the next too, so that callbacks that come later in the list, such as
            `ModelCheckpoint`, save them.

    Raises:
        ValueError: when training or evaluation begins, if the optimizer keeps no averages.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((2,)), cornu.layers.Dense(1)])
        >>> model.compile(cornu.optimizers.SGD(use_ema=True), "mse")
        >>> x = np.ones((4, 2))
        >>> swap = cornu.callbacks.SwapEMAWeights()
        >>> _ = model.fit(x, x[:, :1], verbose=0, callbacks=[swap])
        >>> loss = model.evaluate(x, x[:, :1], verbose=0, callbacks=[swap])
    """

    state_names = ("_swapped",)

    def __init__(self, swap_on_epoch=False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._swapped = False
        self._averages = None

    def _optimizer(self):
        """The optimizer that keeps averages, or holds others that do."""
        optimizer = getattr(self.model, "optimizer", None)
        if not _keeps_averages(optimizer):
            raise ValueError(
                "SwapEMAWeights must be used when `use_ema=True` is set on the optimizer. "
                f"Received: use_ema={getattr(optimizer, 'use_ema', None)}"
            )
        return optimizer

    def _swap(self, averages_in):
        """Exchange weights and averages, unless they are where they should be already."""
        pairs = self._optimizer()._averaged()
        if self._swapped == averages_in:
            return
        for variable, average in pairs:
            value, other = variable._raw_value, average._raw_value
            variable.assign(other)
            average.assign(value)
        self._swapped = averages_in

    def on_train_begin(self, logs=None):
        self._begins_anew()
        self._swap(averages_in=False)  # after an error in the middle of an evaluation

    def on_epoch_begin(self, epoch, logs=None):
        self._averages = None
        if self.swap_on_epoch:
            self._swap(averages_in=False)

    def on_epoch_end(self, epoch, logs=None):
        if self.swap_on_epoch:
            self._swap(averages_in=True)
            self._averages = [pair[0]._raw_value for pair in self._optimizer()._averaged()]

    def on_train_end(self, logs=None):
        if not self._swapped:
            return
        # The end of `fit` has set the weights to what stands in the place of the averages now.
        pairs = self._optimizer()._averaged()
        for (variable, average), value in zip(pairs, self._averages, strict=True):
            variable.assign(value)
            average.assign(value)
        self._swapped = False

    def on_test_begin(self, logs=None):
        self._swap(averages_in=True)

    def on_test_end(self, logs=None):
        self._swap(averages_in=False)

    def on_predict_begin(self, logs=None):
        self._swap(averages_in=True)

    def on_predict_end(self, logs=None):
        self._swap(averages_in=False)


def _keeps_averages(optimizer):
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    several = getattr(inner, "optimizers", [inner])
    return any(getattr(each, "use_ema", False) for each in several)
