"""Metric learning: anchors and positives in a batch, similarities as logits, neighbours searched."""
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
num_classes, size = 6, 12
prototypes = rng.normal(size=(num_classes, size))
nuisance = rng.normal(size=(3, size)) * 3


def draw(labels):
    noise = rng.normal(size=(len(labels), 3)) @ nuisance
    return (prototypes[labels] + noise + 0.1 * rng.normal(size=(len(labels), size))).astype("float32")


class AnchorPositivePairs(keras.utils.Sequence):
    def __init__(self, num_batches):
        super().__init__()
        self.num = num_batches

    def __len__(self):
        return self.num

    def __getitem__(self, _idx):
        labels = np.arange(num_classes)
        return np.stack([draw(labels), draw(labels)])


class EmbeddingModel(keras.Model):
    def train_step(self, data):
        if isinstance(data, tuple):
            data = data[0]
        anchors, positives = data[0], data[1]

        with tf.GradientTape() as tape:
            a, b = self(anchors, training=True), self(positives, training=True)
            similarities = ops.einsum("ae,pe->ap", a, b) / 0.2
            loss = self.compute_loss(y=ops.arange(num_classes), y_pred=similarities)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


inputs = layers.Input(shape=(size,))
embeddings = layers.UnitNormalization()(layers.Dense(4)(layers.Dense(24, activation="relu")(inputs)))
model = EmbeddingModel(inputs, embeddings)
model.compile(keras.optimizers.Adam(5e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
history = model.fit(AnchorPositivePairs(100), epochs=8, verbose=0)

labels = rng.integers(0, num_classes, 200)
found = model.predict(draw(labels), verbose=0)
near = np.argsort(-(found @ found.T), axis=1)[:, 1:6]
precision = np.mean(labels[near] == labels[:, None])
raw = draw(labels)
raw_near = np.argsort(((raw[:, None] - raw[None]) ** 2).sum(-1), axis=1)[:, 1:6]
print("precision", precision, "without learning", np.mean(labels[raw_near] == labels[:, None]))
assert precision > 0.8 > np.mean(labels[raw_near] == labels[:, None])
