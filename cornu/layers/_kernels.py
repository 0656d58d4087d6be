"""The one seam at which a layer's kernel is made, used and saved: low-rank adaptation and
quantisation take hold here.

The leaf package that implements them fills `HOOKS` and puts objects with the methods of
`quantize.strategy.Strategy` into layers' `_strategy`; this file knows no mode.
"""

from cornu import activations, ops
from cornu.layers._dtypes import Dtypes
from cornu.ops._affine import affine
from cornu.serial.decode import deserialize_keras_object

# By name, the functions that `Contracting` and `Model` call.
HOOKS = {}


class Contracting:
    """Mixin of layers that use a kernel: multiply their inputs by it, or look rows up in it.

    A layer says how, by `_apply_kernel(inputs, kernel)`, and makes its kernel by `_add_kernel`.
    """

    # Which strategies fit: "product" or "lookup".
    contraction = "product"
    kernel_name = "kernel"
    _strategy = None

    def _set_adaptation(self, lora_rank, lora_alpha, quantization_config):
        """Keep the constructor's arguments on low-rank adaptation and quantisation."""
        self.lora_rank = lora_rank
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.lora_enabled = False
        if isinstance(quantization_config, dict):
            quantization_config = deserialize_keras_object(quantization_config)
        self.quantization_config = quantization_config

    def _add_kernel(self, shape, **options):
        """Make the kernel, in the form that the dtype policy asks for."""
        if self.quantization_mode is not None:
            self.quantized_build(shape, self.quantization_mode, self.quantization_config)
        if self._strategy is None or self._strategy.keeps_kernel:
            kernel = self.add_weight(name=self.kernel_name, shape=shape, **options)
            setattr(self, f"_{self.kernel_name}", kernel)

    def _enable_lora_from_arguments(self):
        object.__setattr__(self, "built", True)
        if self.lora_rank:
            self.enable_lora(self.lora_rank, lora_alpha=self.lora_alpha)

    def _contract(self, inputs, training=None):
        """What the kernel makes of `inputs`."""
        strategy = self._strategy
        if strategy is None:
            return self._apply_kernel(inputs, getattr(self, f"_{self.kernel_name}"))
        return strategy.contract(self, inputs, training)

    def _transform(self, inputs, training, equation=None):
        """What the kernel makes of `inputs`, plus the bias, activated.

        Args:
            equation: by which `_apply_kernel` multiplies, or None for a matrix product.
        """
        if self._strategy is None:
            relu = self.activation is activations.relu
            outputs = affine(
                inputs, getattr(self, f"_{self.kernel_name}"), self.bias, equation, relu
            )
            if outputs is not None:
                return outputs if relu else self._activated(outputs)
        outputs = self._contract(inputs, training)
        if self.bias is not None:
            outputs = ops.add(outputs, self._bias_in_use())
        return self._activated(outputs)

    def _activated(self, outputs):
        plain = self.activation in (None, activations.linear)
        return outputs if plain else self.activation(outputs)

    def _bias_in_use(self):
        return self.bias if self._strategy is None else self._strategy.bias(self)

    def _kernel_in_use(self):
        """What the layer shows as its kernel.

        Raises:
            AttributeError: if the layer is not built.
        """
        if not self.built:
            raise AttributeError(f"You must build the layer before accessing `{self.kernel_name}`.")
        if self._strategy is None:
            return getattr(self, f"_{self.kernel_name}")
        return self._strategy.kernel(self)

    def enable_lora(self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"):
        """Freeze the kernel and train the product of two thin matrices that is added to it (Hu et
        al. 2021).

        Args:
            rank: int, the size that the two matrices share.
            lora_alpha: float, by default `rank`; their product is scaled by `lora_alpha / rank`.
            a_initializer: name, config or callable for the first, (inputs, rank).
            b_initializer: the same for the second, (rank, outputs).

        Raises:
            ValueError: if the kernel has a constraint, the layer is not built, or this was done.
        """
        _hook("enable_lora")(self, rank, lora_alpha, a_initializer, b_initializer)

    def quantize(self, mode=None, type_check=True, config=None):
        """Quantise the kernel, once.

        Args:
            mode: `"int8"`, `"int4"`, `"float8"`, `"gptq"` or `"awq"`.
            type_check: whether to refuse subclasses, which may use the kernel in their own ways.
            config: a `QuantizationConfig`, with which `mode` is not needed.

        Raises:
            NotImplementedError: for a subclass, or a mode that this layer lacks.
            ValueError: for bad arguments, or if the layer is not built, or quantised already.
        """
        _hook("quantize")(self, mode, type_check, config)

    def _quantization_settings(self, policy):
        return {"config": _hook("config_for")(policy)}

    def quantized_build(self, kernel_shape, mode, config=None):
        """Make the variables of a kernel of `kernel_shape` that is quantised in `mode`."""
        _hook("build")(self, kernel_shape, mode, config)

    def quantized_call(self, *args, **kwargs):
        """The computation with a quantised kernel: `call`, of which the kernel is only a part."""
        if self._strategy is None:
            return Dtypes.quantized_call(self, *args, **kwargs)
        return self.call(*args, **kwargs)

    @property
    def variable_serialization_spec(self):
        """By mode, the names of the layer's variables in the order in which files hold them."""
        return _hook("spec")(self)

    def _own_variables(self):
        own = super()._own_variables()
        return own if self._strategy is None else self._strategy.in_file_order(self, own)

    def _saved_values(self):
        values = super()._saved_values()
        return values if self._strategy is None else self._strategy.saved_values(self, values)

    def _after_load(self):
        if self._strategy is not None:
            self._strategy.after_load(self)

    def get_config(self):
        """The constructor's arguments, with `lora_rank` and `lora_alpha` where they are in use."""
        config = super().get_config()
        if self.lora_rank:
            config.update(lora_rank=self.lora_rank, lora_alpha=self.lora_alpha)
        return config


def _hook(name):
    if name not in HOOKS:
        raise NotImplementedError(
            "Quantization and low-rank adaptation come with `cornu.quantize`, which is not imported"
        )
    return HOOKS[name]
