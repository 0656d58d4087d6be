"""`keras.ops.nn`: activations, windows and losses. A list of the objects of `keras.ops`."""

# isort: off
# fmt: off
from cornu.ops._activation import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh,
    leaky_relu, log_sigmoid, log_softmax, relu, relu6, selu, sigmoid, silu, soft_shrink,
    softmax, softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax, squareplus, swish,
    tanh_shrink, threshold,
)
from cornu.ops._attention import dot_product_attention
from cornu.ops._convolution import conv, conv_transpose, depthwise_conv, separable_conv
from cornu.ops._ctc import ctc_decode, ctc_loss
from cornu.ops._nn import (
    binary_crossentropy, categorical_crossentropy, multi_hot, one_hot, polar, psnr,
    sparse_categorical_crossentropy,
)
from cornu.ops._normalization import (
    batch_normalization, layer_normalization, normalize, rms_normalization,
)
from cornu.ops._patches import depth_to_space, fold, space_to_depth, unfold
from cornu.ops._pooling import adaptive_average_pool, adaptive_max_pool, average_pool, max_pool
from cornu.ops._reduce import moments
# isort: on

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "batch_normalization",
    "binary_crossentropy", "categorical_crossentropy", "celu", "conv", "conv_transpose",
    "ctc_decode", "ctc_loss", "depth_to_space", "depthwise_conv", "dot_product_attention",
    "elu", "fold", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "layer_normalization", "leaky_relu", "log_sigmoid", "log_softmax", "max_pool",
    "moments", "multi_hot", "normalize", "one_hot", "polar", "psnr", "relu", "relu6",
    "rms_normalization", "selu", "separable_conv", "sigmoid", "silu", "soft_shrink", "softmax",
    "softplus", "softsign", "space_to_depth", "sparse_categorical_crossentropy", "sparse_plus",
    "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh_shrink", "threshold", "unfold",
]
# fmt: on
