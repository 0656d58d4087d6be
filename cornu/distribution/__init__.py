"""`keras.distribution`: the devices that programs run on."""

from cornu.distribution.devices import distribution, get_device_count, list_devices

__all__ = ["distribution", "get_device_count", "list_devices"]
