"""Convolution (3x3) and max pooling (2x2): forward, and with both gradients, alone and in a loop.

A step in a loop changes its arguments a little by its results, so that all of them are computed.
`jax` is XLA's own operation. The times are of one step.
"""

import functools
import time

from bench.harness import BOTH, PORTABLE, Row, Target, quotient

# batch, height, width, channels, filters; padding
SHAPES = [
    ((128, 28, 28, 1, 32), "valid"),
    ((128, 13, 13, 32, 64), "valid"),
    ((32, 32, 32, 64, 64), "same"),
    ((32, 16, 16, 128, 128), "same"),
    ((32, 8, 8, 256, 256), "same"),
]
# Where XLA's gradients reach half of the machine's peak: they are not slow there, when alone.
NOT_SLOW = {3, 4}
POOLED = (128, 26, 26, 32)
STEPS = 4
# What one measurement takes at least: less tells more of waking up than of the work.
SECONDS = 0.3
# Two measurements of one and the same program differ by as much.
NOISE = 1.05


def arrays(sizes):
    import numpy as np

    generator = np.random.default_rng(0)
    return [generator.normal(size=size).astype("float32") for size in sizes]


def operation(contender, padding):
    """A function of inputs and kernel; without padding, pooling of the inputs."""
    import jax.numpy as jnp
    from jax import lax

    if contender.startswith("cornu"):
        from cornu import ops

        if padding is None:
            return lambda x, kernel: ops.max_pool(x, 2)
        return functools.partial(ops.conv, padding=padding)
    if padding is None:
        return lambda x, kernel: lax.reduce_window(
            x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"
        )
    axes = ("NHWC", "HWIO", "NHWC")
    return lambda x, kernel: lax.conv_general_dilated(
        x, kernel, (1, 1), padding.upper(), dimension_numbers=axes
    )


def step_of(function, gradient, loop):
    """From inputs and kernel to their gradients; in a loop (and alone, to compare with that) to
    changed inputs and kernel."""
    import jax
    import jax.numpy as jnp

    def forward(x, kernel):
        return x * (1 + 1e-9 * jnp.mean(function(x, kernel))), kernel

    def with_gradients(x, kernel):
        out, pull = jax.vjp(function, x, kernel)
        return jax.tree.map(lambda a, b: a - 1e-9 * b, (x, kernel), pull(out))

    def gradients(x, kernel):
        out, pull = jax.vjp(function, x, kernel)
        return pull(out)

    if not loop:
        return gradients if gradient else function
    return with_gradients if gradient else forward


def setup(sizes, padding, gradient, loop, contender):
    import jax
    from jax import lax

    if contender == "torch":
        return in_torch(sizes, padding, gradient)
    step = step_of(operation(contender, padding), gradient, loop)

    @jax.jit
    def steps(x, kernel):
        if not loop or contender.endswith("alone"):
            return step(x, kernel)
        return lax.scan(lambda state, _: (step(*state), None), (x, kernel), None, STEPS)[0]

    count = STEPS if loop and not contender.endswith("alone") else 1
    arguments = [jax.device_put(array) for array in arrays(sizes)]
    jax.block_until_ready(steps(*arguments))

    def run():
        for _ in range(STEPS // count):
            result = steps(*arguments)
        jax.block_until_ready(result)

    return functools.partial(time_of, run)


def time_of(run):
    """Seconds of one of the steps that `run` makes; a first run does not count if it is short."""
    start, runs = time.perf_counter(), 1
    run()
    if time.perf_counter() - start < SECONDS:
        start, runs = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        run()
        runs += 1
    return (time.perf_counter() - start) / (runs * STEPS)


def in_torch(sizes, padding, gradient):
    import torch

    inputs, kernel = map(torch.from_numpy, arrays(sizes))
    inputs = inputs.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    inputs.requires_grad_(gradient)
    sources = [inputs]
    if padding is not None:
        kernel = kernel.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
        sources.append(kernel.requires_grad_(gradient))

    def step():
        if padding is None:
            out = torch.nn.functional.max_pool2d(inputs, 2)
        else:
            out = torch.nn.functional.conv2d(inputs, kernel, padding=padding)
        if gradient:
            torch.autograd.grad(out, sources, out.detach())

    def run():
        for _ in range(STEPS):
            step()

    return functools.partial(time_of, run)


def row(place, padding, gradient, loop):
    """The row of a shape (or, without padding, of pooling)."""
    if padding is None:
        name, title, sizes, products = "max_pool", "max_pool 128x26x26x32", [POOLED, (1,)], None
    else:
        n, height, width, channels, filters = SHAPES[place][0]
        name = f"conv{place}"
        title = f"conv {n}x{height}x{width}x{channels} -> {filters}"
        sizes = [(n, height, width, channels), (3, 3, channels, filters)]
        less = 2 if padding == "valid" else 0
        products = n * (height - less) * (width - less) * filters * 9 * channels
    title += ", with gradients" if gradient else ", forward"
    title += ", in a loop" if loop else ""

    def prepare(contender, quick):
        return setup(sizes, padding, gradient, loop, contender)

    others = ("cornu-alone", "jax") if loop else ("jax", "torch")
    return Row(
        name=name + "_gradient" * gradient + "_loop" * loop,
        title=title,
        setup=prepare,
        contenders=(*BOTH, *others),
        targets=tuple(targets(title, place, padding, gradient, loop)),
        rounds=5,
        # A product is multiplied and added, and has two gradients.
        operations=products and 2 * products * (3 if gradient else 1),
    )


def targets(title, place, padding, gradient, loop):
    """What the row is to keep."""
    least = dict.fromkeys(BOTH, 1 / NOISE)
    if gradient and not loop:
        least = dict.fromkeys(BOTH, 20 if padding is None else 1.3)
        if place in NOT_SLOW:
            least[PORTABLE] = 1 / NOISE
    for contender, ending in zip(BOTH, ("", ", portable"), strict=True):
        label = f"{title}: speed against XLA's{ending}"
        yield Target(label, quotient("jax", contender), at_least=least[contender])
    if loop:
        yield Target(f"{title}: over alone", quotient("cornu", "cornu-alone"), at_most=1.2)


ROWS = [
    row(place, padding, gradient, loop)
    for place, padding in [*((i, padding) for i, (_, padding) in enumerate(SHAPES)), (None, None)]
    for gradient in (False, True)
    for loop in (False, True)
]
