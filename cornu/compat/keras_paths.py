"""The paths inside `keras.src` under which public names of Keras are known.

`keras_paths.json` says, for each module of Keras 3.15, which of the names in it are public, and
under which public path; `tests/compat/tensorflow/record_keras_paths.py` writes it. The names in
`PRIVATE` are not public, but well-known packages use them.
"""

import functools
import importlib
import json
import types
from pathlib import Path

from cornu.core.errors import LIMIT, did_you_mean

ROOT = "keras.src"
# From a private name to the module of this package that has it, and its name there.
PRIVATE = {
    "keras.src.backend": {
        "compute_output_spec": "cornu.compat.keras_private:compute_output_spec",
        "get_keras_mask": "cornu.core.masks:get_mask",
        "set_keras_mask": "cornu.core.masks:set_mask",
        "KerasTensor": "cornu.symbolic.tensor:KerasTensor",
        "Variable": "cornu.state.variable:Variable",
        "StatelessScope": "cornu.state.functional:StatelessScope",
        "backend": "cornu.config:backend",
        "cast": "cornu.ops:cast",
        "convert_to_numpy": "cornu.ops:convert_to_numpy",
        "convert_to_tensor": "cornu.ops:convert_to_tensor",
        "epsilon": "cornu.config:epsilon",
        "floatx": "cornu.config:floatx",
        "image_data_format": "cornu.config:image_data_format",
        "is_tensor": "cornu.ops:is_tensor",
        "shape": "cornu.ops:shape",
        "standardize_dtype": "cornu.core.dtypes:standardize_dtype",
    },
    "keras.src.backend.common.keras_tensor": {
        "KerasTensor": "cornu.symbolic.tensor:KerasTensor",
        "any_symbolic_tensors": "cornu.symbolic.operation:has_symbolic",
    },
    "keras.src.backend.common.stateless_scope": {
        "in_stateless_scope": "cornu.state.functional:in_stateless_scope",
    },
    "keras.src.backend.common.variables": {
        "KerasVariable": "cornu.state.variable:Variable",
        "Variable": "cornu.state.variable:Variable",
        "standardize_shape": "cornu.core.shapes:standardize_shape",
    },
    "keras.src.backend.jax": {},
    "keras.src.backend.jax.random": {"jax_draw_seed": "cornu.state.seeds:draw_seed"},
    "keras.src.losses.losses": {"LossFunctionWrapper": "cornu.losses._loss:LossFunctionWrapper"},
    "keras.src.models.functional": {"Functional": "cornu.models.functional:Functional"},
    "keras.src.ops": {"KerasTensor": "cornu.symbolic.tensor:KerasTensor"},
    "keras.src.random.seed_generator": {"draw_seed": "cornu.state.seeds:draw_seed"},
    "keras.src.saving.saving_lib": {
        "H5IOStore": "cornu.compat.keras_private:H5IOStore",
        "load_model": "cornu.saving:load_model",
        "save_model": "cornu.saving:save_model",
    },
    "keras.src.saving.serialization_lib": {
        "in_safe_mode": "cornu.compat.keras_private:in_safe_mode",
    },
    "keras.src.trainers.data_adapters.data_adapter_utils": {
        "class_weight_to_sample_weights": (
            "cornu.compat.keras_private:class_weight_to_sample_weights"
        ),
    },
    "keras.src.utils.tracking": {
        "Tracker": "cornu.state.tracking:Tracker",
        "no_automatic_dependency_tracking": (
            "cornu.compat.keras_private:no_automatic_dependency_tracking"
        ),
    },
    "keras.src.utils": {},
    "keras.src.utils.backend_utils": {
        "in_grain_data_pipeline": "cornu.compat.keras_private:in_grain_data_pipeline",
    },
    "keras.src.utils.naming": {"auto_name": "cornu.core.names:auto_name"},
}


@functools.cache
def public():
    """From a module inside `keras.src` to its public names, with the public path of each."""
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


@functools.cache
def _modules():
    """All modules that are answered, and the packages that they are in."""
    found = set()
    for name in (*public(), *PRIVATE):
        parts = name.split(".")
        found |= {".".join(parts[:count]) for count in range(2, len(parts) + 1)}
    return found


def inner_name(name):
    """`name`, if it is a path inside `keras.src`, else None.

    Raises:
        ModuleNotFoundError: for a module there that has no public names.
    """
    if name != ROOT and not name.startswith(ROOT + "."):
        return None
    if name not in _modules():
        raise ModuleNotFoundError(
            f"No module named {name!r}: inside `keras.src` cornu answers the modules that hold"
            f" public names of Keras 3.15, and this is none.{did_you_mean(name, _modules())}"
            " Import the public name, such as `from keras.layers import Dense`."[:LIMIT],
            name=name,
        )
    return name


class InnerModule(types.ModuleType):
    """A module inside `keras.src`: exactly the public names that Keras keeps there."""

    def __init__(self, name):
        super().__init__(name, f"Where Keras keeps public names: `{name}`.")
        self.__path__ = []
        self._public, self._private = public().get(name, {}), PRIVATE.get(name, {})

    def __dir__(self):
        return sorted({*self._public, *self._private})

    def __getattr__(self, name):
        if name == "__all__":
            return [each for each in dir(self) if hasattr(self, each)]
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._private:
            where, _, own = self._private[name].partition(":")
            return getattr(importlib.import_module(where), own)
        if name in self._public:
            return self._find(name, self._public[name])
        inner = f"{self.__name__}.{name}"
        if inner in _modules():
            return module(inner)
        raise AttributeError(
            f"module {self.__name__!r} has no public name {name!r}."
            f"{did_you_mean(name, dir(self))} cornu answers what is public in Keras 3.15."
        )

    def _find(self, name, path):
        found = importlib.import_module("cornu")
        for part in path.split("."):
            found = getattr(found, part, None)
            if found is None:
                raise AttributeError(f"cornu does not have `keras.{path}` yet ({name!r}).")
        return found


@functools.cache
def module(name):
    """The module that answers `import` of a path inside `keras.src`."""
    return InnerModule(name)
