"""`keras.models`: models and how to copy and revive them."""

from cornu.models.cloning import clone_model
from cornu.models.functional import Functional
from cornu.models.model import Model, model_from_json
from cornu.models.sequential import Sequential
from cornu.saving.api import load_model, save_model

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]
