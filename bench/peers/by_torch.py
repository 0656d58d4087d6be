"""The networks of `bench.rows.networks` as users of PyTorch write them, run eagerly."""

import torch
from torch import nn

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
        x, y: NumPy arrays, images with channels last; a multiple of `batch` samples.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = NETWORKS[network]().to(device)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)
    x, y = torch.from_numpy(x).to(device), torch.from_numpy(y).long().to(device)
    if x.ndim == 4:
        # Channels stay last in memory, which is also what PyTorch's convolutions like best.
        x, model = x.permute(0, 3, 1, 2), model.to(memory_format=torch.channels_last)

    def train():
        for first in range(0, len(x), batch):
            rows = slice(first, first + batch)
            optimizer.zero_grad(set_to_none=True)
            loss = loss_function(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
        return loss.item()

    return train


def perceptron():
    """One hidden layer."""
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, CLASSES))


def cnn():
    """Two convolutions with pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1600, CLASSES),
    )


def convolution(window, inputs, outputs, stride):
    """A convolution and batch normalization."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, window, stride, padding=window // 2, bias=False),
        nn.BatchNorm2d(outputs, eps=EPSILON, momentum=1 - MOMENTUM),
    )


class Residual(nn.Module):
    """A residual block."""

    def __init__(self, inputs, width):
        super().__init__()
        stride = 1 if width == inputs else 2
        self.first = convolution(3, inputs, width, stride)
        self.second = convolution(3, width, width, 1)
        self.shortcut = nn.Identity() if stride == 1 else convolution(1, inputs, width, stride)

    def forward(self, x):
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


def resnet():
    """A stem, residual blocks and a dense layer."""
    before = (64, *RESIDUAL_WIDTHS)
    pairs = zip(before, RESIDUAL_WIDTHS, strict=False)
    return nn.Sequential(
        convolution(3, 3, 64, 1),
        nn.ReLU(),
        *(Residual(inputs, width) for inputs, width in pairs),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(RESIDUAL_WIDTHS[-1], CLASSES),
    )


class Lstm(nn.Module):
    """An LSTM over words."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, UNITS)
        self.recurrence = nn.LSTM(UNITS, UNITS, batch_first=True)
        self.dense = nn.Linear(UNITS, 2)

    def forward(self, words):
        outputs, _ = self.recurrence(self.embedding(words))
        return self.dense(outputs[:, -1])


class Transformer(nn.Module):
    """Blocks of attention over words: PyTorch's own, which are the same."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        options = {"dropout": 0.0, "layer_norm_eps": EPSILON, "batch_first": True}
        self.blocks = nn.Sequential(
            *(nn.TransformerEncoderLayer(WIDTH, HEADS, WIDENED, **options) for _ in range(BLOCKS))
        )
        self.dense = nn.Linear(WIDTH, 2)

    def forward(self, words):
        return self.dense(self.blocks(self.embedding(words)).mean(1))


NETWORKS = {
    "mlp": perceptron,
    "cnn": cnn,
    "resnet": resnet,
    "lstm": Lstm,
    "transformer": Transformer,
}
