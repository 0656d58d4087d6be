"""`keras.optimizers`: how gradients change variables."""

from cornu.optimizers import schedules
from cornu.optimizers._names import deserialize, get, serialize
from cornu.optimizers._optimizer import Optimizer
from cornu.optimizers.adam import Adam, AdamW
from cornu.optimizers.rmsprop import RMSprop
from cornu.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]
