"""The dtypes of a layer, and what a layer with quantised weights defines."""

from cornu import dtype_policies
from cornu.dtype_policies.policy_map import DTypePolicyMap
from cornu.dtype_policies.quantized import MODES


class Dtypes:
    """Mixin of `Layer` on its dtype policy and on quantisation."""

    @property
    def dtype_policy(self):
        """The `DTypePolicy` of the layer. Setting a quantised one on a built layer quantises it;
        setting one on a built layer that has a `DTypePolicyMap` puts it there, by its path."""
        return self._dtype_policy

    @dtype_policy.setter
    def dtype_policy(self, value):
        policy = dtype_policies.get(value)
        here = policy.at(self._path)
        if self.built and self._is_quantized and here.quantization_mode != self.quantization_mode:
            raise ValueError(
                f"The weights of layer '{self.name}' are quantized ({self._policy_here.name}),"
                " which cannot be undone or done in another way. Received:"
                f" dtype_policy={policy.name!r}"
            )
        if self.built and not self._is_quantized and here.quantization_mode is not None:
            self._quantize_for(here)
        mapped, own = self._dtype_policy, not isinstance(policy, DTypePolicyMap)
        if own and isinstance(mapped, DTypePolicyMap) and self.path is not None:
            if self.path in mapped:
                del mapped[self.path]
            mapped[self.path] = policy
            policy = mapped
        self._use_policy(policy)

    def _use_policy(self, policy):
        """Take the dtypes that `policy` has for a layer at this path."""
        here = policy.at(self.__dict__.get("_path"))
        dtype = here.compute_dtype
        self.__dict__.update(
            _dtype_policy=policy,
            _policy_here=here,
            _is_quantized=here.quantization_mode is not None,
            _compute_dtype=dtype,
            # Only floats are cast: weights that a layer of integers has are read as they are.
            _autocast_dtype=dtype if "float" in dtype else None,
        )

    def _quantize_for(self, policy):
        mode = policy.quantization_mode
        if mode in ("gptq", "awq"):
            raise ValueError(
                f"Implicitly enabling {mode.upper()} quantization by setting `dtype_policy` to"
                f" '{policy.name}' is not supported: it needs data to calibrate on. Use"
                f" `quantize('{mode}', config=...)` of the layer or model instead."
            )
        self.quantize(mode, **self._quantization_settings(policy))

    def _quantization_settings(self, policy):
        """Further arguments of `quantize`, for what a policy says beyond the mode."""
        return {}

    @property
    def dtype(self):
        """The dtype of the weights."""
        return self.variable_dtype

    @property
    def compute_dtype(self):
        """The dtype of the computation."""
        return self._policy_here.compute_dtype

    @property
    def variable_dtype(self):
        """The dtype of the weights."""
        return self._policy_here.variable_dtype

    @property
    def input_dtype(self):
        """The dtype to which inputs are cast."""
        return self.compute_dtype

    @property
    def quantization_mode(self):
        """How the weights are quantised, or None."""
        return self._policy_here.quantization_mode

    def quantize(self, mode=None, type_check=True, config=None):
        """Quantise the weights. Layers with a kernel can; others may define it.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`.
            type_check: whether to refuse subclasses, which may use the kernel in their own ways.
            config: a `QuantizationConfig`, with which `mode` is not needed.

        Raises:
            NotImplementedError: if the layer can't.
            ValueError: if it is not built, or quantised already.
        """
        self._check_built_for_quantization()
        raise self._lacks("quantize")

    def quantized_build(self, input_shape, mode):
        """Make the weights of a layer whose policy is quantised."""
        raise self._lacks("quantized_build")

    def quantized_call(self, *args, **kwargs):
        """The computation with quantised weights: `_int8_call` and so on, by the mode."""
        mode = self.quantization_mode
        if mode not in MODES:
            raise NotImplementedError(
                f"Invalid quantization mode. Expected one of {MODES}. Received:"
                f" quantization_mode={mode}"
            )
        return getattr(self, f"_{mode}_call")(*args, **kwargs)

    def _int8_call(self, *args, **kwargs):
        raise self._lacks("_int8_call")

    def _int4_call(self, *args, **kwargs):
        raise self._lacks("_int4_call")

    def _float8_call(self, *args, **kwargs):
        raise self._lacks("_float8_call")

    def _gptq_call(self, *args, **kwargs):
        raise self._lacks("_gptq_call")

    def _awq_call(self, *args, **kwargs):
        raise self._lacks("_awq_call")

    def _lacks(self, method):
        name = type(self).__name__
        return NotImplementedError(f"Layer {name} does not have a `{method}` method implemented.")

    def _check_built_for_quantization(self):
        if not self.built:
            raise ValueError(
                f"Cannot quantize a layer that isn't yet built. Layer '{self.name}' (of type"
                f" '{type(self).__name__}') is not built yet."
            )
