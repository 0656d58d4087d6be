"""`keras.ops.numpy`: the functions that NumPy has too. A list of the objects of `keras.ops`."""

# isort: off
# fmt: off
from cornu.ops._arrange import (
    append, array_split, column_stack, dsplit, dstack, fliplr, flipud, hsplit, hstack, rot90,
    select, vsplit, vstack,
)
from cornu.ops._bits import (
    bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or,
    bitwise_right_shift, bitwise_xor, gcd, lcm, left_shift, nextafter, right_shift, view,
)
from cornu.ops._elementwise import (
    abs, absolute, add, arccos, arccosh, arcsin, arcsinh, arctan, arctanh, ceil, clip, conj,
    cos, cosh, divide, equal, exp, expm1, floor, floor_divide, greater, greater_equal, imag,
    isfinite, isinf, isnan, less, less_equal, log, log1p, logical_and, logical_not, logical_or,
    logical_xor, maximum, minimum, mod, multiply, negative, not_equal, power, real, round, sign,
    sin, sinh, sqrt, square, subtract, tan, tanh, true_divide, trunc, where,
)
from cornu.ops._find import digitize, isin, unique, unravel_index
from cornu.ops._index import argsort, get_item, nonzero, searchsorted, sort, take, take_along_axis
from cornu.ops._linalg import slogdet
from cornu.ops._make import (
    diag, diagflat, diagonal, empty, empty_like, geomspace, logspace, meshgrid, tri, vander,
)
from cornu.ops._nan import (
    nanargmax, nanargmin, nancumprod, nancumsum, nanmax, nanmean, nanmin, nanprod, nanstd,
    nansum, nanvar,
)
from cornu.ops._numeric import (
    allclose, angle, arctan2, cbrt, conjugate, copysign, deg2rad, divide_no_nan, exp2, fabs,
    float_power, fmax, fmin, fmod, heaviside, hypot, i0, isclose, isneginf, isposinf, isreal,
    ldexp, log10, log2, logaddexp, logaddexp2, nan_to_num, rad2deg, reciprocal, signbit, sinc,
)
from cornu.ops._products import (
    cross, dot, einsum, inner, kron, matmul, outer, tensordot, trace, vdot,
)
from cornu.ops._quantile import (
    argpartition, median, nanmedian, nanpercentile, nanquantile, percentile, ptp, quantile,
)
from cornu.ops._reduce import (
    all, amax, amin, any, argmax, argmin, count_nonzero, cumprod, cumsum, max, mean, min, prod,
    std, sum, var,
)
from cornu.ops._shape import (
    arange, array, broadcast_to, concatenate, copy, expand_dims, eye, flip, full, full_like,
    identity, linspace, moveaxis, ndim, ones, ones_like, pad, ravel, repeat, reshape, roll,
    size, split, squeeze, stack, swapaxes, tile, transpose, tril, triu, zeros, zeros_like,
)
from cornu.ops._statistics import (
    average, bincount, corrcoef, correlate, cov, diff, histogram, trapezoid,
)
from cornu.ops._vectorize import vectorize
from cornu.ops._windows import bartlett, blackman, hamming, hanning, kaiser
# isort: on

__all__ = [
    "abs", "absolute", "add", "all", "allclose", "amax", "amin", "angle", "any", "append",
    "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "argmax", "argmin", "argpartition", "argsort", "array", "array_split", "average",
    "bartlett", "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman",
    "broadcast_to", "cbrt", "ceil", "clip", "column_stack", "concatenate", "conj", "conjugate",
    "copy", "copysign", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cov", "cross",
    "cumprod", "cumsum", "deg2rad", "diag", "diagflat", "diagonal", "diff", "digitize",
    "divide", "divide_no_nan", "dot", "dsplit", "dstack", "einsum", "empty", "empty_like",
    "equal", "exp", "exp2", "expand_dims", "expm1", "eye", "fabs", "flip", "fliplr", "flipud",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "full", "full_like", "gcd",
    "geomspace", "get_item", "greater", "greater_equal", "hamming", "hanning", "heaviside",
    "histogram", "hsplit", "hstack", "hypot", "i0", "identity", "imag", "inner", "isclose",
    "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "kaiser", "kron",
    "lcm", "ldexp", "left_shift", "less", "less_equal", "linspace", "log", "log10", "log1p",
    "log2", "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logspace", "matmul", "max", "maximum", "mean", "median", "meshgrid", "min",
    "minimum", "mod", "moveaxis", "multiply", "nan_to_num", "nanargmax", "nanargmin",
    "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile",
    "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "ndim", "negative", "nextafter",
    "nonzero", "not_equal", "ones", "ones_like", "outer", "pad", "percentile", "power", "prod",
    "ptp", "quantile", "rad2deg", "ravel", "real", "reciprocal", "repeat", "reshape",
    "right_shift", "roll", "rot90", "round", "searchsorted", "select", "sign", "signbit", "sin",
    "sinc", "sinh", "size", "slogdet", "sort", "split", "sqrt", "square", "squeeze", "stack",
    "std", "subtract", "sum", "swapaxes", "take", "take_along_axis", "tan", "tanh", "tensordot",
    "tile", "trace", "transpose", "trapezoid", "tri", "tril", "triu", "true_divide", "trunc",
    "unique", "unravel_index", "vander", "var", "vdot", "vectorize", "view", "vsplit", "vstack",
    "where", "zeros", "zeros_like",
]
# fmt: on
