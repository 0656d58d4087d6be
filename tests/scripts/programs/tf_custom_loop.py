"""A training loop written by hand: tf.function, GradientTape, metrics, learning rate decay."""

import time

import numpy as np
import tensorflow as tf

tf.random.set_seed(0)
rng = np.random.RandomState(0)
features = rng.randn(1024, 8).astype(np.float32)
weights = rng.randn(8, 3)
labels = np.argmax(features @ weights, axis=1)

train_ds = (
    tf.data.Dataset.from_tensor_slices((features[:896], labels[:896]))
    .shuffle(896)
    .batch(64)
    .prefetch(tf.data.AUTOTUNE)
)
test_ds = tf.data.Dataset.from_tensor_slices((features[896:], labels[896:])).batch(64)


class Classifier(tf.keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.d1 = tf.keras.layers.Dense(32, activation="relu")
        self.drop = tf.keras.layers.Dropout(0.1)
        self.d2 = tf.keras.layers.Dense(classes)

    def call(self, x, training=False):
        return self.d2(self.drop(self.d1(x), training=training))


model = Classifier(3)
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
schedule = tf.keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
optimizer = tf.keras.optimizers.Adam(learning_rate=schedule)
train_loss = tf.keras.metrics.Mean(name="train_loss")
train_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="train_accuracy")
test_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name="test_accuracy")


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        predictions = model(x, training=True)
        loss = loss_object(y, predictions)
        loss += 1e-4 * tf.add_n([tf.nn.l2_loss(v) for v in model.trainable_variables])
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, norm = tf.clip_by_global_norm(gradients, 5.0)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)
    train_accuracy(y, predictions)
    return norm


@tf.function
def test_step(x, y):
    test_accuracy.update_state(y, model(x, training=False))


results = []
for epoch in range(15):
    start = time.time()
    train_loss.reset_state()
    train_accuracy.reset_state()
    test_accuracy.reset_state()
    for x_batch, y_batch in train_ds:
        norm = train_step(x_batch, y_batch)
    for x_batch, y_batch in test_ds:
        test_step(x_batch, y_batch)
    results.append((float(train_loss.result()), float(test_accuracy.result())))
    print(
        f"Epoch {epoch + 1}, Loss: {train_loss.result():.4f}, "
        f"Accuracy: {train_accuracy.result() * 100:.1f}, "
        f"Test accuracy: {test_accuracy.result() * 100:.1f}, {time.time() - start:.2f}s"
    )

assert results[-1][0] < results[0][0] / 2
assert results[-1][1] > 0.9
assert norm.numpy() >= 0 and optimizer.iterations.numpy() == 15 * 14
assert train_step.experimental_get_tracing_count() <= 2
