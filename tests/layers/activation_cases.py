"""Activations as layers."""

from layers.case import IMAGE, SEQUENCE, Case, bools, floats

CASES = {
    "activation_gelu": Case(
        lambda k: k.layers.Activation(k.activations.gelu), SEQUENCE, mask=bools(2, 7)
    ),
    "relu": Case(lambda k: k.layers.ReLU(), SEQUENCE, mask=bools(2, 7)),
    "relu_options": Case(
        lambda k: k.layers.ReLU(max_value=1.2, negative_slope=0.3, threshold=0.25), floats(4, 5)
    ),
    "relu_limit": Case(lambda k: k.layers.ReLU(0.5), floats(4, 5)),
    "leaky_relu": Case(lambda k: k.layers.LeakyReLU(), SEQUENCE, mask=bools(2, 7)),
    "leaky_relu_slope": Case(lambda k: k.layers.LeakyReLU(negative_slope=0), floats(4, 5)),
    "elu": Case(lambda k: k.layers.ELU(), SEQUENCE, mask=bools(2, 7)),
    "elu_alpha": Case(lambda k: k.layers.ELU(alpha=0.5), floats(4, 5)),
    "prelu": Case(lambda k: k.layers.PReLU(), SEQUENCE, mask=bools(2, 7)),
    "prelu_shared": Case(lambda k: k.layers.PReLU(shared_axes=[1, 2]), IMAGE),
    "prelu_options": Case(
        lambda k: k.layers.PReLU(
            k.initializers.Constant(0.2), "l2", alpha_constraint="non_neg", shared_axes=1
        ),
        SEQUENCE,
    ),
    "softmax": Case(lambda k: k.layers.Softmax(), SEQUENCE),
    "softmax_axis": Case(lambda k: k.layers.Softmax(axis=1), SEQUENCE),
    "softmax_axes": Case(lambda k: k.layers.Softmax(axis=(1, 2)), SEQUENCE),
    "softmax_mask": Case(lambda k: k.layers.Softmax(), floats(4, 5), mask=bools(4, 5)),
}
