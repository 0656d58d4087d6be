"""Whole models and weights in HDF5, as Keras 1, Keras 2 and tf.keras 2 wrote them (and Keras 3
can)."""

from cornu.saving.legacy_h5.load import load_weights_h5
from cornu.saving.legacy_h5.models import is_old_json, load_model_h5, model_from_old_json
from cornu.saving.legacy_h5.reader import is_legacy
from cornu.saving.legacy_h5.writer import save_model_h5

__all__ = [
    "is_legacy",
    "is_old_json",
    "load_model_h5",
    "load_weights_h5",
    "model_from_old_json",
    "save_model_h5",
]
