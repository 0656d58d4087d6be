"""The devices that programs run on: their names, their memory, and records of what they do."""

import contextlib

import jax


def start_profile(folder):
    """Record what the processor and the accelerator do, until `stop_profile`, into `folder`."""
    jax.profiler.start_trace(folder)


def stop_profile():
    """End the recording that `start_profile` began, and write it."""
    jax.profiler.stop_trace()


def device_memory():
    """Bytes of memory that steps may fill with data: of the accelerator, or unknown (None) on the
    CPU."""
    stats = jax.local_devices()[0].memory_stats() or {}
    return stats.get("bytes_limit")


def device_names(kind=None):
    """Names, such as `"cpu:0"`, of the devices of a kind (`"cpu"`, `"gpu"`, `"tpu"`), by default
    the one that programs run on."""
    return [f"{device.platform}:{device.id}" for device in jax.devices(backend=kind)]


@contextlib.contextmanager
def device(name):
    """Make tensors on the device called `name`, such as `"cpu:0"` or `"gpu"`."""
    kind, _, index = str(name).lower().partition(":")
    kind = {"gpu": "cuda"}.get(kind, kind) if kind != "gpu" else "gpu"
    with jax.default_device(jax.local_devices(backend=kind)[int(index or 0)]):
        yield name
