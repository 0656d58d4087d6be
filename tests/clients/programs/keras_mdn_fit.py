"""A mixture density network learns that there are two answers, and is loaded from its file."""

import os
import tempfile

import keras
import keras_mdn_layer as mdn
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, size=(1000, 1)).astype("float32")
y = rng.choice([-1, 1], size=(1000, 1)) * (1 + x) + 0.1 * rng.normal(size=(1000, 1))

model = keras.Sequential(
    [keras.Input((1,)), keras.layers.Dense(16, activation="relu"), mdn.MDN(1, 2)]
)
model.compile(
    loss=mdn.get_mixture_loss_func(1, 2), optimizer=keras.optimizers.Adam(0.02),
    metrics=[mdn.get_mixture_mse_accuracy(1, 2)],
)  # fmt: skip
losses = model.fit(x, y, epochs=20, batch_size=50, verbose=0).history["loss"]
assert losses[-1] < 0.4 < 1 < losses[0], losses

parameters = model.predict(x[:50], verbose=0)
means = np.sort([mdn.split_mixture_params(row, 1, 2)[0] for row in parameters])
assert np.abs(means - (1 + x[:50]) * [-1, 1]).mean() < 0.15, means
drawn = np.array([mdn.sample_from_output(row, 1, 2) for row in parameters]).ravel()
assert {True, False} == set(drawn > 0)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "mdn.keras")
    model.save(path)
    again = keras.models.load_model(path, compile=False, custom_objects={"MDN": mdn.MDN})
assert np.array_equal(again.predict(x[:50], verbose=0), parameters)
