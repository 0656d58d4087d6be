"""`keras.utils`."""

from cornu.callbacks.progbar import Progbar
from cornu.config import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from cornu.core.dtypes import standardize_dtype
from cornu.data.arrays import unpack as unpack_x_y_sample_weight
from cornu.data.py_dataset import PyDataset
from cornu.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from cornu.session import clear_session
from cornu.state.seeds import set_random_seed
from cornu.symbolic.function import get_source_inputs
from cornu.symbolic.tensor import is_keras_tensor
from cornu.utils import legacy
from cornu.utils.arrays import normalize, pack_x_y_sample_weight, to_categorical
from cornu.utils.get_file import get_file
from cornu.utils.plot_model import model_to_dot, plot_model
from cornu.utils.sequences import pad_sequences

Sequence = PyDataset  # as Keras 2 calls it

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "legacy",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "standardize_dtype",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
