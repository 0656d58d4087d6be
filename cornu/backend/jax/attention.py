"""Fused attention, which keeps no scores: cuDNN's, on NVIDIA's GPUs."""

import jax

from cornu.backend.jax import engine

__all__ = ["flash_attention", "flash_attention_obstacle"]

LARGEST_HEAD = 128


def flash_attention_obstacle(query, bias, mask):
    """Why there is no fused attention for these arguments, or None."""
    if engine.platform() != "gpu":
        return f"the engine has it on GPUs only, and runs on {engine.platform()!r}"
    if str(query.dtype) not in ("float16", "bfloat16"):
        return f"it computes in float16 and bfloat16 only, not in {query.dtype}"
    if query.shape[-1] % 8 or query.shape[-1] > LARGEST_HEAD:
        return (
            f"the size of a head must be a multiple of 8 up to {LARGEST_HEAD}, not "
            f"{query.shape[-1]}"
        )
    if bias is not None or mask is not None:
        return "it takes neither `bias` nor `mask`"
    return None


def flash_attention(query, key, value, scale, is_causal):
    return jax.nn.dot_product_attention(
        query, key, value, scale=scale, is_causal=is_causal, implementation="cudnn"
    )
