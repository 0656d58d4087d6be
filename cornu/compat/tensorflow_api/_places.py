"""`tf.config`, `tf.distribute`, `tf.version` and the like: the machine as TensorFlow shows it."""

import contextlib
from typing import NamedTuple

from cornu import ops
from cornu.backend import engine
from cornu.compat.tensorflow_api._function import functions_run_eagerly, run_functions_eagerly
from cornu.compat.tensorflow_api._table import Namespace
from cornu.core import tree

ONE_DEVICE = "cornu runs a program on one device at a time; `keras.distribution` is for several."


class PhysicalDevice(NamedTuple):
    """A device of the machine."""

    name: str
    device_type: str


def list_physical_devices(device_type=None):
    """The devices of a kind, `"CPU"`, `"GPU"` or `"TPU"`; all kinds by default."""
    kind = engine.platform().upper().replace("CUDA", "GPU").replace("ROCM", "GPU")
    found = [PhysicalDevice("/physical_device:CPU:0", "CPU")]
    if kind != "CPU":
        found.append(PhysicalDevice(f"/physical_device:{kind}:0", kind))
    return [each for each in found if device_type in (None, each.device_type)]


def list_logical_devices(device_type=None):
    """The devices of a kind as programs name them."""
    found = list_physical_devices(device_type)
    return [PhysicalDevice(each.name.replace("physical_", ""), each.device_type) for each in found]


def set_visible_devices(devices, device_type=None):
    """Nothing: choose with `JAX_PLATFORMS` before the program starts."""


def get_visible_devices(device_type=None):
    """The devices of a kind."""
    return list_physical_devices(device_type)


def set_memory_growth(device, enable):
    """Nothing: `XLA_PYTHON_CLIENT_PREALLOCATE=false` has JAX take memory as it needs it."""


def set_logical_device_configuration(device, logical_devices):
    """Nothing: `XLA_FLAGS=--xla_force_host_platform_device_count=N` makes several of the CPU."""


def get_memory_growth(device):
    """False: JAX takes its memory at the start, on accelerators."""
    return False


def set_soft_device_placement(enabled):
    """Nothing: a device that is not there means the default one."""


def enable_op_determinism():
    """Nothing: the CPU is; for a GPU set `XLA_FLAGS=--xla_gpu_deterministic_ops=true`."""


def _nothing(*args, **kwargs):
    """Nothing: XLA decides."""


def set_jit(enabled):
    """Nothing: compiled functions are compiled by XLA."""


threading = Namespace(
    "tf.config.threading",
    {
        "set_inter_op_parallelism_threads": _nothing,
        "set_intra_op_parallelism_threads": _nothing,
        "get_inter_op_parallelism_threads": lambda: 0,
        "get_intra_op_parallelism_threads": lambda: 0,
    },
)
optimizer = Namespace("tf.config.optimizer", {"set_jit": set_jit, "get_jit": lambda: ""})
config = Namespace(
    "tf.config",
    {
        "PhysicalDevice": PhysicalDevice,
        "enable_op_determinism": enable_op_determinism,
        "experimental": None,
        "functions_run_eagerly": functions_run_eagerly,
        "get_visible_devices": get_visible_devices,
        "list_logical_devices": list_logical_devices,
        "list_physical_devices": list_physical_devices,
        "optimizer": optimizer,
        "run_functions_eagerly": run_functions_eagerly,
        "set_logical_device_configuration": set_logical_device_configuration,
        "set_soft_device_placement": set_soft_device_placement,
        "set_visible_devices": set_visible_devices,
        "threading": threading,
    },
    {"experimental_connect_to_cluster": ONE_DEVICE},
)
config.experimental = Namespace(
    "tf.config.experimental",
    {
        "enable_op_determinism": enable_op_determinism,
        "get_memory_growth": get_memory_growth,
        "get_visible_devices": get_visible_devices,
        "list_logical_devices": list_logical_devices,
        "list_physical_devices": list_physical_devices,
        "set_memory_growth": set_memory_growth,
        "set_visible_devices": set_visible_devices,
        "set_virtual_device_configuration": set_logical_device_configuration,
    },
)


class Strategy:
    """One replica: code in `scope()` and `run(...)` runs as it would without.

    Args:
        devices, cross_device_ops: accepted for compatibility.
    """

    num_replicas_in_sync = 1

    def __init__(self, devices=None, cross_device_ops=None):
        self.extended = self

    def scope(self):
        """A context in which to make models and variables."""
        return contextlib.nullcontext(self)

    def run(self, fn, args=(), kwargs=None, options=None):
        """What `fn` returns."""
        return fn(*args, **(kwargs or {}))

    def reduce(self, reduce_op, value, axis=None):
        """The sum or mean over replicas, of which there is one, and over an axis if it is given."""
        word = str(getattr(reduce_op, "value", reduce_op)).lower()
        combine = ops.mean if word == "mean" else ops.sum
        if axis is None:
            return value
        return tree.map_structure(lambda x: combine(x, axis=axis), value)

    def experimental_distribute_dataset(self, dataset, options=None):
        """The dataset."""
        return dataset

    def experimental_local_results(self, value):
        """A tuple with the value of the one replica."""
        return (value,)

    def gather(self, value, axis):
        """The value."""
        return value


class MirroredStrategy(Strategy):
    """Training on all devices of a machine: here on one."""


class OneDeviceStrategy(Strategy):
    """Training on one device."""


class ReplicaContext:
    """What code in `Strategy.run` may ask for."""

    num_replicas_in_sync = 1
    replica_id_in_sync_group = 0

    def all_reduce(self, reduce_op, value):
        """The value: there is one replica."""
        return value


class ReduceOp:
    """How replicas are combined."""

    SUM = "SUM"
    MEAN = "MEAN"


ABSENT_STRATEGIES = (
    "TPUStrategy", "MultiWorkerMirroredStrategy", "ParameterServerStrategy", "cluster_resolver",
    "experimental",
)  # fmt: skip
_default = Strategy()
distribute = Namespace(
    "tf.distribute",
    {
        "MirroredStrategy": MirroredStrategy,
        "OneDeviceStrategy": OneDeviceStrategy,
        "ReduceOp": ReduceOp,
        "Strategy": Strategy,
        "get_replica_context": ReplicaContext,
        "get_strategy": lambda: _default,
        "has_strategy": lambda: False,
        "in_cross_replica_context": lambda: False,
    },
    dict.fromkeys(ABSENT_STRATEGIES, ONE_DEVICE),
)


def gpu_device_name():
    """The name of the GPU, empty if there is none."""
    return "/device:GPU:0" if list_physical_devices("GPU") else ""


def is_gpu_available(cuda_only=False, min_cuda_compute_capability=None):
    """Whether there is a GPU."""
    return bool(gpu_device_name())


test = Namespace(
    "tf.test",
    {
        "gpu_device_name": gpu_device_name,
        "is_built_with_cuda": is_gpu_available,
        "is_gpu_available": is_gpu_available,
    },
    {"TestCase": "Use `unittest.TestCase`, and `numpy.testing` for arrays."},
)
VERSION = "2.21.0"
version = Namespace(
    "tf.version", {"VERSION": VERSION, "GIT_VERSION": "cornu", "COMPILER_VERSION": "xla"}
)
sysconfig = Namespace(
    "tf.sysconfig",
    {"get_build_info": lambda: {"is_cuda_build": False, "is_rocm_build": False}},
)
