"""A random search of three trials; the best network is built anew from its file."""

import tempfile

import keras
import keras_tuner
import numpy as np

rng = np.random.default_rng(0)
x = rng.normal(size=(256, 4)).astype("float32")
y = x @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")


def build_model(hp):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(
                hp.Int("units", 8, 32, step=8),
                activation=hp.Choice("activation", ["relu", "tanh"]),
            ),
            keras.layers.Dense(1),
        ]
    )
    rate = hp.Float("learning_rate", 1e-3, 1e-1, sampling="log")
    model.compile(optimizer=keras.optimizers.Adam(rate), loss="mse", metrics=["mae"])
    return model


with tempfile.TemporaryDirectory() as folder:
    tuner = keras_tuner.RandomSearch(
        build_model,
        objective="val_loss",
        max_trials=3,
        seed=1,
        directory=folder,
        project_name="plane",
    )
    tuner.search(x[:192], y[:192], validation_data=(x[192:], y[192:]), epochs=5, verbose=0)
    tuner.results_summary()
    trials = tuner.oracle.get_best_trials(3)
    scores = [trial.score for trial in trials]
    assert len(scores) == 3 and scores == sorted(scores)
    best = tuner.get_best_models(1)[0]
    loss = best.evaluate(x[192:], y[192:], verbose=0)[0]
    assert abs(loss - scores[0]) < 1e-4 * max(loss, 1), (loss, scores)
