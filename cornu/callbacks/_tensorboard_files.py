"""TensorBoard's files, written by `tensorboardX`."""

import warnings

import numpy as np

from cornu.core.lazy import lazy_module

tensorboardX = lazy_module("tensorboardX")
summary_pb2 = lazy_module("tensorboardX.proto.summary_pb2")
tensor_pb2 = lazy_module("tensorboardX.proto.tensor_pb2")
types_pb2 = lazy_module("tensorboardX.proto.types_pb2")

GRAPH_PLUGIN = "graph_keras_model"


class Writer:
    """The files of one run.

    Args:
        folder: where to write them.

    Raises:
        ImportError: if `tensorboardX` is not installed.
    """

    def __init__(self, folder):
        self._writer = tensorboardX.SummaryWriter(folder)

    def scalar(self, tag, value, step):
        """A number at a step."""
        self._writer.add_scalar(tag, float(np.asarray(value)), step)

    def histogram(self, tag, values, step):
        """How the elements of an array are spread."""
        self._writer.add_histogram(tag, values, step)

    def weight_image(self, tag, weight, step):
        """A weight of one to three axes (or a small kernel) as an image; others are left out."""
        image = as_image(weight)
        if image is not None:
            self._writer.add_images(tag, image, step, dataformats="NHWC")

    def embedding(self, name, matrix, labels, step):
        """The rows of a matrix as points, with a file of labels or None."""
        if labels is not None:
            with open(labels, encoding="utf-8") as file:
                labels = file.read().splitlines()
        self._writer.add_embedding(matrix, metadata=labels, tag=name, global_step=step)

    def model(self, model):
        """The graph of a model's layers; a warning where its config is not known."""
        if not hasattr(model, "to_json"):
            return
        try:
            text = model.to_json()
        except (NotImplementedError, TypeError, ValueError) as error:
            warnings.warn(
                f"The model's graph is not written, as it has no config: {error}", stacklevel=3
            )
            return
        metadata = summary_pb2.SummaryMetadata(
            plugin_data=summary_pb2.SummaryMetadata.PluginData(
                plugin_name=GRAPH_PLUGIN, content=b"1"
            )
        )
        tensor = tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, string_val=[text.encode()])
        value = summary_pb2.Summary.Value(tag="keras", metadata=metadata, tensor=tensor)
        self._writer.file_writer.add_summary(summary_pb2.Summary(value=[value]), 0)

    def flush(self):
        """Have everything in the files."""
        self._writer.flush()

    def close(self):
        """Flush, and close the files."""
        self._writer.close()


def as_image(weight):
    """A weight as images (number, height, width, 1 or 3 channels) from 0 to 1, or None."""
    weight = np.squeeze(weight)
    if weight.ndim == 1:
        image = weight.reshape(1, -1, 1, 1)
    elif weight.ndim == 2:
        matrix = weight.T if weight.shape[0] > weight.shape[1] else weight
        image = matrix[None, :, :, None]
    elif weight.ndim == 3:
        image = np.moveaxis(weight, -1, 0)[..., None]
    elif weight.ndim == 4 and weight.shape[-1] in (1, 3):
        image = weight
    else:
        return None
    low, high = image.min(), image.max()
    return (image - low) / max(high - low, np.finfo(image.dtype).tiny)
