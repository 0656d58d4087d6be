"""Write the fixtures in `data/` with Keras 3.15.1.

    KERAS_BACKEND=jax python tests/families/record_keras.py [optimizers [CASE ...]]

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

from families import function_cases, loss_cases, metric_cases, optimizer_cases  # noqa: E402
from families.config_cases import objects, spellings  # noqa: E402


def record_optimizers(cases):
    """Names and values of all variables after the training of each optimizer, and its config.

    It takes seconds for each: those that are not among `cases`, if any are given, stay as they are.
    """
    notes, arrays = {"variables": {}}, {}
    if cases:
        notes = json.loads((DATA / "optimizers.json").read_text())
        arrays = dict(np.load(DATA / "optimizers.npz"))
    for case in cases or optimizer_cases.makers():
        notes["variables"][case], values = optimizer_cases.train(keras, case)
        arrays.update({f"{case}/{i}": value for i, value in enumerate(values)})
    for case, make in optimizer_cases.SCHEDULES.items():
        schedule = make(keras.optimizers.schedules)
        steps = optimizer_cases.SCHEDULE_STEPS
        arrays[f"schedule/{case}"] = np.array([float(schedule(step)) for step in steps])
    notes["configs"] = record_optimizer_configs()
    np.savez_compressed(DATA / "optimizers.npz", **arrays)
    text = json.dumps(notes, indent=1, sort_keys=True)
    (DATA / "optimizers.json").write_text(text + "\n")


def record_optimizer_configs():
    """Descriptions of optimizers."""
    return {
        case: keras.saving.serialize_keras_object(make(keras))
        for case, make in optimizer_cases.CONFIGS.items()
    }


def record_values():
    """What activations, regularizers and constraints give."""
    arrays = {}
    for case in function_cases.ACTIVATIONS:
        function = function_cases.activation(keras, case)
        arrays[f"activation/{case}"] = np.asarray(function(function_cases.X))
    x = keras.ops.convert_to_tensor(function_cases.X)
    for case, make in function_cases.REGULARIZERS.items():
        arrays[f"regularizer/{case}"] = np.asarray(make(keras.regularizers)(x))
    for case, make in function_cases.CONSTRAINTS.items():
        arrays[f"constraint/{case}"] = np.asarray(make(keras.constraints)(x))
    np.savez_compressed(DATA / "values.npz", **arrays)


def record_losses():
    """What losses give, their descriptions, and what `get` finds for names."""
    arrays = {
        case: np.asarray(loss(y_true, y_pred, sample_weight=weight))
        for case, (loss, y_true, y_pred, weight) in loss_cases.losses(keras).items()
    }
    np.savez_compressed(DATA / "losses.npz", **arrays)
    configs = {
        case: keras.saving.serialize_keras_object(loss)
        for case, loss in loss_cases.configured(keras).items()
    }
    names = {name: type_name(keras.losses.get(name)) for name in loss_cases.NAMES}
    text = json.dumps({"configs": configs, "names": names}, indent=1, sort_keys=True)
    (DATA / "losses.json").write_text(text + "\n")


def record_metrics():
    """What metrics give, their descriptions and variables, and what `get` finds for names."""
    arrays, configs, variables = {}, {}, {}
    for case, (make, batches) in metric_cases.CASES.items():
        metric = make(keras)
        for *columns, weight in batches:
            metric.update_state(*columns, sample_weight=weight)
        arrays[case] = np.asarray(metric.result())
        configs[case] = keras.saving.serialize_keras_object(metric)
        variables[case] = [[v.path, list(v.shape), v.dtype] for v in metric.variables]
    np.savez_compressed(DATA / "metrics.npz", **arrays)
    names = {name: type_name(keras.metrics.get(name)) for name in metric_cases.SPELLINGS}
    record = {"configs": configs, "variables": variables, "names": names}
    text = json.dumps(record, indent=1, sort_keys=True)
    (DATA / "metrics.json").write_text(text + "\n")


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
    what, *cases = sys.argv[1:] or [""]
    if what in ("", "optimizers"):
        record_optimizers(cases)
    if what:
        return
    record_values()
    record_losses()
    record_metrics()
    described, found = record_configs()
    record = {"configs": described, "names": found}
    text = json.dumps(record, indent=1, sort_keys=True)
    (DATA / "configs.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
