"""`keras.preprocessing.image`: image files, and images changed at random."""

from cornu.preprocessing.image._affine import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)
from cornu.preprocessing.image._arrays import NumpyArrayIterator
from cornu.preprocessing.image._files import DataFrameIterator, DirectoryIterator
from cornu.preprocessing.image._generator import ImageDataGenerator
from cornu.preprocessing.image._iterator import Iterator
from cornu.utils.images import array_to_img, img_to_array, load_img, save_img, smart_resize

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "smart_resize",
]
