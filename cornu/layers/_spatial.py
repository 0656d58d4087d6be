"""Layers over 1 to 3 spatial axes: where these stand in a shape, by the data format."""

from cornu.core import config
from cornu.layers._input_spec import InputSpec
from cornu.layers._layer import Layer
from cornu.symbolic.tensor import KerasTensor


class SpatialLayer(Layer):
    """Base of layers over `rank` spatial axes, between a batch axis and a channel axis (for the
    data format `"channels_last"`) or behind both (`"channels_first"`)."""

    rank = None

    def _set_data_format(self, data_format):
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _channel_axis(self):
        return -1 if self.data_format == "channels_last" else 1

    @property
    def _spatial_axes(self):
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def _spatial_sizes(self, shape):
        """The sizes of the spatial axes in a shape of inputs.

        Raises:
            ValueError: if the shape has another number of axes.
        """
        if len(shape) != self.rank + 2:
            raise ValueError(
                f"Layer '{self.name}' takes inputs of {self.rank + 2} axes: batch, channels and"
                f" {self.rank} spatial. Received: input_shape={tuple(shape)}"
            )
        return tuple(shape[axis] for axis in self._spatial_axes)

    def _with_spatial_sizes(self, shape, sizes, channels=None):
        """A shape of inputs with other sizes of the spatial axes, and maybe of the channels."""
        channels = shape[self._channel_axis] if channels is None else channels
        if self.data_format == "channels_last":
            return (shape[0], *sizes, channels)
        return (shape[0], channels, *sizes)

    def _output_dtype(self, dtype):
        """The dtype of the outputs, from that of the inputs."""
        return dtype

    def compute_output_spec(self, inputs):
        shape = self.compute_output_shape(inputs.shape)
        return KerasTensor(shape, self._output_dtype(inputs.dtype))
