"""Two moons, classified by a small network of tf.keras, as a first tutorial does it."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.callbacks import EarlyStopping
from tensorflow.keras.utils import to_categorical

print("TensorFlow", tf.__version__, "GPUs:", len(tf.config.list_physical_devices("GPU")))
tf.random.set_seed(42)
np.random.seed(42)


def moons(n):
    angle = np.random.uniform(0, np.pi, n)
    label = np.random.randint(0, 2, n)
    x = np.where(label, 1 - np.cos(angle), np.cos(angle))
    y = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    points = np.stack([x, y], axis=1) + np.random.normal(0, 0.1, (n, 2))
    return points.astype("float32"), label


x_train, y_train = moons(800)
x_test, y_test = moons(200)

normalizer = (x_train.mean(axis=0), x_train.std(axis=0))
x_train = (x_train - normalizer[0]) / normalizer[1]
x_test = (x_test - normalizer[0]) / normalizer[1]

model = keras.Sequential(
    [
        layers.Dense(32, activation="relu", input_shape=(2,)),
        layers.Dropout(0.1),
        layers.Dense(32, activation=tf.nn.relu, kernel_regularizer=keras.regularizers.l2(1e-4)),
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile(
    optimizer=tf.keras.optimizers.Adam(learning_rate=0.01),
    loss="categorical_crossentropy",
    metrics=["accuracy"],
)
model.summary()

history = model.fit(
    x_train,
    to_categorical(y_train),
    epochs=20,
    batch_size=32,
    validation_split=0.2,
    callbacks=[EarlyStopping(monitor="val_loss", patience=5, restore_best_weights=True)],
    verbose=0,
)
loss, accuracy = model.evaluate(x_test, to_categorical(y_test), verbose=0)
print(f"test loss {loss:.3f}, accuracy {accuracy:.3f}")
assert accuracy > 0.95
assert history.history["loss"][-1] < history.history["loss"][0] / 2

predicted = np.argmax(model.predict(x_test, verbose=0), axis=1)
matrix = tf.math.confusion_matrix(y_test, predicted)
assert matrix.shape == (2, 2) and int(tf.reduce_sum(matrix)) == 200
assert int(tf.linalg.trace(matrix)) == int((predicted == y_test).sum())
assert abs(tf.reduce_mean(tf.cast(predicted == y_test, tf.float32)).numpy() - accuracy) < 1e-6
