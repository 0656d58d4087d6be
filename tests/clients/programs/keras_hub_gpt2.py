"""A tiny GPT-2 learns to count, and `generate` goes on counting."""

import keras
import keras_hub
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
COUNT, LENGTH = 16, 12
starts = rng.integers(0, COUNT, size=(256, 1))
tokens = (starts + np.arange(LENGTH + 1)) % COUNT

backbone = keras_hub.models.GPT2Backbone(
    vocabulary_size=COUNT,
    num_layers=2,
    num_heads=2,
    hidden_dim=32,
    intermediate_dim=64,
    max_sequence_length=LENGTH,
    dropout=0.0,
)
model = keras_hub.models.GPT2CausalLM(backbone=backbone)
model.compile(
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    optimizer=keras.optimizers.Adam(3e-3),
    weighted_metrics=["accuracy"],
    sampler="greedy",
)
x = {"token_ids": tokens[:, :-1], "padding_mask": np.ones((256, LENGTH), "int32")}
history = model.fit(x, tokens[:, 1:], epochs=8, batch_size=32, verbose=0).history
assert history["accuracy"][-1] > 0.95, history

prompt = {
    "token_ids": np.array([[3, 4, 5] + [0] * 9, [14, 15, 0] + [0] * 9]),
    "padding_mask": np.array([[1] * 3 + [0] * 9] * 2),
}
found = np.asarray(model.generate(prompt, stop_token_ids=None)["token_ids"])
want = np.stack([np.arange(3, 15), np.arange(14, 26)]) % COUNT
assert np.array_equal(found, want), found

model.compile(sampler=keras_hub.samplers.TopKSampler(k=2, seed=1))
sampled = np.asarray(model.generate(prompt, stop_token_ids=None)["token_ids"])
assert sampled.shape == (2, LENGTH) and np.array_equal(sampled[:, :3], want[:, :3])
