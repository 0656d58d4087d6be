"""`DataWaitLogger`: how much of the time training waits for data."""

from cornu.callbacks.callback import Callback


class DataWaitLogger(Callback):
    """Adds `data_wait` to the logs of each epoch: the share of its time, from 0 to 1, in which
    training waited for the next batch. Near 0 the computation is what takes the time; near 1 it is
    whatever makes the batches. Keras has no such callback.

    Example:
        >>> import cornu
        >>> model = cornu.Sequential([cornu.Input((2,)), cornu.layers.Dense(1)])
        >>> model.compile(loss="mse")
        >>> x = np.ones((4, 2))
        >>> wait = cornu.callbacks.DataWaitLogger()
        >>> sorted(model.fit(x, x[:, :1], verbose=0, callbacks=[wait]).history)
        ['data_wait', 'loss']
    """

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["data_wait"] = self.model._position.data_wait
