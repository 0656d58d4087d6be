"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/families/record_keras.py

Run by a Python that has Keras, never by the tests.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
sys.path.insert(0, str(HERE.parent))

from families import function_cases, loss_cases, optimizer_cases  # noqa: E402
from families.config_cases import objects, spellings  # noqa: E402


def record_optimizers():
    """Names and values of all variables after the training of each optimizer."""
    names, arrays = {}, {}
    for case in optimizer_cases.makers():
        names[case], values = optimizer_cases.train(keras, case)
        arrays.update({f"{case}/{i}": value for i, value in enumerate(values)})
    for case, make in optimizer_cases.SCHEDULES.items():
        schedule = make(keras.optimizers.schedules)
        steps = optimizer_cases.SCHEDULE_STEPS
        arrays[f"schedule/{case}"] = np.array([float(schedule(step)) for step in steps])
    np.savez_compressed(DATA / "optimizers.npz", **arrays)
    return names


def record_values():
    """What losses, metrics, activations, regularizers and constraints give."""
    arrays = {}
    for case, (loss, y_true, y_pred, weight) in loss_cases.losses(keras).items():
        arrays[f"loss/{case}"] = np.asarray(loss(y_true, y_pred, sample_weight=weight))
    for case, (metric, batches) in loss_cases.metrics(keras).items():
        for *columns, weight in batches:
            metric.update_state(*columns, sample_weight=weight)
        arrays[f"metric/{case}"] = np.asarray(metric.result())
    for case in function_cases.ACTIVATIONS:
        function = function_cases.activation(keras, case)
        arrays[f"activation/{case}"] = np.asarray(function(function_cases.X))
    x = keras.ops.convert_to_tensor(function_cases.X)
    for case, make in function_cases.REGULARIZERS.items():
        arrays[f"regularizer/{case}"] = np.asarray(make(keras.regularizers)(x))
    for case, make in function_cases.CONSTRAINTS.items():
        arrays[f"constraint/{case}"] = np.asarray(make(keras.constraints)(x))
    np.savez_compressed(DATA / "values.npz", **arrays)


def record_configs():
    """Descriptions of objects, and what `get` finds for names."""
    described = {
        case: keras.saving.serialize_keras_object(obj) for case, obj in objects(keras).items()
    }
    found = {
        family: {name: type_name(getattr(keras, family).get(name)) for name in names}
        for family, names in spellings().items()
    }
    return described, found


def type_name(obj):
    """The name of a function, or of an object's class."""
    return getattr(obj, "__name__", type(obj).__name__)


def main():
    """Write all."""
    assert keras.__version__ == "3.15.1", keras.__version__
    DATA.mkdir(exist_ok=True)
    names = record_optimizers()
    record_values()
    described, found = record_configs()
    record = {"optimizer_variables": names, "configs": described, "names": found}
    text = json.dumps(record, indent=1, sort_keys=True)
    (DATA / "configs.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
