"""The package `cornu-native` is used where it may be, and only there."""

import os
import textwrap

import jax
import numpy as np
import pytest
from native.comparison import assert_close, calls, needs_package, normal

from cornu import ops

pytestmark = needs_package

PROGRAM = textwrap.dedent(
    """
    import jax
    import numpy as np
    import cornu
    from cornu import ops

    x, kernel = np.ones((2, 9, 9, 16), "float32"), np.ones((3, 3, 16, 16), "float32")
    program = jax.jit(lambda x, kernel: ops.conv(x, kernel))
    """
)


def test_switched_off(run_python):
    show = "print('cornu_' in program.lower(x, kernel).as_text(), 'cornu_native' in sys.modules)"
    assert run_python("import sys\n" + PROGRAM + show, CORNU_NATIVE="0").split() == ["False"] * 2


def test_kept_program_in_a_new_process(run_python, tmp_path):
    program = (
        """
import sys
import jax
import cornu
assert "cornu_native" not in sys.modules  # not before the first convolution
hits = []
jax.monitoring.register_event_listener(lambda name, **_: hits.append(name))
"""
        + PROGRAM
        + """
print(float(program(x, kernel)[0, 0, 0, 0]), "/jax/compilation_cache/cache_hits" in hits)
"""
    )
    settings = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    assert run_python(program, **settings).split() == ["144.0", "False"]
    assert run_python(program, **settings).split() == ["144.0", "True"]


def test_several_devices(run_python):
    program = (
        PROGRAM
        + """
from jax.sharding import NamedSharding, PartitionSpec

mesh = jax.make_mesh((2,), ("batch",), (jax.sharding.AxisType.Auto,))
x = jax.device_put(x, NamedSharding(mesh, PartitionSpec("batch")))
out = program(x, kernel)
print(float(out.sum()), "cornu_" in program.lower(x, kernel).as_text(), len(out.devices()))
"""
    )
    flags = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=2"
    answer = run_python(program, XLA_FLAGS=flags.strip())
    assert answer.split() == [str(144.0 * 2 * 7 * 7 * 16), "False", "2"]


def test_export_is_portable():
    x, kernel = normal(0, 2, 9, 9, 16), normal(1, 3, 3, 16, 16)
    program = jax.jit(lambda x, kernel: ops.conv(x, kernel))
    exported = jax.export.export(program)(x, kernel)
    assert "cornu_" not in exported.mlir_module()
    assert_close([exported.call(x, kernel)], [program(x, kernel)])


def test_wrong_call_is_an_error():
    x, kernel = normal(0, 2, 9, 9, 16), normal(1, 3, 3, 16, 16)
    assert calls(lambda x: ops.conv(x, kernel), x) == {"cornu_convolution"}  # it is known to XLA
    call = jax.ffi.ffi_call("cornu_convolution", jax.ShapeDtypeStruct((2, 7, 7, 16), "float32"))
    options = dict.fromkeys(("strides", "dilation", "before"), np.ones(2, np.int64))
    with pytest.raises(
        jax.errors.JaxRuntimeError, match="shapes of inputs, kernel and outputs do not fit"
    ):
        call(x, kernel[:, :, :5], **options)
