"""What `cornu.ops` adds to the functions of `jax.numpy` that compute."""

import functools
import statistics

from bench.harness import Row, Target, library, seconds_per_call

ONE = [
    "abs", "arccosh", "arcsinh", "arctan", "ceil", "cos", "cosh", "exp", "expm1", "floor", "log",
    "log1p", "negative", "round", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
    "isfinite", "isnan", "sum", "mean", "max", "min", "argmax", "ravel", "transpose",
]  # fmt: skip
TWO = [
    "add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "greater", "equal",
    "matmul",
]  # fmt: skip


def overhead(contender, quick):
    """Median over 40 ops of the time of an eager call less that of the call of `jax.numpy`."""
    import jax.numpy as jnp

    keras = library(contender)
    x = jnp.full((4, 4), 1.5)
    pairs = [
        (getattr(keras.ops, name), getattr(jnp, name), (x,) * count)
        for names, count in ((ONE, 1), (TWO, 2))
        for name in names
    ]
    for ours, raw, arguments in pairs:
        ours(*arguments), raw(*arguments)

    def difference(ours, raw, arguments):
        # In turns and the fastest of each, for the clock changes faster than one of them is timed.
        both = [
            [seconds_per_call(functools.partial(call, *arguments), 50) for call in (ours, raw)]
            for _ in range(20)
        ]
        return min(a for a, _ in both) - min(b for _, b in both)

    return lambda: statistics.median(difference(*pair) for pair in pairs)


def symbolic(contender, quick):
    """One call of an op on symbolic tensors, like one made before."""
    keras = library(contender)
    x, y = keras.Input((16,)), keras.Input((16,))
    keras.ops.add(x, y)
    return lambda: seconds_per_call(lambda: keras.ops.add(x, y), 100 if quick else 1000)


ROWS = [
    Row(
        name="op_overhead",
        title="eager op over `jax.numpy`, median of 40",
        setup=overhead,
        contenders=("cornu", "keras-jax"),
        targets=(
            Target("eager op over jnp", lambda median: median["cornu"], at_most=1e-6, unit="s"),
        ),
    ),
    Row(
        name="op_symbolic",
        title="op on symbolic tensors",
        setup=symbolic,
        contenders=("cornu", "keras-jax"),
        targets=(Target("symbolic op", lambda median: median["cornu"], at_most=15e-6, unit="s"),),
    ),
]
