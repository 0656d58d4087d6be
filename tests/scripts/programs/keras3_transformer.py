"""Sequences classified by a transformer block with token and position embeddings."""
import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(1)
rng = np.random.default_rng(1)
vocab_size, maxlen = 12, 10
x = rng.integers(3, vocab_size, (700, maxlen))
first, second = rng.integers(0, maxlen // 2, 700), rng.integers(maxlen // 2, maxlen, 700)
order = rng.integers(0, 2, 700)  # whether token 1 comes before token 2
rows = np.arange(700)
x[rows, np.where(order, first, second)] = 1
x[rows, np.where(order, second, first)] = 2


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1):
        super().__init__()
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation="relu"), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs, training=False):
        attn_output = self.dropout1(self.att(inputs, inputs), training=training)
        out1 = self.layernorm1(inputs + attn_output)
        ffn_output = self.dropout2(self.ffn(out1), training=training)
        return self.layernorm2(out1 + ffn_output)


class TokenAndPositionEmbedding(layers.Layer):
    def __init__(self, maxlen, vocab_size, embed_dim):
        super().__init__()
        self.token_emb = layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def call(self, x):
        positions = ops.arange(0, ops.shape(x)[-1], 1)
        return self.token_emb(x) + self.pos_emb(positions)


inputs = layers.Input(shape=(maxlen,))
x_ = TokenAndPositionEmbedding(maxlen, vocab_size, 16)(inputs)
x_ = TransformerBlock(16, 2, 16)(x_)
x_ = layers.GlobalAveragePooling1D()(x_)
outputs = layers.Dense(2, activation="softmax")(layers.Dropout(0.1)(x_))
model = keras.Model(inputs=inputs, outputs=outputs)
model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x[:600], order[:600], batch_size=50, epochs=12, verbose=0)
loss, accuracy = model.evaluate(x[600:], order[600:], verbose=0)
print("accuracy", accuracy)
assert accuracy > 0.9
