"""`RemoteMonitor`: send the logs of each epoch to a server."""

import json
import warnings

import numpy as np

from cornu.callbacks.callback import Callback
from cornu.core.lazy import lazy_module
from cornu.serial.registry import export

requests = lazy_module("requests")


@export("keras.callbacks.RemoteMonitor")
class RemoteMonitor(Callback):
    """Sends the logs of each epoch to a server, by HTTP POST. Needs the package `requests`.

    Args:
        root: address of the server.
        path: path on the server.
        field: name of the form's field that holds the JSON text.
        headers: dict of HTTP headers, or None.
        send_as_json: whether the body of the request is the JSON text, rather than a form.

    Raises:
        ImportError: at the end of the first epoch, if `requests` is not installed.

    A server that does not answer is a warning.

    Example:
        >>> import cornu
        >>> monitor = cornu.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
    """

    def __init__(
        self,
        root="http://localhost:9000",
        path="/publish/epoch/end/",
        field="data",
        headers=None,
        send_as_json=False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else logs
        message = {"epoch": epoch, **{name: _plain(value) for name, value in logs.items()}}
        if self.send_as_json:
            body = {"json": message}
        else:
            body = {"data": {self.field: json.dumps(message)}}
        try:
            requests.post(self.root + self.path, headers=self.headers, **body)
        except requests.exceptions.RequestException as error:
            warnings.warn(
                f"Could not reach RemoteMonitor root server at {self.root}: {str(error)[:200]}",
                stacklevel=2,
            )


def _plain(value):
    """A value as JSON has it."""
    if hasattr(value, "dtype"):
        value = np.asarray(value)
        return value.item() if value.size == 1 else value.tolist()
    return value
