"""Transfer learning: train a network, freeze its lower layers, train a new head, then fine-tune."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models, optimizers

tf.random.set_seed(11)
rng = np.random.RandomState(1)


def stripes(n, classes):
    """Images of stripes, told apart by their direction."""
    labels = rng.randint(0, classes, n)
    rows, columns = np.mgrid[0:10, 0:10]
    angles = labels * np.pi / classes
    waves = np.cos(angles)[:, None, None] * rows + np.sin(angles)[:, None, None] * columns
    phase = rng.uniform(0, 6, n)[:, None, None]
    images = np.sin(1.5 * waves + phase) + 0.2 * rng.randn(n, 10, 10)
    return images[..., None].astype("float32"), labels


inputs = layers.Input(shape=(10, 10, 1))
x = layers.Conv2D(8, (3, 3), activation="relu", name="block1_conv")(inputs)
x = layers.MaxPooling2D((2, 2), name="block1_pool")(x)
x = layers.Conv2D(16, (3, 3), activation="relu", name="block2_conv")(x)
x = layers.BatchNormalization(name="block2_bn")(x)
features = layers.GlobalAveragePooling2D(name="features")(x)
outputs = layers.Dense(4, activation="softmax", name="predictions")(features)
source = models.Model(inputs, outputs)
source.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
images, labels = stripes(400, 4)
history = source.fit(images, labels, epochs=12, batch_size=50, verbose=0)
assert history.history["accuracy"][-1] > 0.85

base_model = models.Model(inputs=source.input, outputs=source.get_layer("features").output)
base_model.trainable = False
assert len(base_model.trainable_weights) == 0

new_inputs = tf.keras.Input(shape=(10, 10, 1))
x = base_model(new_inputs, training=False)
x = layers.Dropout(0.2)(x)
new_model = models.Model(new_inputs, layers.Dense(1)(x))
new_model.compile(
    optimizer=optimizers.Adam(0.02),
    loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.0)],
)
assert len(new_model.trainable_variables) == 2
frozen = [weight.copy() for weight in base_model.get_weights()]
new_images, new_labels = stripes(200, 2)
first = new_model.fit(new_images, new_labels, epochs=8, batch_size=20, verbose=0).history
for before, now in zip(frozen, base_model.get_weights()):
    np.testing.assert_array_equal(before, now)

base_model.trainable = True
for layer in base_model.layers[:-3]:
    layer.trainable = False
trainable = [layer.name for layer in base_model.layers if layer.trainable and layer.weights]
assert trainable == ["block2_bn"] or trainable == ["block2_conv", "block2_bn"], trainable
new_model.compile(
    optimizer=optimizers.RMSprop(1e-3),
    loss=tf.keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[tf.keras.metrics.BinaryAccuracy(threshold=0.0)],
)
second = new_model.fit(
    new_images, new_labels, epochs=8, initial_epoch=first["loss"].__len__() - 4, verbose=0
).history
np.testing.assert_array_equal(frozen[0], base_model.get_weights()[0])
print("accuracy", second["binary_accuracy"][-1])
assert second["binary_accuracy"][-1] > 0.9
