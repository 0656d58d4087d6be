"""`Model`: a layer with training and files."""

import copy
import json

import numpy as np

from cornu.core import tree
from cornu.core.errors import did_you_mean
from cornu.core.lazy import lazy_module
from cornu.layers._kernels import HOOKS
from cornu.layers._layer import Layer
from cornu.layers._shapes import _as_shapes, _tensors_like
from cornu.models import summary as summaries
from cornu.models.hooks import BUILDERS
from cornu.saving import api as saving
from cornu.saving import safety
from cornu.saving.weight_files import load_weights, save_weights
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.serial.registry import export, path_of
from cornu.training.trainer import Trainer

legacy_h5 = lazy_module("cornu.saving.legacy_h5")  # takes long to import, is rarely needed


def is_functional_call(args, kwargs):
    """Whether a model's constructor was given inputs and outputs."""
    return (
        len(args) in (2, 3)
        or (len(args) == 1 and "outputs" in kwargs)
        or ("inputs" in kwargs and "outputs" in kwargs)
    )


@export("keras.Model", "keras.models.Model")
class Model(Trainer, Layer):
    """A layer that can be trained, evaluated, saved and summarised.

    Made in one of three ways: `Model(inputs, outputs)` from `KerasTensor`s; by subclassing, with
        layers made in
    `__init__` and used in `call`; or as a `Sequential`.

    Args:
        inputs: `KerasTensor`, or list or dict of them.
        outputs: `KerasTensor`, or nest of them, made by calling layers and ops on the inputs.
        name: name, by default the class's in snake case, made unique.

    Example:
        >>> import cornu
        >>> x = cornu.Input((3,))
        >>> cornu.Model(x, cornu.layers.Dense(2)(x)).output_shape
        (None, 2)
    """

    _wants_masks = False

    def __new__(cls, *args, **kwargs):
        if cls is Model and is_functional_call(args, kwargs):
            return BUILDERS["functional"](*args, **kwargs)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args, **kwargs):
        Trainer.__init__(self)
        if is_functional_call(args, kwargs):
            BUILDERS["become_functional"](self, args, kwargs)
            return
        Layer.__init__(self, *args, **kwargs)

    def call(self, *args, **kwargs):
        """The computation. Subclasses define it."""
        raise NotImplementedError(
            f"Model {type(self).__name__} does not have a `call()` method implemented."
        )

    def _has_call(self):
        return type(self).call is not Model.call

    @property
    def layers(self):
        """The layers that the model owns directly, in order."""
        return self._flatten_layers(include_self=False, recursive=False)

    @layers.setter
    def layers(self, _):
        raise AttributeError(
            "`Model.layers` attribute is reserved and should not be used. Please use another name."
        )

    def get_layer(self, name=None, index=None):
        """A layer of the model, by its name or its place in `layers`.

        Raises:
            ValueError: if there is none, or if both or neither are given.
        """
        if (name is None) == (index is None):
            raise ValueError(
                f"Provide either a layer name or a layer index. Received: name={name},"
                f" index={index}"
            )
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has"
                    f" {len(self.layers)} layers."
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise ValueError(
            f"No such layer: {name}.{did_you_mean(name, names)} Existing layers are: {names}."
        )

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Print the layers, their output shapes and numbers of weights.

        Args:
            line_length: number of characters of a line.
            positions: where columns end, as fractions or counts of the line.
            print_fn: called with the text, in place of printing; it then has no colours.
            expand_nested: whether the layers of nested models are shown.
            show_trainable: whether a column says if a layer is trained.
            layer_range: pair of patterns: the names of the first and the last layer to show.
        """
        summaries.print_summary(
            self,
            line_length=line_length,
            positions=positions,
            print_fn=print_fn,
            expand_nested=expand_nested,
            show_trainable=show_trainable,
            layer_range=layer_range,
        )

    def build(self, input_shape):
        """Make all weights, by running `call` on shapes alone.

        Args:
            input_shape: shape of the inputs with the batch axis, nested as they are.
        """
        if self._build_shapes is not None and self.built:
            return
        inputs = _tensors_like(_as_shapes(input_shape), self.compute_dtype)
        object.__setattr__(self, "_build_shapes", {"input_shape": _as_shapes(input_shape)})
        try:
            self.compute_output_spec(inputs)
        except Exception as error:
            object.__setattr__(self, "_build_shapes", None)
            raise ValueError(
                f"Model '{self.name}' could not be built for input shape {input_shape}, because its"
                f" `call()` failed on tensors of that shape: {error}"
            ) from error

    def build_from_config(self, config):
        """Build from what `get_build_config` returned; a model whose `call` fails on it is built at
        its first call."""
        shape = (config or {}).get("input_shape")
        if shape is not None and (type(self).build is not Model.build or not self.built):
            self.build(_as_shapes(shape))

    def get_build_config(self):
        """The shapes for which the model was built, or None."""
        shapes = self.__dict__.get("_build_shapes")
        return {"input_shape": next(iter(shapes.values()))} if shapes else None

    def _build_for(self, plan, args, kwargs):
        if type(self).build is Model.build:
            from_call = args[0] if args else kwargs.get(plan.first)
            shapes = tree.map_structure(lambda x: tuple(getattr(x, "shape", ())), from_call)
            object.__setattr__(self, "_build_shapes", {"input_shape": _known(shapes)})
            self._close()
            return
        super()._build_for(plan, args, kwargs)

    def quantize(self, mode=None, config=None, filters=None, **kwargs):
        """Quantise the kernels of the model's layers, once.

        Layers that can't be quantised are left as they are, with a warning where they have a
        matrix.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`.
            config: a `QuantizationConfig`, with which `mode` is not needed.
            filters: which layers: a regular expression to be found in their names, a list of them,
                or a callable from a layer to a bool; None for all.
            **kwargs: `type_check=False` quantises subclasses of layers too.

        Raises:
            ValueError: for bad arguments, or if the model is not built, or a layer quantised
                already.
        """
        HOOKS["quantize_model"](self, mode, config, filters, **kwargs)

    def get_quantization_layer_structure(self, mode=None):
        """The order of the model's blocks, which calibration needs (`"gptq"` and `"awq"`).

        Subclasses define it: a dict of `"pre_block_layers"` and `"sequential_blocks"`, lists of
        layers.
        """
        return HOOKS["layer_structure"](self, mode)

    def save(self, filepath, overwrite=True, zipped=None, **kwargs):
        """Save architecture, weights and training configuration to a `.keras` file.

        Args:
            filepath: path ending in `.keras`.
            overwrite: whether an existing file is replaced; else it is an error.
            zipped: whether to write one file rather than a folder; True by default.

        An error or crash at any time leaves an existing file as it was.
        """
        return saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped, **kwargs)

    def save_weights(self, filepath, overwrite=True, max_shard_size=None):
        """Save all weights, and the optimizer's state.

        Args:
            filepath: path ending in `.weights.h5`, `.weights.json` (with `max_shard_size`),
                `.safetensors` or `.npz`.
            overwrite: whether an existing file is replaced; else it is an error.
            max_shard_size: gigabytes of arrays in one file, to write several; None for one file.
        """
        return save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath, skip_mismatch=False, **kwargs):
        """Set all weights from a file of weights or of a model, in any format that is read.

        Args:
            filepath: the file.
            skip_mismatch: whether layers whose weights don't fit are left as they are, with a
                warning.
            **kwargs: `strict`, `by_name` and `objects_to_skip` of `keras.saving.load_weights`.

        Returns:
            A `LoadReport`.
        """
        return load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def __reduce__(self):
        if not self.built or type(self).get_config is Layer.get_config:
            return super().__reduce__()
        custom = {
            type(layer).__name__: type(layer)
            for layer in self._flatten_layers()
            if path_of(type(layer)) is None
        }
        return _unpickled, (saving.model_to_bytes(self), custom)

    @classmethod
    def _unpickle_model(cls, buffer):
        """What a pickle calls that Keras wrote."""
        return _unpickled(buffer.getvalue(), None)

    def __getstate__(self):
        return {**self.__dict__, "_programs": {}, **dict.fromkeys(PROGRAM_NAMES)}

    def __deepcopy__(self, memo):
        function, arguments = self.__reduce__()[:2]
        if function is not _unpickled:
            return _copied(self, memo)
        copied = memo[id(self)] = function(*arguments)
        return copied

    def to_json(self, **kwargs):
        """The config as JSON, for `model_from_json`; `kwargs` go to `json.dumps`."""
        return json.dumps(serialize_keras_object(self), **kwargs)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from `get_config()`."""
        functional = {"name", "layers", "input_layers", "output_layers"} <= set(config)
        if functional and (cls is Model or BUILDERS["takes_functional"](cls)):
            return BUILDERS["functional_from_config"](cls, config, custom_objects)
        return super().from_config(config)

    def get_state_tree(self, value_format="backend_tensor"):
        """Values of all variables as nested dicts by path.

        Args:
            value_format: `"backend_tensor"` or `"numpy_array"`.

        Returns:
            Dict with `trainable_variables`, `non_trainable_variables`, `optimizer_variables`,
            `metrics_variables`.
        """
        return {
            name: _as_tree(variables, value_format)
            for name, variables in self._state_groups().items()
        }

    def set_state_tree(self, state_tree):
        """Set variables from what `get_state_tree` returned.

        Raises:
            ValueError: for an unknown group or variable.
        """
        groups = self._state_groups()
        for name, values in state_tree.items():
            if name not in groups:
                raise ValueError(f"Unknown variable name: {name}")
            by_path = {variable.path: variable for variable in groups[name]}
            for path, value in _flat_paths(values):
                if path not in by_path:
                    raise ValueError(
                        f"The model has no variable '{path}' in"
                        f" {name}.{did_you_mean(path, by_path)}"
                    )
                by_path[path].assign(value)

    def _get_variable_map(self):
        """Weights, the optimizer's variables and those of the means of losses, by path; packages
        on top of Keras ask for it."""
        found = list(self.weights)
        if self.compiled:
            scores = [
                self._loss_tracker,
                *(self._compile_loss.metrics if self._compile_loss else ()),
            ]
            found += [v for owner in (self.optimizer, *scores) if owner for v in owner.variables]
        return {variable.path: variable for variable in found}

    def _state_groups(self):
        optimizer = self.optimizer.variables if self.optimizer is not None else []
        return {
            "trainable_variables": self.trainable_variables,
            "non_trainable_variables": self.non_trainable_variables,
            "optimizer_variables": list(optimizer),
            "metrics_variables": self.metrics_variables,
        }


PROGRAM_NAMES = ("train_function", "test_function", "predict_function")


def _unpickled(data, custom_objects):
    """The model that was pickled; whoever unpickles trusts the pickle, lambdas included."""
    return saving.model_from_bytes(data, custom_objects=custom_objects, safe_mode=False)


def _copied(model, memo):
    """A deep copy of a model, attribute by attribute."""
    result = object.__new__(type(model))
    memo[id(model)] = result
    result.__dict__.update(copy.deepcopy(model.__getstate__(), memo))
    return result


def _known(shapes):
    return tree.map_structure(lambda size: size if isinstance(size, int) else None, shapes)


def _as_tree(variables, value_format):
    if value_format not in ("backend_tensor", "numpy_array"):
        raise ValueError(
            "Invalid `value_format` argument. Expected one of ('numpy_array', 'backend_tensor')."
            f" Received: {value_format}"
        )
    paths = [variable.path for variable in variables]
    twice = sorted({path for path in paths if paths.count(path) > 1})
    if twice:
        raise ValueError(
            f"The following variable path is found twice in the model: '{twice[0]}'."
            " `get_state_tree()` can only be called when all variable paths are unique. Make sure"
            " to give unique names to your layers (and other objects)."
        )
    found = {}
    for variable in variables:
        *parents, name = variable.path.split("/")
        node = found
        for parent in parents:
            node = node.setdefault(parent, {})
        value = variable._raw_value
        node[name] = np.asarray(value) if value_format == "numpy_array" else value
    return found


def _flat_paths(values, prefix=""):
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat_paths(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", value


@export("keras.models.model_from_json")
def model_from_json(json_string, custom_objects=None):
    """A model, with new weights, from what `to_json` returned, here or in Keras 1, 2 or 3.

    Args:
        json_string: the text.
        custom_objects: dictionary, name in the text -> your class or function.

    Raises:
        ValueError: if it names classes that are neither ours nor given.
    """
    config = safety.parse_config(json_string)
    if legacy_h5.is_old_json(config):
        return legacy_h5.model_from_old_json(config, custom_objects)
    return deserialize_keras_object(config, custom_objects=custom_objects)
