"""The networks of `bench.rows.networks` by hand on JAX: pure functions, and one compiled step that
takes the state over.

A network is two functions: of a key, to its parameters and what else it keeps; and of both and a
batch, to the logits and what it keeps then.
"""

import functools

import jax
import jax.numpy as jnp
from jax import lax

from bench.peers import adam
from bench.peers.sizes import (
    BLOCKS,
    CLASSES,
    EPSILON,
    HEADS,
    MOMENTUM,
    RESIDUAL_WIDTHS,
    UNITS,
    VOCABULARY,
    WIDENED,
    WIDTH,
)


def trainer(network, x, y, batch):
    """A function that trains for one pass over the data, and returns the last loss.

    Args:
        network: a name from `NETWORKS`.
        x, y: arrays; a multiple of `batch` samples.
    """
    make, apply = NETWORKS[network]

    def loss_function(parameters, kept, inputs, labels):
        logits, kept = apply(parameters, kept, inputs)
        scores = jax.nn.log_softmax(logits)
        return -jnp.mean(jnp.take_along_axis(scores, labels[:, None], axis=1)), kept

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step(state, kept, inputs, labels):
        gradient = jax.value_and_grad(loss_function, has_aux=True)
        (loss, kept), gradients = gradient(state[1], kept, inputs, labels)
        return adam.step(state, gradients), kept, loss

    parameters, kept = make(jax.random.key(0))
    state = adam.start(parameters)

    def train():
        nonlocal state, kept
        for first in range(0, len(x), batch):
            rows = slice(first, first + batch)
            state, kept, loss = step(state, kept, x[rows], y[rows])
        return float(loss)

    return train


def weights(key, *shape):
    """A kernel and a bias."""
    return {
        "kernel": jax.nn.initializers.glorot_uniform()(key, shape),
        "bias": jnp.zeros(shape[-1]),
    }


def dense(layer, x):
    """A product and a sum."""
    return x @ layer["kernel"] + layer["bias"]


def convolve(x, kernel, stride=1, padding="SAME"):
    """XLA's convolution, channels last."""
    axes = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, kernel, (stride, stride), padding, dimension_numbers=axes)


def make_cnn(key):
    """Parameters of two convolutions and a dense layer."""
    keys = jax.random.split(key, 3)
    return {
        "convolutions": [weights(keys[0], 3, 3, 1, 32), weights(keys[1], 3, 3, 32, 64)],
        "dense": weights(keys[2], 1600, CLASSES),
    }, ()


def cnn(parameters, kept, x):
    """Two convolutions with pooling."""
    for layer in parameters["convolutions"]:
        x = jax.nn.relu(convolve(x, layer["kernel"], padding="VALID") + layer["bias"])
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return dense(parameters["dense"], x.reshape(len(x), -1)), kept


def make_resnet(key):
    """Parameters of a stem, of residual blocks and of a dense layer, and moving statistics."""
    keys = iter(jax.random.split(key, 3 * len(RESIDUAL_WIDTHS) + 2))
    kept = []

    def convolution(window, inputs, outputs):
        kept.append((jnp.zeros(outputs), jnp.ones(outputs)))
        kernel = weights(next(keys), window, window, inputs, outputs)["kernel"]
        return {"kernel": kernel, "scale": jnp.ones(outputs), "shift": jnp.zeros(outputs)}

    stem, blocks, before = convolution(3, 3, 64), [], 64
    for width in RESIDUAL_WIDTHS:
        block = {} if width == before else {"shortcut": convolution(1, before, width)}
        block["first"] = convolution(3, before, width)
        blocks.append({**block, "second": convolution(3, width, width)})
        before = width
    head = weights(next(keys), before, CLASSES)
    return {"stem": stem, "blocks": blocks, "dense": head}, kept


def resnet(parameters, kept, x):
    """Residual blocks with batch normalization."""
    statistics, moved = iter(kept), []

    def convolution(layer, x, stride=1):
        x = convolve(x, layer["kernel"], stride)
        mean, variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
        pairs = zip(next(statistics), (mean, variance), strict=True)
        moved.append(tuple(old * MOMENTUM + new * (1 - MOMENTUM) for old, new in pairs))
        return (x - mean) * lax.rsqrt(variance + EPSILON) * layer["scale"] + layer["shift"]

    x = jax.nn.relu(convolution(parameters["stem"], x))
    for block in parameters["blocks"]:
        stride = 2 if "shortcut" in block else 1
        shortcut = convolution(block["shortcut"], x, stride) if stride == 2 else x
        x = jax.nn.relu(convolution(block["first"], x, stride))
        x = jax.nn.relu(convolution(block["second"], x) + shortcut)
    return dense(parameters["dense"], jnp.mean(x, (1, 2))), moved


def make_lstm(key):
    """Parameters of an embedding, an LSTM and a dense layer."""
    keys = jax.random.split(key, 4)
    gates = weights(keys[1], UNITS, 4 * UNITS)
    return {
        "table": jax.random.uniform(keys[0], (VOCABULARY, UNITS), minval=-0.05, maxval=0.05),
        "inputs": {**gates, "bias": gates["bias"].at[UNITS : 2 * UNITS].set(1.0)},
        "recurrent": jax.nn.initializers.orthogonal()(keys[2], (UNITS, 4 * UNITS)),
        "dense": weights(keys[3], UNITS, 2),
    }, ()


def lstm(parameters, kept, words):
    """An LSTM; the products with its inputs are one product before the loop."""
    inputs = dense(parameters["inputs"], parameters["table"][words])

    def step(state, inputs):
        output, carry = state
        i, f, g, o = jnp.split(inputs + output @ parameters["recurrent"], 4, axis=-1)
        carry = jax.nn.sigmoid(f) * carry + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(carry), carry), None

    zeros = jnp.zeros((len(words), UNITS))
    (output, _), _ = lax.scan(step, (zeros, zeros), jnp.swapaxes(inputs, 0, 1))
    return dense(parameters["dense"], output), kept


def make_transformer(key):
    """Parameters of an embedding, of blocks of attention and of a dense layer."""
    keys = iter(jax.random.split(key, 6 * BLOCKS + 2))
    table = jax.random.uniform(next(keys), (VOCABULARY, WIDTH), minval=-0.05, maxval=0.05)
    sizes = dict.fromkeys(("query", "key", "value", "output"), (WIDTH, WIDTH))
    sizes |= {"widen": (WIDTH, WIDENED), "narrow": (WIDENED, WIDTH)}
    blocks = []
    for _ in range(BLOCKS):
        block = {name: weights(next(keys), *shape) for name, shape in sizes.items()}
        norms = [(jnp.ones(WIDTH), jnp.zeros(WIDTH)) for _ in range(2)]
        blocks.append({**block, "norms": norms})
    return {"table": table, "blocks": blocks, "dense": weights(next(keys), WIDTH, 2)}, ()


def normalize(norm, x):
    """Layer normalization."""
    mean, variance = jnp.mean(x, -1, keepdims=True), jnp.var(x, -1, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + EPSILON) * norm[0] + norm[1]


def transformer(parameters, kept, words):
    """Attention by JAX's own function, and two dense layers, normalized after each sum."""
    x = parameters["table"][words]
    heads = (*words.shape, HEADS, WIDTH // HEADS)
    for block in parameters["blocks"]:
        parts = [dense(block[name], x).reshape(heads) for name in ("query", "key", "value")]
        attended = jax.nn.dot_product_attention(*parts).reshape(x.shape)
        x = normalize(block["norms"][0], x + dense(block["output"], attended))
        widened = jax.nn.relu(dense(block["widen"], x))
        x = normalize(block["norms"][1], x + dense(block["narrow"], widened))
    return dense(parameters["dense"], jnp.mean(x, 1)), kept


NETWORKS = {
    "cnn": (make_cnn, cnn),
    "resnet": (make_resnet, resnet),
    "lstm": (make_lstm, lstm),
    "transformer": (make_transformer, transformer),
}
