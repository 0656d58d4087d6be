"""Write the fixtures in `data/` with tf.keras 2 (the package `tf-keras`) and Keras 3.15.1.

    KERAS_BACKEND=jax python tests/saving/legacy/record_legacy.py

Run by a Python that has both, never by the tests. Each archive holds, for every model, the file
that was written after a short training, and what the model then predicted (`before`), and predicted
after one more step on the whole batch (`after`).
"""

import io
import os
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
import tf_keras

BY_KERAS_3 = (
    "dense",
    "convolution",
    "recurrent",
    "bidirectional",
    "attention",
    "several",
    "nested",
    "ends_nested",
    "rmsprop",
    "nadam",
)

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
sys.path.insert(0, str(HERE.parents[1]))

from saving.legacy.models import MODELS, OLD_OPTIMIZERS, outputs_of, small  # noqa: E402
from saving.legacy.tf_models import TF_MODELS  # noqa: E402


def record(library, name, model, inputs, targets, archive):
    """Train, save, predict, train again and predict again."""
    trains = targets is not None and getattr(model, "optimizer", None) is not None
    if trains:
        model.fit(inputs, targets, epochs=2, batch_size=3, shuffle=False, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, f"{name}.h5")
        model.save(path)
        add(archive, f"{name}.h5", Path(path).read_bytes())
    arrays = {f"before_{i}": array for i, array in enumerate(outputs_of(model, inputs))}
    inputs = inputs if isinstance(inputs, list) else [inputs]
    arrays.update({f"input_{i}": array for i, array in enumerate(inputs)})
    if trains:
        targets = targets if isinstance(targets, list) else [targets]
        arrays.update({f"target_{i}": array for i, array in enumerate(targets)})
        model.train_on_batch(one_or_all(inputs), one_or_all(targets))
        after = enumerate(outputs_of(model, one_or_all(inputs)))
        arrays.update({f"after_{i}": array for i, array in after})
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    add(archive, f"{name}.npz", buffer.getvalue())


def one_or_all(arrays):
    """The only array of a list, or the list."""
    return arrays[0] if len(arrays) == 1 else arrays


def add(archive, name, data):
    """Add a member that is the same in every run."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    archive.writestr(info, data, zipfile.ZIP_DEFLATED, 9)


def compiled(model, optimizer, loss, metrics):
    if optimizer is not None:
        model.compile(optimizer, loss=loss, metrics=metrics)
    return model


def record_common(library, archive):
    """The models that both libraries build."""
    for name, (build, optimizer, loss, metrics) in MODELS.items():
        if library is keras and name not in BY_KERAS_3:
            continue
        library.utils.set_random_seed(1)
        library.backend.clear_session()
        model, inputs, targets = build(library)
        if optimizer is not None:
            optimizer = getattr(library.optimizers, optimizer[0])(**optimizer[1])
        compiled(model, optimizer, loss, metrics)
        record(library, name, model, inputs, targets, archive)


def record_tf_keras(archive):
    """What only tf.keras can write: old optimizers, and functions of TensorFlow in a graph."""
    for name, (optimizer, arguments) in OLD_OPTIMIZERS.items():
        tf_keras.utils.set_random_seed(1)
        tf_keras.backend.clear_session()
        model, inputs, targets = small(tf_keras)
        optimizer = getattr(tf_keras.optimizers.legacy, optimizer)(**arguments)
        compiled(model, optimizer, "mean_squared_error", None)
        record(tf_keras, name, model, inputs, targets, archive)
    for name, build in TF_MODELS.items():
        tf_keras.utils.set_random_seed(1)
        tf_keras.backend.clear_session()
        model, inputs, targets = build(tf_keras, tf)
        record(tf_keras, name, model, inputs, targets, archive)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    DATA.mkdir(exist_ok=True)
    with zipfile.ZipFile(DATA / "tf_keras.zip", "w") as target:
        record_common(tf_keras, target)
        record_tf_keras(target)
    with zipfile.ZipFile(DATA / "keras_3.zip", "w") as target:
        record_common(keras, target)
    print(f"tf-keras {tf_keras.__version__}, Keras {keras.__version__}:")
    for path in sorted(DATA.iterdir()):
        print(f"  {path.name}: {path.stat().st_size} bytes")
