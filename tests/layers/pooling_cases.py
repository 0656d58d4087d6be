"""Pooling."""

from layers.case import FIRST, IMAGE, SEQUENCE, Case, bools, floats

VOLUME = floats(2, 4, 5, 3, 2)

WINDOWS = {
    "max_pooling1d": Case(lambda k: k.layers.MaxPooling1D(), SEQUENCE),
    "max_pooling1d_same": Case(
        lambda k: k.layers.MaxPooling1D(3, strides=2, padding="same", data_format=FIRST), SEQUENCE
    ),
    "max_pooling2d": Case(lambda k: k.layers.MaxPooling2D(), IMAGE),
    "max_pooling2d_same": Case(lambda k: k.layers.MaxPooling2D(2, padding="same"), IMAGE),
    "max_pooling2d_strides": Case(
        lambda k: k.layers.MaxPooling2D((3, 2), strides=(1, 2), data_format=FIRST), IMAGE
    ),
    "max_pooling3d": Case(lambda k: k.layers.MaxPooling3D(), VOLUME),
    "max_pooling3d_same": Case(
        lambda k: k.layers.MaxPooling3D((1, 2, 3), (1, 2, 1), "same", data_format=FIRST), VOLUME
    ),
    "average_pooling1d": Case(lambda k: k.layers.AveragePooling1D(2), SEQUENCE),
    "average_pooling1d_same": Case(
        lambda k: k.layers.AveragePooling1D(3, strides=2, padding="same", data_format=FIRST),
        SEQUENCE,
    ),
    "average_pooling2d": Case(lambda k: k.layers.AveragePooling2D((3, 2), strides=1), IMAGE),
    "average_pooling2d_same": Case(
        lambda k: k.layers.AveragePooling2D(3, padding="same", data_format=FIRST), IMAGE
    ),
    "average_pooling3d": Case(lambda k: k.layers.AveragePooling3D(2), VOLUME),
    "average_pooling3d_same": Case(
        lambda k: k.layers.AveragePooling3D((1, 2, 3), (1, 2, 1), "same", data_format=FIRST),
        VOLUME,
    ),
}

WHOLE = {
    "global_average_pooling1d": Case(
        lambda k: k.layers.GlobalAveragePooling1D(), SEQUENCE, mask=bools(2, 7)
    ),
    "global_average_pooling1d_keepdims": Case(
        lambda k: k.layers.GlobalAveragePooling1D(keepdims=True), SEQUENCE, mask=bools(2, 7)
    ),
    "global_average_pooling1d_first": Case(
        lambda k: k.layers.GlobalAveragePooling1D(FIRST), SEQUENCE, mask=bools(2, 4)
    ),
    "global_average_pooling2d": Case(lambda k: k.layers.GlobalAveragePooling2D(), IMAGE),
    "global_average_pooling2d_first": Case(
        lambda k: k.layers.GlobalAveragePooling2D(FIRST, keepdims=True), IMAGE
    ),
    "global_average_pooling3d": Case(lambda k: k.layers.GlobalAveragePooling3D(), VOLUME),
    "global_average_pooling3d_first": Case(
        lambda k: k.layers.GlobalAveragePooling3D(FIRST, keepdims=True), VOLUME
    ),
    "global_max_pooling1d": Case(lambda k: k.layers.GlobalMaxPooling1D(keepdims=True), SEQUENCE),
    "global_max_pooling1d_first": Case(lambda k: k.layers.GlobalMaxPooling1D(FIRST), SEQUENCE),
    "global_max_pooling2d": Case(lambda k: k.layers.GlobalMaxPooling2D(), IMAGE),
    "global_max_pooling2d_first": Case(
        lambda k: k.layers.GlobalMaxPooling2D(FIRST, keepdims=True), IMAGE
    ),
    "global_max_pooling3d": Case(lambda k: k.layers.GlobalMaxPooling3D(), VOLUME),
    "global_max_pooling3d_first": Case(
        lambda k: k.layers.GlobalMaxPooling3D(FIRST, keepdims=True), VOLUME
    ),
}

ADAPTIVE = {
    "adaptive_average_pooling1d": Case(lambda k: k.layers.AdaptiveAveragePooling1D(3), SEQUENCE),
    "adaptive_average_pooling1d_first": Case(
        lambda k: k.layers.AdaptiveAveragePooling1D(3, data_format=FIRST), SEQUENCE
    ),
    "adaptive_average_pooling2d": Case(lambda k: k.layers.AdaptiveAveragePooling2D((4, 2)), IMAGE),
    "adaptive_average_pooling2d_first": Case(
        lambda k: k.layers.AdaptiveAveragePooling2D(2, data_format=FIRST), IMAGE
    ),
    "adaptive_average_pooling3d": Case(
        lambda k: k.layers.AdaptiveAveragePooling3D((2, 3, 1)), VOLUME
    ),
    "adaptive_max_pooling1d": Case(lambda k: k.layers.AdaptiveMaxPooling1D(3), SEQUENCE),
    "adaptive_max_pooling2d": Case(lambda k: k.layers.AdaptiveMaxPooling2D((4, 2)), IMAGE),
    "adaptive_max_pooling2d_first": Case(
        lambda k: k.layers.AdaptiveMaxPooling2D(2, data_format=FIRST), IMAGE
    ),
    "adaptive_max_pooling3d": Case(lambda k: k.layers.AdaptiveMaxPooling3D((2, 3, 1)), VOLUME),
}

CASES = {**WINDOWS, **WHOLE, **ADAPTIVE}
