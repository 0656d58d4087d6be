"""Policies by the path of the layer."""

import re
from collections.abc import MutableMapping

from cornu.core.errors import shorten
from cornu.dtype_policies.policy import DTypePolicy, deserialize, dtype_policy, get, serialize
from cornu.serial.registry import export


@export("keras.dtype_policies.DTypePolicyMap")
class DTypePolicyMap(DTypePolicy, MutableMapping):
    """A policy that depends on the layer: a mapping from paths, or patterns of paths, to policies.

    Given as `dtype` to a layer and by it to the layers inside, it lets each find its own policy by
    its path, once it is built.

    Args:
        default_policy: the policy where no key fits; None for the default policy at that time.
        policy_map: dict from path or regular expression (it must fit the whole path) to policy.

    Raises:
        TypeError: if `policy_map` is no dict.

    Example:
        >>> import cornu
        >>> policies = cornu.dtype_policies.DTypePolicyMap()
        >>> policies["decoder/.*/dense"] = "mixed_bfloat16"
        >>> policies["decoder/block_1/dense"].name, policies["encoder/dense"].name
        ('mixed_bfloat16', 'float32')
    """

    def __init__(self, default_policy=None, policy_map=None):
        if policy_map is not None and not isinstance(policy_map, dict):
            raise TypeError(
                "If specified, `policy_map` must be a dict. Received:"
                f" policy_map={shorten(policy_map)} of type {type(policy_map)}"
            )
        self._default = None if default_policy is None else get(default_policy)
        self._policies = {key: get(value) for key, value in (policy_map or {}).items()}

    @property
    def default_policy(self):
        """The policy where no key fits."""
        return dtype_policy() if self._default is None else self._default

    @property
    def name(self):
        """`map_` and the name of the default."""
        return f"map_{self.default_policy.name}"

    @property
    def _source_name(self):
        return self.default_policy._source_name

    @property
    def compute_dtype(self):
        """The compute dtype of the default."""
        return self.default_policy.compute_dtype

    @property
    def variable_dtype(self):
        """The variable dtype of the default."""
        return self.default_policy.variable_dtype

    @property
    def quantization_mode(self):
        """The quantisation of the default, or None."""
        return self.default_policy.quantization_mode

    def at(self, path):
        """The policy of the layer at `path`; None, for a layer that has none yet, is the default's.

        Raises:
            ValueError: if several patterns fit.
        """
        return self.default_policy if path is None else self[path]

    def __getitem__(self, path):
        if path in self._policies:
            return self._policies[path]
        fitting = [key for key in self._policies if re.fullmatch(key, path)]
        if len(fitting) > 1:
            raise ValueError(
                f"Path '{path}' matches multiple dtype policy specification keys: {fitting}."
                " Change the keys so that at most one fits each path."
            )
        return self._policies[fitting[0]] if fitting else self.default_policy

    def __setitem__(self, key, policy):
        if key in self._policies:
            raise ValueError(
                f"{key} already exist in the DTypePolicyMap with value {self._policies[key]}."
                " Delete it first: `del policies[key]`."
            )
        try:
            self._policies[key] = get(policy)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "Cannot interpret the assigned value by `keras.dtype_policies.get`. Received:"
                f" {shorten(policy)} of type {type(policy)}"
            ) from error

    def __delitem__(self, key):
        del self._policies[key]

    def __contains__(self, key):
        return key in self._policies

    def __iter__(self):
        return iter(self._policies)

    def __len__(self):
        return len(self._policies)

    def get_config(self):
        """The default's name, and the policies.

        Without a default of its own, the policies are described without their source (this is how
        Keras does it): when loaded, all follow the default policy of that time.
        """
        return {
            "default_policy": None if self._default is None else self._default.name,
            "policy_map": {key: self._described(policy) for key, policy in self.items()},
        }

    def _described(self, policy):
        config = serialize(policy)
        if self._default is None:
            for name in config["config"].keys() & {"name", "source_name"}:
                config["config"][name] = None
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A map from `get_config()`."""
        policies = config.get("policy_map") or {}
        return cls(
            config.get("default_policy"),
            {
                key: deserialize(value, custom_objects=custom_objects)
                for key, value in policies.items()
            },
        )

    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = object.__hash__

    def __repr__(self):
        default = None if self._default is None else self._default.name
        mapping = [(key, policy.name) for key, policy in self._policies.items()]
        return f"<DTypePolicyMap at {hex(id(self))} default_policy={default}, mapping={mapping}>"
