"""`DTypePolicy` and the default policy."""

from cornu.backend import engine
from cornu.core import config, dtypes
from cornu.core.errors import shorten
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.serial.registry import export
from cornu.symbolic.tensor import KerasTensor

_default = {"policy": None}
# Functions from a name to a policy, or to None where the name isn't theirs; tried in order before
# `DTypePolicy` itself. Kinds of policies add theirs.
MAKERS = []


@export("keras.DTypePolicy", "keras.dtype_policies.DTypePolicy")
class DTypePolicy:
    """The dtype of a layer's computation and the dtype of its weights.

    Args:
        name: name of a dtype, for both; or `"mixed_float16"` or `"mixed_bfloat16"`: weights in
            float32, computation in the half precision type (Micikevicius et al. 2017). By default
            that of the default policy.

    Raises:
        ValueError: for any other name.

    Example:
        >>> import cornu
        >>> policy = cornu.DTypePolicy("mixed_bfloat16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('bfloat16', 'float32')
    """

    def __init__(self, name=None):
        self._name = dtype_policy()._source_name if name is None else name
        self._compute_dtype, self._variable_dtype = self._parse(self._name)
        self._quantization_mode = None

    @staticmethod
    def _parse(name):
        if not isinstance(name, str):
            raise TypeError(
                f"'name' must be a string, such as 'mixed_float16'. Received: name={name} (of type"
                f" {type(name)})"
            )
        if name in ("mixed_float16", "mixed_bfloat16"):
            return name.removeprefix("mixed_"), "float32"
        try:
            dtype = dtypes.standardize_dtype(name)
        except ValueError:
            raise ValueError(
                f"Cannot convert '{name}' to a mixed precision DTypePolicy. Valid policies include"
                " 'mixed_float16', 'mixed_bfloat16', and the name of any float dtype such as"
                " 'float32'."
            ) from None
        return dtype, dtype

    @property
    def name(self):
        """The name given to the constructor."""
        return self._name

    @property
    def _source_name(self):
        """The name of the policy that says the dtypes of everything but a quantised kernel."""
        return self.name

    @property
    def compute_dtype(self):
        """The dtype in which inputs and weights are used."""
        return self._compute_dtype

    @property
    def variable_dtype(self):
        """The dtype in which weights are kept."""
        return self._variable_dtype

    @property
    def quantization_mode(self):
        """The quantisation of weights, or None."""
        return self._quantization_mode

    def at(self, path):
        """The policy of the layer at `path`: this one, whatever the path."""
        return self

    def convert_input(self, x, autocast, dtype):
        """`x` as a tensor, of `dtype` if `autocast` and it is a float.

        Args:
            x: array, tensor, symbolic tensor, or anything else, which is returned as it is.
            autocast: whether floats are cast.
            dtype: the dtype to cast to.
        """
        if isinstance(x, KerasTensor):
            if autocast and dtypes.is_float_dtype(x.dtype) and x.dtype != dtype:
                return KerasTensor(x.shape, dtype)
            return x
        if not engine.is_tensor(x) and not hasattr(x, "__array__"):
            return x
        x = engine.asarray(x)
        if autocast and dtypes.is_float_dtype(x.dtype):
            return engine.cast(x, dtype)
        return x

    def get_config(self):
        """The name."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config):
        """A policy from `get_config()`."""
        return cls(**config)

    def __eq__(self, other):
        if self.__class__ in (DTypePolicy, FloatDTypePolicy) and isinstance(other, DTypePolicy):
            return self._name == other._name
        return NotImplemented

    def __hash__(self):
        return hash(self._name)

    def __repr__(self):
        return f'<DTypePolicy "{self._name}">'


@export("keras.FloatDTypePolicy", "keras.dtype_policies.FloatDTypePolicy")
class FloatDTypePolicy(DTypePolicy):
    """A `DTypePolicy` of a float dtype; kept for files and code that name it."""


def dtype_policy():
    """The policy of layers that are given none: the default float, unless `set_dtype_policy` said
    otherwise."""
    policy = _default["policy"]
    return DTypePolicy(config.floatx()) if policy is None else policy


def set_dtype_policy(policy):
    """Set the policy of layers made from now on.

    Args:
        policy: a `DTypePolicy`, or the name of one.

    Raises:
        ValueError: for anything else.
    """
    if not isinstance(policy, (DTypePolicy, str)):
        raise ValueError(
            "Invalid `policy` argument. Expected the name of a policy or a `DTypePolicy`. Received:"
            f" policy={shorten(policy)} (of type {type(policy)})"
        )
    _default["policy"] = policy if isinstance(policy, DTypePolicy) else from_name(policy)


def from_name(name):
    """The policy called `name`.

    Raises:
        ValueError: if there is none.
    """
    made = (make(name) for make in MAKERS)
    return next((policy for policy in made if policy is not None), None) or DTypePolicy(name)


def reset_dtype_policy():
    """Back to following `floatx()`."""
    _default["policy"] = None


config.on_floatx(lambda _: reset_dtype_policy())


@export("keras.dtype_policies.get")
def get(identifier):
    """A `DTypePolicy` from a policy, a name or dtype, a config, or None (the default).

    Raises:
        ValueError: if it is none of these.
    """
    if identifier is None:
        return dtype_policy()
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return from_name(identifier)
    try:
        return DTypePolicy(dtypes.standardize_dtype(identifier))
    except ValueError:
        raise ValueError(
            "Cannot interpret `dtype` argument. Expected a string or an instance of DTypePolicy. "
            f"Received: dtype={shorten(identifier)}"
        ) from None


@export("keras.dtype_policies.serialize")
def serialize(dtype_policy):
    """The config of a policy."""
    return serialize_keras_object(dtype_policy)


@export("keras.dtype_policies.deserialize")
def deserialize(config, custom_objects=None):
    """A policy from `serialize`'s config."""
    return deserialize_keras_object(config, custom_objects=custom_objects)
