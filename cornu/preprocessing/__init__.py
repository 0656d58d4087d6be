"""`keras.preprocessing`: data before it goes into a model."""

from cornu.preprocessing import image, sequence, text

__all__ = ["image", "sequence", "text"]
