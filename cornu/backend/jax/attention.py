"""Fused attention, which keeps no scores: cuDNN's, on NVIDIA's GPUs."""

import dataclasses
import functools
import numbers

import jax
import jax.numpy as jnp

from cornu.backend.jax import engine, fused

__all__ = ["flash_attention", "flash_attention_obstacle"]

DTYPES = ("float16", "bfloat16")
OLDEST_GPU = (8, 0)


def flash_attention_obstacle(query, key, value, bias, mask, scale):
    """Why there is no fused attention for these arguments, or None.

    Sizes that are unknown are no obstacle.
    """
    if engine.platform() != "gpu":
        return f"the engine has it on GPUs only, and runs on {engine.platform()!r}"
    if fused.cudnn_version() is None:
        return "it is cuDNN's, and the engine finds no cuDNN"
    if fused.compute_capability() < OLDEST_GPU:
        return f"it needs a GPU of compute capability {'.'.join(map(str, OLDEST_GPU))} or later"
    if str(query.dtype) not in DTYPES:
        return f"it computes in float16 and bfloat16 only, not in {query.dtype}"
    if not isinstance(scale, numbers.Real):
        return "`scale` must be a number for it, not a tensor"
    largest = 256 if fused.compute_capability() >= (9, 0) else 128
    size = query.shape[-1]
    if size % 8 or not 0 < size <= largest or value.shape[-1] != size:
        return (
            f"the size of a head must be a multiple of 8 up to {largest} on this GPU, and that of"
            f" values the same; they are {size} and {value.shape[-1]}"
        )
    if not _are_known(query, key, value):
        return None
    if 0 in (*query.shape, *key.shape):
        return "there must be at least one query, key and head"
    if query.shape[0] != key.shape[0] or query.shape[0] != value.shape[0]:
        return "`query`, `key` and `value` must have the same batch size for it"
    return _cudnns_obstacle(*_forms(None, query, key, value, bias, mask, scale, False))


def flash_attention(portable, query, key, value, bias, mask, scale, is_causal):
    """Values averaged with weights, where nothing is in the way.

    Args:
        portable: from query, key, value, and those that there are of bias and mask, to a list of
            the result: for programs that run elsewhere.
        bias, mask: of four axes.
    """
    if not _are_known(query, key, value):
        return portable(query, key, value, *(x for x in (bias, mask) if x is not None))[0]
    forms, tensors = _forms(portable, query, key, value, bias, mask, scale, is_causal)
    return forms(*tensors)[0]


def _are_known(*tensors):
    return all(isinstance(size, int) for x in tensors for size in x.shape)


@dataclasses.dataclass(frozen=True)
class _ByCudnn:
    """Attention for query, key, value, and those that there are of bias and mask.

    A mask becomes a bias of -2 ** 41 (-2 ** 15 in float16).
    """

    scale: float
    is_causal: bool
    biased: bool

    def __call__(self, query, key, value, *others):
        shape = (query.shape[1], key.shape[1])
        others = [jnp.broadcast_to(x, (*x.shape[:2], *shape)) for x in others]
        bias = others.pop(0) if self.biased else None
        found = jax.nn.dot_product_attention(
            query,
            key,
            value,
            bias,
            others[0] if others else None,
            scale=self.scale,
            is_causal=self.is_causal,
            implementation="cudnn",
        )
        return [found]


def _forms(portable, query, key, value, bias, mask, scale, is_causal):
    fast = _ByCudnn(float(scale), bool(is_causal), bias is not None)
    others = [] if bias is None else [bias.astype(query.dtype)]
    tensors = query, key, value, *others, *([] if mask is None else [mask])
    return fused.Forms(fast, portable, 3 + len(others), divisible=True), tensors


def _cudnns_obstacle(forms, tensors):
    return _first_error(forms, tuple((x.shape, str(x.dtype)) for x in tensors))


@functools.lru_cache(512)
def _first_error(forms, kinds):
    """What JAX says against it, or None: it knows what each cuDNN and each GPU can do."""
    try:
        jax.eval_shape(forms.noted, *(jax.ShapeDtypeStruct(*kind) for kind in kinds))
    except (NotImplementedError, ValueError, RuntimeError) as error:
        return f"cuDNN refuses: {str(error).rstrip('.')}"
    return None
