"""Low-rank adaptation and quantisation of layers' kernels.

Importing this package hooks it into layers and models; they know of it by `HOOKS` alone.
"""

from cornu.layers._kernels import HOOKS
from cornu.quantize.layer import build_layer, config_for, quantize_layer, serialization_spec
from cornu.quantize.lora import enable_lora
from cornu.quantize.model import layer_structure, quantize_model

HOOKS.update(
    quantize=quantize_layer,
    build=build_layer,
    config_for=config_for,
    enable_lora=enable_lora,
    spec=serialization_spec,
    quantize_model=quantize_model,
    layer_structure=layer_structure,
)
