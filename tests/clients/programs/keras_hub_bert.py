"""A tiny BERT, built from a configuration, learns to classify, and keeps its weights in a file."""

import os
import tempfile

import keras
import keras_hub
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
tokens = rng.integers(2, 20, size=(256, 12))
labels = (tokens[:, 1] > 10).astype("int32")
lengths = rng.integers(6, 13, size=(256, 1))
x = {
    "token_ids": tokens,
    "segment_ids": np.zeros_like(tokens),
    "padding_mask": (np.arange(12) < lengths).astype("int32"),
}

backbone = keras_hub.models.BertBackbone(
    vocabulary_size=20,
    num_layers=2,
    num_heads=2,
    hidden_dim=32,
    intermediate_dim=64,
    max_sequence_length=12,
    dropout=0.0,
)
classifier = keras_hub.models.BertTextClassifier(backbone, num_classes=2, dropout=0.0)
classifier.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=keras.optimizers.Adam(3e-3),
    metrics=["accuracy"],
)
history = classifier.fit(x, labels, epochs=8, batch_size=32, verbose=0).history
assert history["accuracy"][-1] > 0.9, history

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "bert.keras")
    classifier.save(path)
    again = keras.models.load_model(path)
    assert np.allclose(again.predict(x, verbose=0), classifier.predict(x, verbose=0), atol=1e-6)
    weights = os.path.join(folder, "backbone.weights.h5")
    backbone.save_weights(weights)
    other = keras_hub.models.BertBackbone.from_config(backbone.get_config())
    other.load_weights(weights)
first, second = backbone.predict(x, verbose=0), other.predict(x, verbose=0)
assert np.allclose(first["pooled_output"], second["pooled_output"], atol=1e-6)
