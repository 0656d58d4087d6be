"""Convolutions."""

from layers.case import FIRST, IMAGE, SEQUENCE, Case, floats

VOLUME = floats(2, 4, 5, 3, 2)
SMALL = floats(2, 3, 2, 4)

CONVOLUTIONS = {
    "conv1d": Case(lambda k: k.layers.Conv1D(6, 3), SEQUENCE),
    "conv1d_same": Case(lambda k: k.layers.Conv1D(6, 3, 2, "same", activation="tanh"), SEQUENCE),
    "conv1d_causal": Case(
        lambda k: k.layers.Conv1D(6, 3, padding="causal", dilation_rate=2), SEQUENCE
    ),
    "conv1d_causal_first": Case(
        lambda k: k.layers.Conv1D(6, 3, 2, padding="causal", data_format=FIRST), SEQUENCE
    ),
    "conv1d_first": Case(lambda k: k.layers.Conv1D(6, 3, data_format=FIRST), SEQUENCE),
    "conv1d_groups": Case(lambda k: k.layers.Conv1D(6, 2, groups=2), SEQUENCE),
    "conv2d": Case(lambda k: k.layers.Conv2D(6, 3, activation="relu"), IMAGE),
    "conv2d_same": Case(
        lambda k: k.layers.Conv2D(6, (3, 2), strides=(2, 1), padding="same", use_bias=False), IMAGE
    ),
    "conv2d_dilated": Case(lambda k: k.layers.Conv2D(6, 2, dilation_rate=(2, 1)), IMAGE),
    "conv2d_first": Case(
        lambda k: k.layers.Conv2D(6, 2, padding="same", data_format=FIRST, groups=3),
        floats(2, 3, 5, 4),
    ),
    "conv2d_penalties": Case(
        lambda k: k.layers.Conv2D(
            2, 2, kernel_regularizer="l1", bias_constraint="unit_norm", activity_regularizer="l2"
        ),
        IMAGE,
    ),
    "conv3d": Case(lambda k: k.layers.Conv3D(3, (2, 1, 2), activation="selu"), VOLUME),
    "conv3d_same": Case(
        lambda k: k.layers.Conv3D(4, (2, 3, 1), (1, 2, 1), "same", groups=2, use_bias=False), VOLUME
    ),
    "conv3d_first": Case(
        lambda k: k.layers.Conv3D(
            3, (1, 2, 2), dilation_rate=(1, 2, 1), data_format=FIRST, kernel_initializer="zeros"
        ),
        floats(2, 2, 3, 4, 3),
    ),
}

TRANSPOSED = {
    "conv1d_transpose": Case(lambda k: k.layers.Conv1DTranspose(3, 3), SEQUENCE),
    "conv1d_transpose_same": Case(
        lambda k: k.layers.Conv1DTranspose(3, 3, 2, "same", activation="relu"), SEQUENCE
    ),
    "conv1d_transpose_dilated": Case(
        lambda k: k.layers.Conv1DTranspose(3, 2, dilation_rate=3, data_format=FIRST),
        floats(2, 3, 4),
    ),
    "conv1d_transpose_extra": Case(
        lambda k: k.layers.Conv1DTranspose(3, 3, 2, "same", output_padding=1), SEQUENCE
    ),
    "conv2d_transpose": Case(lambda k: k.layers.Conv2DTranspose(3, (2, 3), strides=2), SMALL),
    "conv2d_transpose_same": Case(
        lambda k: k.layers.Conv2DTranspose(3, (3, 2), (2, 1), padding="same", use_bias=False), SMALL
    ),
    "conv2d_transpose_extra": Case(
        lambda k: k.layers.Conv2DTranspose(3, 2, (2, 3), output_padding=(1, 2), data_format=FIRST),
        floats(2, 3, 2, 3),
    ),
    "conv2d_transpose_small": Case(lambda k: k.layers.Conv2DTranspose(3, 1, strides=2), SMALL),
    "conv2d_transpose_dilated": Case(
        lambda k: k.layers.Conv2DTranspose(3, 2, padding="same", dilation_rate=2), SMALL
    ),
    "conv3d_transpose": Case(
        lambda k: k.layers.Conv3DTranspose(2, 2, strides=(1, 2, 1)), floats(2, 2, 3, 2, 2)
    ),
    "conv3d_transpose_extra": Case(
        lambda k: k.layers.Conv3DTranspose(
            2, (1, 2, 1), 2, "same", FIRST, 1, kernel_regularizer="l2"
        ),
        floats(2, 2, 3, 2, 2),
    ),
}

DEPTHWISE = {
    "depthwise_conv1d": Case(lambda k: k.layers.DepthwiseConv1D(3), SEQUENCE),
    "depthwise_conv1d_same": Case(
        lambda k: k.layers.DepthwiseConv1D(3, 2, "same", depth_multiplier=2), SEQUENCE
    ),
    "depthwise_conv1d_first": Case(
        lambda k: k.layers.DepthwiseConv1D(2, data_format=FIRST, dilation_rate=2, use_bias=False),
        floats(2, 3, 6),
    ),
    "depthwise_conv2d": Case(lambda k: k.layers.DepthwiseConv2D((2, 3), activation="relu"), IMAGE),
    "depthwise_conv2d_same": Case(
        lambda k: k.layers.DepthwiseConv2D((3, 1), 2, "same", depth_multiplier=3), IMAGE
    ),
    "depthwise_conv2d_first": Case(
        lambda k: k.layers.DepthwiseConv2D(
            2, depth_multiplier=2, dilation_rate=(1, 2), data_format=FIRST
        ),
        floats(2, 3, 5, 4),
    ),
    "depthwise_conv2d_penalties": Case(
        lambda k: k.layers.DepthwiseConv2D(
            2,
            depthwise_initializer="he_uniform",
            depthwise_regularizer="l2",
            bias_regularizer="l1",
            depthwise_constraint="max_norm",
        ),
        IMAGE,
    ),
}

SEPARABLE = {
    "separable_conv1d": Case(lambda k: k.layers.SeparableConv1D(5, 3), SEQUENCE),
    "separable_conv1d_same": Case(
        lambda k: k.layers.SeparableConv1D(5, 3, 2, "same", depth_multiplier=2), SEQUENCE
    ),
    "separable_conv1d_first": Case(
        lambda k: k.layers.SeparableConv1D(5, 2, data_format=FIRST, dilation_rate=2),
        floats(2, 3, 6),
    ),
    "separable_conv2d": Case(
        lambda k: k.layers.SeparableConv2D(5, (2, 3), activation="relu"), IMAGE
    ),
    "separable_conv2d_first": Case(
        lambda k: k.layers.SeparableConv2D(
            5, 2, padding="same", depth_multiplier=2, data_format=FIRST, use_bias=False
        ),
        floats(2, 3, 5, 4),
    ),
    "separable_conv2d_penalties": Case(
        lambda k: k.layers.SeparableConv2D(
            3,
            2,
            depthwise_initializer="he_uniform",
            pointwise_initializer="lecun_normal",
            pointwise_regularizer="l2",
            bias_regularizer="l1",
            pointwise_constraint="non_neg",
        ),
        IMAGE,
    ),
}

CASES = {**CONVOLUTIONS, **TRANSPOSED, **DEPTHWISE, **SEPARABLE}
