"""Kernels for cornu on processors, called by XLA.

`cornu` finds this package by itself. Whoever wants the kernels without it registers `targets()`
with `jax.ffi.register_ffi_target` for the platform "cpu"; the sources say what they take.
"""

import ctypes
import functools
import os
from importlib import metadata
from pathlib import Path

__all__ = ["convolution_routine", "targets"]

TARGETS = (
    "cornu_convolution",
    "cornu_convolution_input_gradient",
    "cornu_convolution_kernel_gradient",
    "cornu_convolution_activated",
    "cornu_convolution_biased_kernel_gradient",
    "cornu_window_largest",
    "cornu_window_find",
    "cornu_window_put",
    "cornu_window_mean",
    "cornu_window_mean_gradient",
    "cornu_lstm",
    "cornu_lstm_gradient",
    "cornu_gru",
    "cornu_gru_gradient",
    "cornu_product",
    "cornu_product_gradient",
    "cornu_attention",
    "cornu_attention_gradient",
    "cornu_layer_norm",
    "cornu_layer_norm_gradient",
)
CONVOLUTIONS = {"forward": 0, "input_gradient": 1, "kernel_gradient": 2}


def targets():
    """The handlers of XLA custom calls, as functions of the library by name."""
    return {name: getattr(_library(), name) for name in TARGETS}


def convolution_routine(kind, inputs, kernel, outputs, strides, dilation, before, bfloat16=False):
    """The name of oneDNN's routine for a convolution or a gradient of one, "" if there is none.

    Args:
        kind: one of `CONVOLUTIONS`.
        inputs, kernel, outputs: shapes (batch, *spatial, channels), (*window, channels / groups,
            filters), (batch, *spatial, filters).
        strides, dilation, before: for each spatial axis; `before` is the padding there.
        bfloat16: whether the tensors are of that type, else float32.
    """
    sizes = [*inputs, *kernel, *outputs, *strides, *dilation, *before]
    array = (ctypes.c_int64 * len(sizes))(*sizes)
    find = _library().cornu_convolution_routine
    return find(CONVOLUTIONS[kind], len(strides), int(bfloat16), array).decode()


@functools.cache
def _library():
    with _sleeping_threads():
        # By its path, in case the rpath leads elsewhere in an environment of another build.
        ctypes.CDLL(str(_onednn()))
        library = ctypes.CDLL(str(Path(__file__).with_name("libcornu_native.so")))
    library.cornu_convolution_routine.restype = ctypes.c_char_p
    library.cornu_convolution_routine.argtypes = [
        *[ctypes.c_int64] * 3,
        ctypes.POINTER(ctypes.c_int64),
    ]
    return library


def _onednn():
    for file in metadata.files("onednn-cpu-gomp") or ():
        if file.name == "libdnnl.so.3":
            return Path(file.locate()).resolve()
    raise ImportError("oneDNN's library is missing: pip install --force-reinstall onednn-cpu-gomp")


class _sleeping_threads:
    """While oneDNN's threads are set up, ask them to sleep when they have nothing to do: XLA has
    threads of its own, and ones that wait for work by spinning take the processor from those."""

    NAME = "OMP_WAIT_POLICY"

    def __enter__(self):
        self.added = self.NAME not in os.environ and "GOMP_SPINCOUNT" not in os.environ
        if self.added:
            os.environ[self.NAME] = "passive"

    def __exit__(self, *_):
        if self.added:
            del os.environ[self.NAME]
