"""`keras.legacy`: what is kept for files and code of Keras 2."""

from cornu.legacy import saving

__all__ = ["saving"]
