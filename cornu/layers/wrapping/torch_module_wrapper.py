"""`TorchModuleWrapper`: a module of PyTorch as a layer."""

import base64
import io

import numpy as np

from cornu import random
from cornu.backend import engine
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.core.lazy import lazy_module
from cornu.layers._layer import Layer
from cornu.serial.functions import refuse_unless_allowed
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor

torch = lazy_module("torch")

REFUSAL = (
    "The config holds a pickled PyTorch module; unpickling it would run whatever its author put "
    "there, so it is refused. If you trust the author, pass `safe_mode=False` to the loading "
    "function, or call `keras.config.enable_unsafe_deserialization()`."
)
PROBE_SIZES = (2, 3)


@export("keras.layers.TorchModuleWrapper")
class TorchModuleWrapper(Layer):
    """A `torch.nn.Module` as a layer: PyTorch computes it, on the CPU, and its gradients.

    Its parameters and buffers become weights of the layer, trained like others; the module itself
    stays as it was given. Compiled code calls back to the host at each step, so this is for using a
    module as it is, not for speed.

    Args:
        module: the module, made with its weights.
        name: see `Layer`.
        output_shape: shape of the outputs without the batch axis; by default it is found by calling
            the module on zeros.
        **kwargs: see `Layer`.

    Call arguments:
        *args, **kwargs: what `module.forward` takes: tensors, and other values by keyword.
        training: whether `module.train()` or `module.eval()` is in force, by default the latter.

    Raises:
        ImportError: if PyTorch is not installed.
        ValueError: if `module` is no `torch.nn.Module`.

    Example:
        >>> import cornu
        >>> import torch  # doctest: +SKIP
        >>> layer = cornu.layers.TorchModuleWrapper(torch.nn.Linear(4, 3))  # doctest: +SKIP
        >>> layer(cornu.ops.ones((2, 4))).shape  # doctest: +SKIP
        (2, 3)
    """

    config_exclude = Layer.config_exclude | {"module", "output_shape"}

    def __init__(self, module, name=None, output_shape=None, **kwargs):
        if not isinstance(module, torch.nn.Module):
            raise ValueError(
                f"`module` must be a `torch.nn.Module`. Received: module={shorten(module)} (of type"
                f" {type(module).__name__})"
            )
        super().__init__(name=name, **kwargs)
        # Past the tracking of state: the weights are variables below.
        object.__setattr__(self, "module", module)
        object.__setattr__(self, "output_shape", output_shape)
        self._names = [name for name, _ in module.named_parameters()]
        self._buffers = [name for name, _ in module.named_buffers()]
        self._held = [self._variable(name, value) for name, value in module.named_parameters()]
        self._held += [self._variable(name, value) for name, value in module.named_buffers()]
        self.seed_generator = random.SeedGenerator()

    def _variable(self, name, value):
        array = value.detach().cpu().numpy()
        return self.add_weight(
            name=name.replace(".", "_"),
            shape=array.shape,
            initializer=lambda shape, dtype: engine.asarray(array),
            dtype=str(array.dtype),
            trainable=bool(value.requires_grad),
            autocast=False,
        )

    def parameters(self, recurse=True):
        """The module's own parameters: PyTorch's tensors, as they were given."""
        return self.module.parameters(recurse=recurse)

    def call(self, *args, training=None, **kwargs):
        leaves = tree.flatten((args, kwargs))
        places = [place for place, leaf in enumerate(leaves) if engine.is_tensor(leaf)]
        job = _Job(self, leaves, places, tree.structure_of((args, kwargs)), bool(training))
        values = [variable.value for variable in self._held]
        values += [leaves[place] for place in places]
        seed = self.seed_generator.next()
        results = job.on_engine(seed, values)
        buffers = results[len(results) - len(self._buffers) :] if self._buffers else ()
        if training:
            for variable, value in zip(self._held[len(self._names) :], buffers, strict=True):
                variable.assign(value)
        return job.outputs(results)

    def compute_output_spec(self, *args, training=None, **kwargs):
        first = next(x for x in tree.flatten((args, kwargs)) if isinstance(x, KerasTensor))
        if self.output_shape is not None:
            return KerasTensor((first.shape[0], *self.output_shape), self.compute_dtype)
        small, large = (self._probe(args, kwargs, size) for size in PROBE_SIZES)
        return tree.map_structure(_joined, small, large)

    def _probe(self, args, kwargs, size):
        def zeros(leaf):
            if not isinstance(leaf, KerasTensor):
                return leaf
            shape = [size if n is None else n for n in leaf.shape]
            return torch.zeros(shape, dtype=getattr(torch, leaf.dtype))

        args, kwargs = tree.map_structure(zeros, (args, kwargs))
        mode = self.module.training
        try:
            with torch.no_grad():
                return self.module.eval()(*args, **kwargs)
        finally:
            self.module.train(mode)

    def get_config(self):
        """The constructor's arguments, the module pickled; loading it takes `safe_mode=False`."""
        config = super().get_config()
        buffer = io.BytesIO()
        torch.save(self._current_module(), buffer)
        config["module"] = base64.b64encode(buffer.getvalue()).decode("ascii")
        config["output_shape"] = self.output_shape
        return config

    def _current_module(self):
        """A copy of the module with the layer's weights."""
        buffer = io.BytesIO()
        torch.save(self.module, buffer)
        buffer.seek(0)
        module = torch.load(buffer, weights_only=False)
        values = [_to_torch(np.asarray(variable.value)) for variable in self._held]
        module.load_state_dict(dict(zip([*self._names, *self._buffers], values, strict=True)))
        return module

    @classmethod
    def from_config(cls, config, custom_objects=None, safe_mode=None):
        """A layer from `get_config()`.

        Raises:
            ValueError: unless unsafe loading is allowed.
        """
        config = dict(config)
        if isinstance(config.get("module"), str):
            refuse_unless_allowed(safe_mode, REFUSAL)
            buffer = io.BytesIO(base64.b64decode(config["module"]))
            config["module"] = torch.load(buffer, weights_only=False)
        return cls(**config)


class _Job:
    """One call of a module: its arguments, and how the host computes it."""

    def __init__(self, layer, leaves, places, shape, training):
        self.module = layer.module
        self.names = [*layer._names, *layer._buffers]
        self.buffers = layer._buffers
        self.leaves, self.places, self.shape = leaves, places, shape
        self.training = training

    def on_engine(self, seed, values):
        """The flat outputs and the buffers after them, as tensors of the engine."""
        specs = self._specs(values)
        run = engine.host_function(self._run, self._pull, specs)
        return run(seed, *values)

    def _specs(self, values):
        arrays = [np.zeros(value.shape, value.dtype) for value in values]
        results = self._run(np.zeros(2, "uint32"), *arrays)
        return [(result.shape, str(result.dtype)) for result in results]

    def outputs(self, results):
        """The outputs, nested as the module returned them."""
        count = self._outputs.num_leaves
        return self._outputs.unflatten(results[:count])

    def _run(self, seed, *arrays):
        with torch.no_grad():
            outputs, buffers = self._forward(seed, [_to_torch(array) for array in arrays])
        self._outputs = tree.structure_of(outputs)
        return tuple(x.numpy() for x in (*tree.flatten(outputs), *buffers))

    def _pull(self, values, upstream):
        seed, *arrays = values
        tensors = [_to_torch(array) for array in arrays]
        floats = [tensor.requires_grad_() for tensor in tensors if tensor.is_floating_point()]
        outputs, _ = self._forward(seed, tensors)
        pairs = [
            (output, _to_torch(slope))
            for output, slope in zip(tree.flatten(outputs), upstream, strict=False)
            if output.requires_grad
        ]
        if not pairs:
            return tuple(np.zeros(x.shape, x.detach().numpy().dtype) for x in floats)
        results, slopes = zip(*pairs, strict=True)
        found = torch.autograd.grad(results, floats, slopes, allow_unused=True)
        return tuple(
            (torch.zeros_like(x) if slope is None else slope).detach().numpy()
            for x, slope in zip(floats, found, strict=True)
        )

    def _forward(self, seed, tensors):
        """Outputs and buffers; the same random numbers for the same seed."""
        count = len(self.names)
        own = dict(zip(self.names, tensors[:count], strict=True))
        for name in self.buffers:
            own[name] = own[name].detach().clone()  # changed in place
        leaves = list(self.leaves)
        for place, tensor in zip(self.places, tensors[count:], strict=True):
            leaves[place] = tensor
        args, kwargs = self.shape.unflatten(leaves)
        mode = self.module.training
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(seed[0]) << 16 ^ int(seed[1]))
            try:
                self.module.train(self.training)
                outputs = torch.func.functional_call(self.module, own, args, kwargs)
            finally:
                self.module.train(mode)
        return outputs, [own[name] for name in self.buffers]


def _to_torch(array):
    return torch.from_numpy(np.array(array))  # a copy: PyTorch needs to write to it


def _joined(small, large):
    """A `KerasTensor` for what came out at two sizes of the unknown axes."""
    shape = (m if m == n else None for m, n in zip(small.shape, large.shape, strict=True))
    return KerasTensor(tuple(shape), str(small.dtype).removeprefix("torch."))
