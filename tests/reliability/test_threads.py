"""Several threads ask one model: no error, and the results of one thread."""

import threading

import numpy as np

import cornu as keras

THREADS, CALLS = 8, 100
X = np.random.default_rng(0).normal(size=(64, 5)).astype("float32")


def make():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )
    model.compile("adam", "mse")
    return model


def in_threads(*functions):
    """Run functions side by side; returns the errors that they raised."""
    errors = []

    def guarded(function):
        try:
            function()
        except BaseException as error:  # handed to the thread that waits
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(f,)) for f in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_predictions_side_by_side():
    model = make()
    parts = [X[start : start + 8] for start in range(0, 64, 8)]
    expected = [model.predict(part, verbose=0) for part in parts]
    wrong = []

    def ask(number):
        def run():
            for turn in range(CALLS):
                place = (number + turn) % len(parts)
                # Every other call takes the long way, with callbacks and batches.
                size = 8 if turn % 2 else 3
                found = model.predict(parts[place], batch_size=size, verbose=0)
                if not np.allclose(found, expected[place], atol=1e-6):
                    wrong.append((number, turn))

        return run

    assert not in_threads(*map(ask, range(THREADS)))
    assert not wrong


def test_first_calls_side_by_side():
    model = make()
    found = {}

    def ask(number):
        def run():
            found[number] = model.predict(X, verbose=0)

        return run

    assert not in_threads(*map(ask, range(THREADS)))
    for value in found.values():
        np.testing.assert_array_equal(value, found[0])


def test_fit_beside_predict():
    model, alone = make(), make()
    y = np.ones((64, 2), "float32")
    alone.fit(X, y, batch_size=8, epochs=10, shuffle=False, verbose=0)
    done = threading.Event()

    def train():
        try:
            model.fit(X, y, batch_size=8, epochs=10, shuffle=False, verbose=0)
        finally:
            done.set()

    def ask():
        while not done.is_set():
            assert np.isfinite(model.predict(X, verbose=0)).all()

    # Dropout draws from a generator of the layer's own, so predicting disturbs nothing.
    assert not in_threads(train, ask)
    for found, expected in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
