"""Sequences turned around: a GRU encoder and decoder with attention, decoded greedily."""
import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
vocab, length, start = 8, 5, 0
source = rng.integers(1, vocab, (800, length))
target = source[:, ::-1]
decoder_in = np.concatenate([np.full((800, 1), start), target[:, :-1]], axis=1)

encoder_inputs = keras.Input((length,), name="source")
embedded = layers.Embedding(vocab, 16)(encoder_inputs)
encoded, state = layers.GRU(32, return_sequences=True, return_state=True)(embedded)
decoder_inputs = keras.Input((None,), name="decoder")
decoder_gru = layers.GRU(32, return_sequences=True, return_state=True)
decoded, _ = decoder_gru(layers.Embedding(vocab, 16)(decoder_inputs), initial_state=state)
context, scores = layers.Attention(use_scale=True)([decoded, encoded], return_attention_scores=True)
outputs = layers.Dense(vocab, activation="softmax")(layers.Concatenate()([decoded, context]))
model = keras.Model([encoder_inputs, decoder_inputs], outputs)
attention_model = keras.Model(model.inputs, scores)

model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit([source[:700], decoder_in[:700]], target[:700], batch_size=50, epochs=16, verbose=0)
loss, accuracy = model.evaluate([source[700:], decoder_in[700:]], target[700:], verbose=0)
print("accuracy", accuracy)

written = np.full((50, 1), start)
for _ in range(length):
    filled = np.pad(written, ((0, 0), (0, length - written.shape[1])))
    step = model.predict([source[700:750], filled], verbose=0)[:, written.shape[1] - 1]
    written = np.concatenate([written, step.argmax(-1)[:, None]], axis=1)[:, : length + 1]
    if written.shape[1] > length:
        break
right = np.mean(written[:, 1:] == target[700:750])
print("decoded right", right)
assert accuracy > 0.9 and right > 0.85
weights = attention_model.predict([source[700:], decoder_in[700:]], verbose=0)
np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
