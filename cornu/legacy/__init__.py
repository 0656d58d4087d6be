"""`keras.legacy`: what is kept for files and code of Keras 1 and 2.

Classes that a file may hold are imported here, the rest when asked for: see `names`.
"""

from cornu.legacy import (
    constraints,
    layers,
    linear_models,
    locally_connected,
    merge,
    metrics,
    saving,
    sharpness,
)

__all__ = [
    "constraints",
    "layers",
    "linear_models",
    "locally_connected",
    "merge",
    "metrics",
    "saving",
    "sharpness",
]
