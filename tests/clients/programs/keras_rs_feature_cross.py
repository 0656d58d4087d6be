"""A deep and cross network learns a product of features, and retrieval finds what is nearest."""

import keras
import keras_rs
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.normal(size=(512, 6)).astype("float32")
y = x[:, :1] * x[:, 1:2] - x[:, 2:3] * x[:, 3:4]

inputs = keras.Input((6,))
crossed = keras_rs.layers.FeatureCross()(inputs)
crossed = keras_rs.layers.FeatureCross(projection_dim=2, diag_scale=0.1)(inputs, crossed)
model = keras.Model(inputs, keras.layers.Dense(1)(crossed))
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
losses = model.fit(x, y, epochs=12, batch_size=32, verbose=0).history["loss"]
assert losses[-1] < 0.1 * losses[0], losses

candidates = rng.normal(size=(50, 6)).astype("float32")
retrieval = keras_rs.layers.BruteForceRetrieval(candidate_embeddings=candidates, k=3)
scores, places = retrieval(candidates[:4])
want = np.argsort(-(candidates[:4] @ candidates.T), axis=1)[:, :3]
assert np.array_equal(np.asarray(places), want)
