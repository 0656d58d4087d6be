"""How masks go through ops: the rule of each op that keeps them.

An op that is not in this table loses the mask of what it is given, and says so to whoever wants it.
"""

from cornu.symbolic.mask_flow import RULES, elementwise, in_order, rows, sliced, within_steps

ELEMENTWISE = """
    _cast abs absolute add angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh
    bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor cbrt ceil celu clip conj conjugate copy copysign cos cosh deg2rad divide
    divide_no_nan elu equal erf erfc erfinv exp exp2 expm1 fabs float_power floor floor_divide
    fmax fmin fmod full_like gammainc gcd gelu greater greater_equal hard_shrink hard_sigmoid
    hard_silu hard_tanh heaviside hypot i0 imag isclose isfinite isinf isnan isneginf isposinf
    isreal lcm ldexp leaky_relu left_shift less less_equal lgamma log log10 log1p log2
    log_sigmoid logaddexp logaddexp2 logical_and logical_not logical_or logical_xor maximum
    minimum mod multiply nan_to_num negative nextafter not_equal ones_like power rad2deg real
    reciprocal relu relu6 right_shift round rsqrt saturate_cast selu sigmoid sign signbit silu
    sin sinc sinh soft_shrink softplus softsign sparse_plus sparse_sigmoid sqrt square
    squareplus stop_gradient subtract tan tanh tanh_shrink threshold true_divide trunc where
    zeros_like
"""
WITHIN_STEPS = """
    _layer_normalization all amax amin any argmax argmin argsort concatenate cumprod cumsum flip
    glu log_softmax logsumexp max mean median min normalize prod repeat rms_normalization roll
    softmax sort sparsemax std sum var
"""
IN_ORDER = ["expand_dims", "reshape", "squeeze"]

RULES.update(dict.fromkeys(ELEMENTWISE.split(), elementwise))
RULES.update(dict.fromkeys(WITHIN_STEPS.split(), within_steps))
RULES.update(dict.fromkeys(IN_ORDER, in_order))
RULES.update(matmul=rows, get_item=sliced, dropout=elementwise)
