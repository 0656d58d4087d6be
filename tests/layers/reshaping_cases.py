"""Layers that change shapes."""

from layers.case import FIRST, IMAGE, SEQUENCE, Case, floats

VOLUME = floats(2, 4, 5, 3, 2)

ARRANGED = {
    "flatten": Case(lambda k: k.layers.Flatten(), IMAGE),
    "flatten_first": Case(lambda k: k.layers.Flatten(data_format=FIRST), IMAGE),
    "flatten_vector": Case(lambda k: k.layers.Flatten(), floats(4)),
    "reshape": Case(lambda k: k.layers.Reshape((3, 4)), floats(2, 12)),
    "reshape_rest": Case(lambda k: k.layers.Reshape([-1, 2, 2]), floats(2, 3, 4)),
    "permute": Case(lambda k: k.layers.Permute((2, 1)), SEQUENCE),
    "permute_four": Case(lambda k: k.layers.Permute([3, 1, 4, 2]), VOLUME),
    "repeat_vector": Case(lambda k: k.layers.RepeatVector(3), floats(2, 4)),
}

MARGINS = {
    "cropping1d": Case(lambda k: k.layers.Cropping1D(), SEQUENCE),
    "cropping1d_pair": Case(lambda k: k.layers.Cropping1D((0, 3)), SEQUENCE),
    "cropping1d_one": Case(lambda k: k.layers.Cropping1D(2), SEQUENCE),
    "cropping2d": Case(lambda k: k.layers.Cropping2D(), IMAGE),
    "cropping2d_one": Case(lambda k: k.layers.Cropping2D(1), IMAGE),
    "cropping2d_two": Case(lambda k: k.layers.Cropping2D((2, 1), data_format=FIRST), IMAGE),
    "cropping2d_pairs": Case(lambda k: k.layers.Cropping2D(((2, 1), (0, 3))), IMAGE),
    "cropping3d": Case(lambda k: k.layers.Cropping3D(), VOLUME),
    "cropping3d_three": Case(lambda k: k.layers.Cropping3D((0, 2, 1)), VOLUME),
    "cropping3d_pairs": Case(
        lambda k: k.layers.Cropping3D(((1, 2), (0, 1), (1, 0)), data_format=FIRST),
        floats(2, 2, 4, 5, 3),
    ),
    "zero_padding1d": Case(lambda k: k.layers.ZeroPadding1D(), SEQUENCE),
    "zero_padding1d_pair": Case(
        lambda k: k.layers.ZeroPadding1D((0, 2), data_format=FIRST), SEQUENCE
    ),
    "zero_padding2d": Case(lambda k: k.layers.ZeroPadding2D(), IMAGE),
    "zero_padding2d_one": Case(lambda k: k.layers.ZeroPadding2D(2), IMAGE),
    "zero_padding2d_pairs": Case(
        lambda k: k.layers.ZeroPadding2D(((1, 0), (2, 1)), data_format=FIRST), IMAGE
    ),
    "zero_padding3d": Case(lambda k: k.layers.ZeroPadding3D(), VOLUME),
    "zero_padding3d_three": Case(lambda k: k.layers.ZeroPadding3D((0, 1, 2)), VOLUME),
    "zero_padding3d_pairs": Case(
        lambda k: k.layers.ZeroPadding3D(((1, 0), (0, 0), (2, 1)), data_format=FIRST), VOLUME
    ),
}

LARGER = {
    "up_sampling1d": Case(lambda k: k.layers.UpSampling1D(), SEQUENCE),
    "up_sampling2d": Case(lambda k: k.layers.UpSampling2D(), IMAGE),
    "up_sampling2d_first": Case(lambda k: k.layers.UpSampling2D((1, 3), data_format=FIRST), IMAGE),
    "up_sampling2d_bilinear": Case(
        lambda k: k.layers.UpSampling2D((2, 3), interpolation="bilinear"), IMAGE
    ),
    "up_sampling2d_bilinear_first": Case(
        lambda k: k.layers.UpSampling2D(2, FIRST, "bilinear"), IMAGE
    ),
    "up_sampling2d_bicubic": Case(
        lambda k: k.layers.UpSampling2D((3, 2), interpolation="bicubic"), IMAGE
    ),
    "up_sampling2d_lanczos3": Case(
        lambda k: k.layers.UpSampling2D(2, interpolation="lanczos3"), IMAGE
    ),
    "up_sampling2d_lanczos5": Case(
        lambda k: k.layers.UpSampling2D(2, interpolation="lanczos5"), IMAGE
    ),
    "up_sampling3d": Case(lambda k: k.layers.UpSampling3D(), VOLUME),
    "up_sampling3d_first": Case(
        lambda k: k.layers.UpSampling3D((1, 2, 3), data_format=FIRST), VOLUME
    ),
}

CASES = {**ARRANGED, **MARGINS, **LARGER}
