"""`tf.summary`: numbers, images and text for TensorBoard, written by `tensorboardX`."""

import contextlib
from contextvars import ContextVar

import numpy as np

from cornu.compat.tensorflow_api._tensors import StringTensor
from cornu.core.lazy import lazy_module

tensorboardX = lazy_module("tensorboardX")
_WRITER = ContextVar("WRITER", default=None)
_step = {"value": None}


class Writer:
    """The event files of one run.

    Args:
        logdir: folder of the files.
    """

    def __init__(self, logdir):
        self._files = tensorboardX.SummaryWriter(str(logdir))

    @contextlib.contextmanager
    def as_default(self, step=None):
        """A context in which summaries go to this writer."""
        token = _WRITER.set(self)
        before = _step["value"]
        if step is not None:
            _step["value"] = step
        try:
            yield self
        finally:
            _WRITER.reset(token)
            _step["value"] = before

    def set_as_default(self, step=None):
        """Have summaries go to this writer from now on."""
        _WRITER.set(self)
        if step is not None:
            _step["value"] = step

    def flush(self):
        """Have everything in the files."""
        self._files.flush()

    def close(self):
        """Close the files."""
        self._files.close()


def create_file_writer(
    logdir, max_queue=None, flush_millis=None, filename_suffix=None, name=None,
    experimental_trackable=False,
):  # fmt: skip
    """A writer of event files in a folder. The arguments after `logdir` are hints.

    Raises:
        ImportError: if `tensorboardX` is not installed.
    """
    return Writer(logdir)


def _write(method, name, data, step, **options):
    writer = _WRITER.get()
    if writer is None:
        return False
    step = _step["value"] if step is None else step
    if step is None:
        raise ValueError("No step: pass `step`, or call `tf.summary.experimental.set_step`.")
    getattr(writer._files, method)(name, data, int(step), **options)
    return True


def scalar(name, data, step=None, description=None):
    """Write a number. True if a writer took it."""
    return _write("add_scalar", name, float(np.asarray(data)), step)


def histogram(name, data, step=None, buckets=None, description=None):
    """Write how the elements of a tensor are spread."""
    return _write("add_histogram", name, np.asarray(data), step)


def image(name, data, step=None, max_outputs=3, description=None):
    """Write the first images of a batch `(number, height, width, channels)`."""
    array = np.asarray(data)[:max_outputs]
    return _write("add_images", name, array, step, dataformats="NHWC")


def text(name, data, step=None, description=None):
    """Write text."""
    value = data.numpy() if isinstance(data, StringTensor) else data
    value = value.decode() if isinstance(value, bytes) else str(value)
    return _write("add_text", name, value, step)


def flush(writer=None, name=None):
    """Have everything in the files."""
    writer = writer or _WRITER.get()
    if writer is not None:
        writer.flush()


def get_step():
    """The step that summaries without one are written for."""
    return _step["value"]


def set_step(step):
    """Set the step that summaries without one are written for."""
    _step["value"] = step


def should_record_summaries():
    """Whether summaries are written."""
    return _WRITER.get() is not None
