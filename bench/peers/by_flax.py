"""The networks of `bench.rows.networks` as users of Flax's nnx write them, trained by optax."""

import functools

import jax.numpy as jnp
import optax
from flax import nnx

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
    model = NETWORKS[network](nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, optax.adam(1e-3, eps=1e-7), wrt=nnx.Param)

    def loss_function(model, inputs, labels):
        losses = optax.softmax_cross_entropy_with_integer_labels(model(inputs), labels)
        return jnp.mean(losses)

    @functools.partial(nnx.jit, donate_argnums=(0, 1))
    def step(model, optimizer, inputs, labels):
        loss, gradients = nnx.value_and_grad(loss_function)(model, inputs, labels)
        optimizer.update(model, gradients)
        return loss

    # What the step needs of Python objects is worked out once, not at each call.
    step = nnx.cached_partial(step, model, optimizer)

    def train():
        for first in range(0, len(x), batch):
            rows = slice(first, first + batch)
            loss = step(x[rows], y[rows])
        return float(loss)

    return train


class Perceptron(nnx.Module):
    """One hidden layer."""

    def __init__(self, rngs):
        self.hidden = nnx.Linear(784, 256, rngs=rngs)
        self.dense = nnx.Linear(256, CLASSES, rngs=rngs)

    def __call__(self, x):
        return self.dense(nnx.relu(self.hidden(x)))


class Cnn(nnx.Module):
    """Two convolutions with pooling."""

    def __init__(self, rngs):
        options = {"kernel_size": (3, 3), "padding": "VALID", "rngs": rngs}
        self.first, self.second = nnx.Conv(1, 32, **options), nnx.Conv(32, 64, **options)
        self.dense = nnx.Linear(1600, CLASSES, rngs=rngs)

    def __call__(self, x):
        for convolution in (self.first, self.second):
            x = nnx.max_pool(nnx.relu(convolution(x)), (2, 2), (2, 2))
        return self.dense(x.reshape(len(x), -1))


class Convolution(nnx.Module):
    """A convolution and batch normalization."""

    def __init__(self, window, inputs, outputs, stride, rngs):
        self.convolution = nnx.Conv(
            inputs, outputs, (window, window), stride, use_bias=False, rngs=rngs
        )
        self.norm = nnx.BatchNorm(outputs, momentum=MOMENTUM, epsilon=EPSILON, rngs=rngs)

    def __call__(self, x):
        return self.norm(self.convolution(x))


class Residual(nnx.Module):
    """A residual block."""

    def __init__(self, inputs, width, rngs):
        stride = 1 if width == inputs else 2
        self.first = Convolution(3, inputs, width, stride, rngs)
        self.second = Convolution(3, width, width, 1, rngs)
        self.shortcut = None if stride == 1 else Convolution(1, inputs, width, stride, rngs)

    def __call__(self, x):
        shortcut = x if self.shortcut is None else self.shortcut(x)
        return nnx.relu(self.second(nnx.relu(self.first(x))) + shortcut)


class Resnet(nnx.Module):
    """A stem, residual blocks and a dense layer."""

    def __init__(self, rngs):
        self.stem = Convolution(3, 3, 64, 1, rngs)
        before = (64, *RESIDUAL_WIDTHS)
        pairs = zip(before, RESIDUAL_WIDTHS, strict=False)
        self.blocks = nnx.List([Residual(inputs, width, rngs) for inputs, width in pairs])
        self.dense = nnx.Linear(RESIDUAL_WIDTHS[-1], CLASSES, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.dense(jnp.mean(x, (1, 2)))


class Lstm(nnx.Module):
    """An LSTM over words."""

    def __init__(self, rngs):
        self.embedding = nnx.Embed(VOCABULARY, UNITS, rngs=rngs)
        self.recurrence = nnx.RNN(nnx.OptimizedLSTMCell(UNITS, UNITS, rngs=rngs), rngs=rngs)
        self.dense = nnx.Linear(UNITS, 2, rngs=rngs)

    def __call__(self, words):
        return self.dense(self.recurrence(self.embedding(words))[:, -1])


class Block(nnx.Module):
    """Attention and two dense layers, normalized after each sum."""

    def __init__(self, rngs):
        self.attention = nnx.MultiHeadAttention(HEADS, WIDTH, decode=False, rngs=rngs)
        self.widen = nnx.Linear(WIDTH, WIDENED, rngs=rngs)
        self.narrow = nnx.Linear(WIDENED, WIDTH, rngs=rngs)
        self.norms = nnx.List([nnx.LayerNorm(WIDTH, epsilon=EPSILON, rngs=rngs) for _ in range(2)])

    def __call__(self, x):
        x = self.norms[0](x + self.attention(x))
        return self.norms[1](x + self.narrow(nnx.relu(self.widen(x))))


class Transformer(nnx.Module):
    """Blocks of attention over words."""

    def __init__(self, rngs):
        self.embedding = nnx.Embed(VOCABULARY, WIDTH, rngs=rngs)
        self.blocks = nnx.List([Block(rngs) for _ in range(BLOCKS)])
        self.dense = nnx.Linear(WIDTH, 2, rngs=rngs)

    def __call__(self, words):
        x = self.embedding(words)
        for block in self.blocks:
            x = block(x)
        return self.dense(jnp.mean(x, 1))


NETWORKS = {
    "mlp": Perceptron,
    "cnn": Cnn,
    "resnet": Resnet,
    "lstm": Lstm,
    "transformer": Transformer,
}
