"""The basic convolutional network of Keras 3's tutorials, with checkpoints and early stopping."""
import os
import tempfile

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(812)
rng = np.random.default_rng(0)
num_classes, input_shape = 3, (14, 14, 1)


def shapes(n):
    labels = rng.integers(0, num_classes, n)
    images = rng.uniform(0, 60, (n, 14, 14))
    for image, label in zip(images, labels):
        r, c, s = rng.integers(1, 6), rng.integers(1, 6), rng.integers(5, 8)
        if label == 0:
            image[r : r + s, c : c + s] += 180  # a filled square
        elif label == 1:
            image[r : r + s, [c, c + s - 1]] += 180  # two columns
        else:
            image[[r, r + s - 1], c : c + s] += 180  # two rows
    return images.astype("float32")[..., None] / 255, keras.utils.to_categorical(labels, num_classes)


x_train, y_train = shapes(600)
x_test, y_test = shapes(150)
model = keras.Sequential(
    [
        keras.Input(shape=input_shape),
        layers.Conv2D(8, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(16, kernel_size=(3, 3), activation="relu"),
        layers.GlobalMaxPooling2D(),
        layers.Dropout(0.1),
        layers.Dense(num_classes, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(1e-2),
              metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(2, name="top2")])
path = os.path.join(tempfile.mkdtemp(), "model_{epoch}.keras")
history = model.fit(
    x_train, y_train, batch_size=50, epochs=12, validation_split=0.15, verbose=0,
    callbacks=[
        keras.callbacks.ModelCheckpoint(filepath=path),
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=4, restore_best_weights=True),
    ],
)
score = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
print(score)
assert score["accuracy"] > 0.95 and score["top2"] >= score["accuracy"]
last = keras.saving.load_model(path.format(epoch=len(history.epoch)))
assert last.evaluate(x_test, y_test, verbose=0)[1] > 0.9
