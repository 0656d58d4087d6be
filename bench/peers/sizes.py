"""The sizes of the networks that all contenders train."""

CLASSES = 10  # of images
RESIDUAL_WIDTHS = (64, 64, 128, 128, 256, 256)
MOMENTUM, EPSILON = 0.99, 1e-3  # of normalization

VOCABULARY = 20_000
UNITS = 128  # of the LSTM, and of its embedding
BLOCKS, HEADS, WIDTH, WIDENED = 4, 4, 256, 1024  # of the transformer
