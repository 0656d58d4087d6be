"""Quantised layers as tables, for Keras (which is recorded) and cornu (which is tested) alike."""

import numpy as np

RANK, ALPHA = 2, 3.0
UNITS, WIDTH = 5, 10


def normal(seed, *shape):
    """Normal numbers that are the same everywhere."""
    return np.random.RandomState(seed).randn(*shape).astype("float32")


def weights_only(library):
    return library.quantizers.Int8QuantizationConfig(activation_quantizer=None)


def narrow(library):
    quantizer = library.quantizers.AbsMaxQuantizer(axis=0, value_range=(-100, 100))
    return library.quantizers.Int8QuantizationConfig(weight_quantizer=quantizer)


def blocks(size):
    return lambda library: library.quantizers.Int4QuantizationConfig(block_size=size)


def integer_products(library):
    quantizer = library.quantizers.AbsMaxQuantizer(axis=-1, value_range=(-8, 7))
    return library.quantizers.Int4QuantizationConfig(
        activation_quantizer=quantizer, block_size=None
    )


# Name: (layer, mode, maker of the config or None, whether low-rank adaptation is on).
LAYERS = {
    "dense_int8": ("dense", "int8", None, False),
    "dense_int8_lora": ("dense", "int8", None, True),
    "dense_int8_weights_only": ("dense", "int8", weights_only, False),
    "dense_int8_narrow": ("dense", "int8", narrow, False),
    "dense_int4": ("dense", "int4", None, False),
    "dense_int4_blocks": ("dense", "int4", blocks(4), False),
    "dense_int4_blocks_lora": ("dense", "int4", blocks(4), True),
    "dense_int4_whole": ("dense", "int4", blocks(None), False),
    "dense_int4_minus_1": ("dense", "int4", blocks(-1), False),
    "dense_int4_products": ("dense", "int4", integer_products, False),
    "dense_float8": ("dense", "float8", None, False),
    "embedding_int8": ("embedding", "int8", None, False),
    "embedding_int8_lora": ("embedding", "int8", None, True),
    "embedding_int4": ("embedding", "int4", None, False),
    "embedding_int4_blocks": ("embedding", "int4", blocks(4), False),
    "embedding_int4_whole": ("embedding", "int4", blocks(None), False),
    "embedding_int4_whole_lora": ("embedding", "int4", blocks(None), True),
}


def make(library, name, dtype="float32"):
    """The layer of a case, built, adapted and quantised."""
    kind, mode, config, lora = LAYERS[name]
    layer = plain(library, kind, dtype)
    if lora:
        layer.enable_lora(RANK, lora_alpha=ALPHA)
        kernel = "kernel" if kind == "dense" else "embeddings"
        for seed, letter in ((5, "a"), (6, "b")):
            matrix = getattr(layer, f"lora_{kernel}_{letter}")
            matrix.assign(normal(seed, *matrix.shape))
    layer.quantize(mode, config=None if config is None else config(library))
    return layer


def plain(library, kind, dtype="float32"):
    """The layer of a kind before quantisation."""
    if kind == "dense":
        layer = library.layers.Dense(UNITS, dtype=dtype, name="layer")
    else:
        layer = library.layers.Embedding(9, 7, dtype=dtype, name="layer")
    layer.build((None, WIDTH))
    values = layer.get_weights()
    layer.set_weights([normal(seed, *value.shape) for seed, value in enumerate(values)])
    return layer


def inputs_of(name):
    """What the layer of a case is called on."""
    if LAYERS[name][0] == "dense":
        return normal(9, 3, WIDTH)
    return np.array([[0, 3, 8], [1, 1, 2]], "int32")


def stored(layer):
    """What the layer puts into a file."""
    store = {}
    layer.save_own_variables(store)
    return {key: np.asarray(getattr(value, "value", value)) for key, value in store.items()}


def gradients(library, layer, inputs):
    """By name, the gradients of the sum of squares of a call in training, on JAX."""
    import jax

    fixed = [variable.value for variable in layer.non_trainable_variables]
    training = {"training": True} if "training" in layer.call.__code__.co_varnames else {}

    def loss(trained):
        outputs = layer.stateless_call(trained, fixed, inputs, **training)[0]
        return library.ops.sum(library.ops.square(outputs))

    found = jax.grad(loss)([variable.value for variable in layer.trainable_variables])
    names = [variable.name for variable in layer.trainable_variables]
    return {name: np.asarray(value) for name, value in zip(names, found, strict=True)}


def model(library):
    """A model with an embedding, dense layers and a nested model, not yet quantised."""
    inputs = library.Input((4,), dtype="int32")
    x = library.layers.Embedding(9, 6, name="table")(inputs)
    x = library.layers.Dense(5, activation="relu", name="first")(x)
    inner = [
        library.layers.Dense(4, name="inner_first"),
        library.layers.Dense(3, use_bias=False, name="inner_last"),
    ]
    x = library.Sequential(inner, name="inner")(x)
    found = library.Model(inputs, library.layers.Flatten(name="flat")(x), name="model")
    values = found.get_weights()
    found.set_weights([normal(seed, *value.shape) for seed, value in enumerate(values)])
    return found


MODEL_INPUTS = np.random.RandomState(0).randint(0, 9, (3, 4)).astype("int32")
# Name of a file: (mode, maker of the config or None, filters).
MODELS = {
    "int8": ("int8", None, None),
    "int4_blocks": ("int4", blocks(4), None),
    "float8_part": ("float8", None, ["^first$", "last"]),
}
