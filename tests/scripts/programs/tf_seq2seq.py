"""Sequence to sequence with attention: reverse a row of digits, in a loop with teacher forcing."""

import numpy as np
import tensorflow as tf

tf.random.set_seed(2)
np.random.seed(2)
VOCAB, LENGTH, UNITS, START = 6, 3, 32, 0


class Encoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, enc_units):
        super().__init__()
        self.enc_units = enc_units
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(enc_units, return_sequences=True, return_state=True)

    def call(self, x, hidden):
        x = self.embedding(x)
        output, state = self.gru(x, initial_state=hidden)
        return output, state

    def initialize_hidden_state(self, batch):
        return tf.zeros((batch, self.enc_units))


class BahdanauAttention(tf.keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.W1 = tf.keras.layers.Dense(units)
        self.W2 = tf.keras.layers.Dense(units)
        self.V = tf.keras.layers.Dense(1)

    def call(self, query, values):
        query_with_time_axis = tf.expand_dims(query, 1)
        score = self.V(tf.nn.tanh(self.W1(query_with_time_axis) + self.W2(values)))
        attention_weights = tf.nn.softmax(score, axis=1)
        context_vector = tf.reduce_sum(attention_weights * values, axis=1)
        return context_vector, attention_weights


class Decoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, dec_units):
        super().__init__()
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(dec_units, return_sequences=True, return_state=True)
        self.fc = tf.keras.layers.Dense(vocab_size)
        self.attention = BahdanauAttention(dec_units)

    def call(self, x, hidden, enc_output):
        context_vector, attention_weights = self.attention(hidden, enc_output)
        x = self.embedding(x)
        x = tf.concat([tf.expand_dims(context_vector, 1), x], axis=-1)
        output, state = self.gru(x, initial_state=hidden)
        output = tf.reshape(output, (-1, output.shape[2]))
        return self.fc(output), state, attention_weights


encoder, decoder = Encoder(VOCAB, 16, UNITS), Decoder(VOCAB, 16, UNITS)
optimizer = tf.keras.optimizers.Adam(0.01)
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")


def loss_function(real, pred):
    mask = tf.math.logical_not(tf.math.equal(real, 0))
    loss_ = loss_object(real, pred)
    loss_ *= tf.cast(mask, dtype=loss_.dtype)
    return tf.reduce_mean(loss_)


@tf.function
def train_step(inp, targ, enc_hidden):
    loss = 0.0
    with tf.GradientTape() as tape:
        enc_output, enc_hidden = encoder(inp, enc_hidden)
        dec_hidden = enc_hidden
        dec_input = tf.expand_dims([START] * inp.shape[0], 1)
        for t in range(targ.shape[1]):
            predictions, dec_hidden, _ = decoder(dec_input, dec_hidden, enc_output)
            loss += loss_function(targ[:, t], predictions)
            dec_input = tf.expand_dims(targ[:, t], 1)
    batch_loss = loss / int(targ.shape[1])
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return batch_loss


def evaluate(inp):
    enc_output, hidden = encoder(inp, encoder.initialize_hidden_state(len(inp)))
    dec_input = tf.fill([len(inp), 1], START)
    found = tf.TensorArray(tf.int32, size=LENGTH)
    for t in range(LENGTH):
        predictions, hidden, weights = decoder(dec_input, hidden, enc_output)
        chosen = tf.argmax(predictions, axis=-1, output_type=tf.int32)
        found = found.write(t, chosen)
        dec_input = tf.expand_dims(chosen, 1)
    assert abs(float(tf.reduce_sum(weights[0])) - 1) < 1e-5
    return tf.transpose(found.stack())


inputs = np.random.randint(1, VOCAB, (512, LENGTH)).astype("int32")
targets = inputs[:, ::-1].copy()
dataset = tf.data.Dataset.from_tensor_slices((inputs, targets)).shuffle(512)
dataset = dataset.batch(64, drop_remainder=True)
losses = []
for _epoch in range(20):
    total_loss = 0
    for _batch, (inp, targ) in enumerate(dataset):
        total_loss += train_step(inp, targ, encoder.initialize_hidden_state(64))
    losses.append(float(total_loss) / 8)
print("loss", losses[0], losses[-1])
right = tf.reduce_mean(tf.cast(tf.equal(evaluate(inputs[:64]), targets[:64]), tf.float32))
print("right", right.numpy())
assert losses[-1] < losses[0] / 3 and right.numpy() > 0.9
