"""The arrays of one layer as older versions laid them out, turned into ours."""

import numpy as np

# How many arrays Keras 1 kept where we keep three: a kernel, recurrent kernel and bias for each
# gate. The numbers say in which order our gates come there.
GATES_OF_KERAS_1 = {
    "LSTMCell": (0, 2, 1, 3),
    "ConvLSTMCell": (0, 2, 1, 3),
    "ConvLSTM": (0, 2, 1, 3),
    "GRUCell": (0, 1, 2),
}
_CONVOLUTIONS = {
    "BaseConv",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "SeparableConv1D",
    "SeparableConv2D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
}


def kind_of(layer):
    """The name of the nearest class of a layer that is treated here, or its own."""
    known = (cls.__name__ for cls in type(layer).__mro__)
    return next((name for name in known if name in _KNOWN), type(layer).__name__)


def count_in_keras_1(layer, count):
    """How many arrays Keras 1 kept for a layer that has `count` here."""
    gates = GATES_OF_KERAS_1.get(kind_of(layer))
    return count if gates is None else 3 * len(gates)


def needs_change(layer, stored, shapes, version, backend):
    """Whether arrays have to be changed for a layer, as far as their shapes and origin say."""
    kind = kind_of(layer)
    if [array.shape for array in stored] != list(shapes):
        return True
    if kind in _CONVOLUTIONS or kind.startswith("ConvLSTM"):
        return backend == "theano" or (version == 1 and _is_old_convolution(layer, kind))
    return False


def convert(layer, arrays, shapes, version, backend):
    """The arrays of a file as this layer has them.

    Args:
        layer: the layer that owns the variables.
        arrays: the arrays of the file.
        shapes: the shapes that the layer's variables have.
        version: which Keras wrote the file: 1, 2 or 3.
        backend: on which engine, such as `"theano"`.

    Returns:
        A list of arrays; of other shapes than `shapes` if they cannot be converted.
    """
    kind = kind_of(layer)
    gates = GATES_OF_KERAS_1.get(kind)
    if gates and len(arrays) == 3 * len(gates):
        arrays = _joined(arrays, gates)
    if kind in ("LSTMCell", "GRUCell"):
        return _from_cudnn(arrays, shapes, 4 if kind == "LSTMCell" else 3)
    if kind in _CONVOLUTIONS or kind.startswith("ConvLSTM"):
        kernels = 2 if kind.startswith(("ConvLSTM", "Separable")) else 1
        return [
            _kernel(array, tuple(shape), layer, kind, version, backend) if n < kernels else array
            for n, (array, shape) in enumerate(zip(arrays, shapes, strict=False))
        ]
    return arrays


def _joined(arrays, gates):
    """One kernel, recurrent kernel and bias of those of each gate."""
    return [
        np.concatenate([arrays[3 * gate + which] for gate in gates], axis=-1) for which in range(3)
    ]


def _from_cudnn(arrays, shapes, gates):
    """cuDNN keeps matrices column by column, and two biases, one behind the other."""
    if len(arrays) != 3 or len(shapes) != 3 or arrays[2].ndim != 1:
        return arrays
    kernel, recurrent, bias = arrays
    units = shapes[1][0]
    if bias.shape != (2 * gates * units,):
        return arrays
    parts = [np.split(matrix, gates, axis=1) for matrix in (kernel, recurrent)]
    kernel = np.concatenate([part.T.reshape(part.shape, order="F") for part in parts[0]], axis=1)
    recurrent = np.concatenate([part.T for part in parts[1]], axis=1)
    bias = bias.reshape(2, -1)
    return [kernel, recurrent, bias.sum(axis=0) if len(shapes[2]) == 1 else bias]


def _is_old_convolution(layer, kind):
    first = getattr(layer, "data_format", None) == "channels_first"
    return first or kind in ("Conv1D", "Conv2DTranspose")


def _kernel(array, shape, layer, kind, version, backend):
    """A kernel with its spatial axes first, of Theano turned round: it convolves, others
    correlate."""
    array = _spatial_first(array, shape, layer, kind, version)
    if backend == "theano" and array.shape == shape:
        array = np.flip(array, axis=tuple(range(array.ndim - 2)))
    return np.ascontiguousarray(array)


def _spatial_first(array, shape, layer, kind, version):
    if version == 1 and kind == "Conv1D" and array.ndim == 4:
        if array.shape[:2] != (shape[0], 1) or array.shape[3] != shape[2]:
            array = array.transpose(2, 3, 1, 0)
        return array[:, 0]
    channels_first = getattr(layer, "data_format", None) == "channels_first"
    last_axes = range(2, array.ndim)
    if version == 1 and kind == "Conv2DTranspose" and array.ndim == 4:
        return array.transpose((2, 3, 0, 1) if channels_first else (0, 1, 3, 2))
    if array.ndim == len(shape) > 2 and ((version == 1 and channels_first) or array.shape != shape):
        moved = array.transpose(*last_axes, 1, 0)
        return moved if moved.shape == shape else array
    return array


_KNOWN = {*GATES_OF_KERAS_1, *_CONVOLUTIONS}
