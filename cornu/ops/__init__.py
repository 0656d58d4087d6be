"""`keras.ops`: functions on tensors. Lists only; families hold the code."""

from cornu.ops import _masks, _operators, image, linalg, nn, numpy
from cornu.serial.registry import export

# isort: off
# fmt: off
from cornu.ops._activation import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh,
    leaky_relu, log_sigmoid, log_softmax, relu, relu6, selu, sigmoid, silu, soft_shrink,
    softmax, softplus, softsign, sparse_plus, sparse_sigmoid, sparsemax, squareplus, swish,
    tanh_shrink, threshold,
)
from cornu.ops._arrange import (
    append, array_split, column_stack, dsplit, dstack, fliplr, flipud, hsplit, hstack, rot90,
    select, vsplit, vstack,
)
from cornu.ops._attention import dot_product_attention
from cornu.ops._bits import (
    bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or,
    bitwise_right_shift, bitwise_xor, gcd, lcm, left_shift, nextafter, right_shift,
    saturate_cast, view,
)
from cornu.ops._control import cond, switch
from cornu.ops._convolution import conv, conv_transpose, depthwise_conv, separable_conv
from cornu.ops._ctc import ctc_decode, ctc_loss
from cornu.ops._distance import cdist, norm
from cornu.ops._elementwise import (
    abs, absolute, add, arccos, arccosh, arcsin, arcsinh, arctan, arctanh, ceil, clip, conj,
    cos, cosh, divide, equal, erf, erfinv, exp, expm1, floor, floor_divide, greater,
    greater_equal, imag, isfinite, isinf, isnan, less, less_equal, lgamma, log, log1p,
    logical_and, logical_not, logical_or, logical_xor, maximum, minimum, mod, multiply,
    negative, not_equal, power, real, round, rsqrt, sign, sin, sinh, sqrt, square, subtract,
    tan, tanh, true_divide, trunc, where,
)
from cornu.ops._find import digitize, isin, unique, unravel_index
from cornu.ops._fourier import (
    extract_sequences, fft, fft2, ifft2, irfft, istft, rfft, stft, view_as_complex,
    view_as_real,
)
from cornu.ops._gradient import custom_gradient, grad
from cornu.ops._index import (
    argsort, get_item, in_top_k, nonzero, scatter, scatter_update, searchsorted, slice,
    slice_update, sort, take, take_along_axis, top_k,
)
from cornu.ops._linalg import (
    cholesky, cholesky_inverse, det, eig, eigh, inv, jvp, logdet, lstsq, lu_factor,
    matrix_power, matrix_rank, pinv, qr, slogdet, solve, solve_triangular, svd,
)
from cornu.ops._loops import associative_scan, fori_loop, map, scan, vectorized_map, while_loop
from cornu.ops._make import (
    diag, diagflat, diagonal, empty, empty_like, geomspace, logspace, meshgrid, tri, vander,
)
from cornu.ops._nan import (
    nanargmax, nanargmin, nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd,
    nansum, nanvar,
)
from cornu.ops._nn import (
    binary_crossentropy, categorical_crossentropy, multi_hot, one_hot, polar, psnr,
    sparse_categorical_crossentropy,
)
from cornu.ops._normalization import (
    batch_normalization, layer_normalization, normalize, rms_normalization,
)
from cornu.ops._numeric import (
    allclose, angle, arctan2, cbrt, conjugate, copysign, deg2rad, divide_no_nan, erfc, exp2,
    fabs, float_power, fmax, fmin, fmod, gammainc, heaviside, hypot, i0, isclose, isneginf,
    isposinf, isreal, ldexp, log10, log2, logaddexp, logaddexp2, nan_to_num, rad2deg,
    reciprocal, signbit, sinc,
)
from cornu.ops._patches import depth_to_space, fold, space_to_depth, unfold
from cornu.ops._pooling import adaptive_average_pool, adaptive_max_pool, average_pool, max_pool
from cornu.ops._products import (
    cross, dot, einsum, inner, kron, matmul, outer, tensordot, trace, vdot,
)
from cornu.ops._quantile import (
    argpartition, median, nanmedian, nanpercentile, nanquantile, percentile, ptp, quantile,
)
from cornu.ops._rearrange import rearrange
from cornu.ops._reduce import (
    all, amax, amin, any, argmax, argmin, count_nonzero, cumprod, cumsum, logsumexp, max, mean,
    min, moments, prod, std, sum, var,
)
from cornu.ops._segment import segment_max, segment_min, segment_prod, segment_sum
from cornu.ops._shape import (
    arange, array, broadcast_to, cast, concatenate, convert_to_numpy, convert_to_tensor, copy,
    dtype, expand_dims, eye, flip, full, full_like, identity, is_tensor, linspace, moveaxis,
    ndim, ones, ones_like, pad, ravel, repeat, reshape, roll, shape, size, split, squeeze,
    stack, stop_gradient, swapaxes, tile, transpose, tril, triu, unstack, zeros, zeros_like,
)
from cornu.ops._statistics import (
    average, bincount, corrcoef, correlate, cov, diff, histogram, trapezoid,
)
from cornu.ops._vectorize import vectorize
from cornu.ops._windows import bartlett, blackman, hamming, hanning, kaiser
# isort: on

__all__ = [
    "abs", "absolute", "adaptive_average_pool", "adaptive_max_pool", "add", "all", "allclose",
    "amax", "amin", "angle", "any", "append", "arange", "arccos", "arccosh", "arcsin",
    "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argpartition", "argsort",
    "array", "array_split", "associative_scan", "average", "average_pool", "bartlett",
    "batch_normalization", "binary_crossentropy", "bincount", "bitwise_and", "bitwise_invert",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "blackman", "broadcast_to", "cast", "categorical_crossentropy", "cbrt", "cdist", "ceil",
    "celu", "cholesky", "cholesky_inverse", "clip", "column_stack", "concatenate", "cond",
    "conj", "conjugate", "conv", "conv_transpose", "convert_to_numpy", "convert_to_tensor",
    "copy", "copysign", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov", "cross",
    "ctc_decode", "ctc_loss", "cumprod", "cumsum", "custom_gradient", "deg2rad",
    "depth_to_space", "depthwise_conv", "det", "diag", "diagflat", "diagonal", "diff",
    "digitize", "divide", "divide_no_nan", "dot", "dot_product_attention", "dsplit", "dstack",
    "dtype", "eig", "eigh", "einsum", "elu", "empty", "empty_like", "equal", "erf", "erfc",
    "erfinv", "exp", "exp2", "expand_dims", "expm1", "extract_sequences", "eye", "fabs", "fft",
    "fft2", "flip", "fliplr", "flipud", "float_power", "floor", "floor_divide", "fmax", "fmin",
    "fmod", "fold", "fori_loop", "full", "full_like", "gammainc", "gcd", "gelu", "geomspace",
    "get_item", "glu", "grad", "greater", "greater_equal", "hamming", "hanning", "hard_shrink",
    "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "heaviside", "histogram", "hsplit",
    "hstack", "hypot", "i0", "identity", "ifft2", "imag", "in_top_k", "inner", "inv", "irfft",
    "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf",
    "isreal", "istft", "jvp", "kaiser", "kron", "layer_normalization", "lcm", "ldexp",
    "leaky_relu", "left_shift", "less", "less_equal", "lgamma", "linspace", "log", "log10",
    "log1p", "log2", "log_sigmoid", "log_softmax", "logaddexp", "logaddexp2", "logdet",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logspace", "logsumexp", "lstsq",
    "lu_factor", "map", "matmul", "matrix_power", "matrix_rank", "max", "max_pool", "maximum",
    "mean", "median", "meshgrid", "min", "minimum", "mod", "moments", "moveaxis", "multi_hot",
    "multiply", "nan_to_num", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax",
    "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd",
    "nansum", "nanvar", "ndim", "negative", "nextafter", "nonzero", "norm", "normalize",
    "not_equal", "one_hot", "ones", "ones_like", "outer", "pad", "percentile", "pinv", "polar",
    "power", "prod", "psnr", "ptp", "qr", "quantile", "rad2deg", "ravel", "real", "rearrange",
    "reciprocal", "relu", "relu6", "repeat", "reshape", "rfft", "right_shift",
    "rms_normalization", "roll", "rot90", "round", "rsqrt", "saturate_cast", "scan", "scatter",
    "scatter_update", "searchsorted", "segment_max", "segment_min", "segment_prod",
    "segment_sum", "select", "selu", "separable_conv", "shape", "sigmoid", "sign", "signbit",
    "silu", "sin", "sinc", "sinh", "size", "slice", "slice_update", "slogdet", "soft_shrink",
    "softmax", "softplus", "softsign", "solve", "solve_triangular", "sort", "space_to_depth",
    "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax", "split",
    "sqrt", "square", "squareplus", "squeeze", "stack", "std", "stft", "stop_gradient",
    "subtract", "sum", "svd", "swapaxes", "swish", "switch", "take", "take_along_axis", "tan",
    "tanh", "tanh_shrink", "tensordot", "threshold", "tile", "top_k", "trace", "transpose",
    "trapezoid", "tri", "tril", "triu", "true_divide", "trunc", "unfold", "unique",
    "unravel_index", "unstack", "vander", "var", "vdot", "vectorize", "vectorized_map", "view",
    "view_as_complex", "view_as_real", "vsplit", "vstack", "where", "while_loop", "zeros",
    "zeros_like",
]
# fmt: on

for _name in __all__:
    export(f"keras.ops.{_name}")(globals()[_name])
for _space in (image, linalg, nn, numpy):
    for _name in _space.__all__:
        export(f"keras.ops.{_space.__name__.rpartition('.')[2]}.{_name}")(getattr(_space, _name))
del _masks, _operators, _name, _space, export
