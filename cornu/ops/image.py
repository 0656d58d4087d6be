"""`keras.ops.image`: operations on images. A list of the objects of `keras.ops`."""

# isort: off
# fmt: off
from cornu.ops._image_color import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from cornu.ops._image_filter import gaussian_blur, sobel_edges, ssim
from cornu.ops._image_resize import crop_images, pad_images, resize, scale_and_translate
from cornu.ops._image_transform import (
    affine_transform, elastic_transform, map_coordinates, perspective_transform,
)
from cornu.ops._patches import extract_patches, extract_patches_3d
# isort: on

__all__ = [
    "affine_transform", "crop_images", "elastic_transform", "extract_patches",
    "extract_patches_3d", "gaussian_blur", "hsv_to_rgb", "map_coordinates", "pad_images",
    "perspective_transform", "resize", "rgb_to_grayscale", "rgb_to_hsv", "scale_and_translate",
    "sobel_edges", "ssim",
]
# fmt: on
