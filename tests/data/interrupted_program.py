"""A training with worker processes that is to be interrupted; it prints what is left then."""

import multiprocessing
import signal
import threading

from datasets import Numbered

import cornu as keras


class Tell(keras.callbacks.Callback):
    """Says when training runs."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0:
            print("running", flush=True)


def main():
    """Train for a long time."""
    # A shell has its jobs in the background ignore this, and all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    # The inputs are the numbers of the batches: with larger steps the loss soon is not finite.
    model.compile(keras.optimizers.SGD(1e-12), "mse")
    dataset = Numbered(10**6, seconds=0.01, workers=2, use_multiprocessing=True)
    try:
        model.fit(dataset, verbose=0, callbacks=[Tell()])
    except KeyboardInterrupt as error:
        processes = multiprocessing.active_children()
        threads = [each for each in threading.enumerate() if each.name.startswith("cornu")]
        print("left", processes, threads, type(error).__name__)


if __name__ == "__main__":
    main()
