"""What the machine's device is, and how fast it multiplies: the limit that rows are compared with.

    python -m bench.peak [--quick]    # JSON: the device, and operations a second by dtype

The peak is that of the fastest of some large products of square matrices; a multiplication and an
addition are two operations. On a GPU, JAX multiplies float32 in TensorFloat-32 unless told
otherwise, here as in all rows.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp

ON_CPU, ON_ACCELERATOR = (2048, 12), (8192, 30)  # size, and products


def peak(dtype, size, products):
    """Operations a second of the fastest of `products` products."""
    multiply = jax.jit(jnp.matmul)
    matrix = jax.random.normal(jax.random.key(0), (size, size)).astype(dtype)
    multiply(matrix, matrix).block_until_ready()
    seconds = []
    for _ in range(products):
        start = time.perf_counter()
        multiply(matrix, matrix).block_until_ready()
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)


def main():
    device = jax.devices()[0]
    size, products = ON_CPU if device.platform == "cpu" else ON_ACCELERATOR
    if "--quick" in sys.argv:
        size, products = size // 4, 2
    dtypes = ("float32",) if device.platform == "cpu" else ("float32", "bfloat16")
    peaks = {dtype: peak(dtype, size, products) for dtype in dtypes}
    print(json.dumps({"device": device.device_kind, "peak": peaks}))


if __name__ == "__main__":
    main()
