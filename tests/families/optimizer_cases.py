"""Optimizers under test, and a training of two variables; for cornu and for Keras alike."""

import numpy as np

STEPS = 100


def makers():
    """Name -> function from the module `keras` to an optimizer."""
    return {
        "sgd": lambda keras: keras.optimizers.SGD(0.05),
        "sgd_momentum": lambda keras: keras.optimizers.SGD(0.02, momentum=0.9),
        "sgd_nesterov": lambda keras: keras.optimizers.SGD(0.02, momentum=0.8, nesterov=True),
        "adam": lambda keras: keras.optimizers.Adam(),
        "adam_settings": lambda keras: keras.optimizers.Adam(
            0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-3
        ),
        "adam_amsgrad": lambda keras: keras.optimizers.Adam(0.01, amsgrad=True),
        "adamw": lambda keras: keras.optimizers.AdamW(0.01, weight_decay=0.1),
        "rmsprop": lambda keras: keras.optimizers.RMSprop(0.01),
        "rmsprop_momentum": lambda keras: keras.optimizers.RMSprop(0.01, momentum=0.5, rho=0.8),
        "rmsprop_centered": lambda keras: keras.optimizers.RMSprop(
            0.01, momentum=0.3, centered=True, epsilon=1e-3
        ),
        "decay": lambda keras: keras.optimizers.SGD(0.05, momentum=0.5, weight_decay=0.2),
        "clipnorm": lambda keras: keras.optimizers.SGD(0.05, clipnorm=0.5),
        "clipvalue": lambda keras: keras.optimizers.Adam(0.01, clipvalue=0.3),
        "global_clipnorm": lambda keras: keras.optimizers.SGD(0.05, global_clipnorm=0.7),
        "ema": lambda keras: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.9),
        "ema_overwrite": lambda keras: keras.optimizers.SGD(
            0.05, use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3
        ),
        "accumulation": lambda keras: keras.optimizers.Adam(
            0.01, gradient_accumulation_steps=4, clipnorm=0.5, weight_decay=0.1
        ),
        "accumulation_ema": lambda keras: keras.optimizers.SGD(
            0.05, gradient_accumulation_steps=3, use_ema=True, ema_overwrite_frequency=2
        ),
        "loss_scale": lambda keras: keras.optimizers.SGD(
            0.05, loss_scale_factor=8.0, clipvalue=0.1
        ),
        "exponential": lambda keras: keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.8)
        ),
        "cosine": lambda keras: keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(0.0, 60, warmup_target=0.02, warmup_steps=20),
            gradient_accumulation_steps=2,
        ),
        "constraint": lambda keras: keras.optimizers.SGD(0.05, momentum=0.9),
    }


def start():
    """First values of the two variables."""
    draw = np.random.default_rng(0)
    return draw.normal(size=(3, 2)).astype("float32"), draw.normal(size=(2,)).astype("float32")


def gradients(values, step):
    """Gradients at a step, which depend on the values: those of a noisy bowl."""
    draw = np.random.default_rng(step)
    return [(v + 0.5 * draw.normal(size=v.shape)).astype("float32") for v in values]


def train(keras, name, steps=STEPS):
    """Names and final values of the variables, the optimizer's included, after some steps."""
    optimizer = makers()[name](keras)
    optimizer.name = "optimizer"
    pair = [
        keras.Variable(value, name=key)
        for key, value in zip(("kernel", "bias"), start(), strict=True)
    ]
    if name == "constraint":
        pair[0].constraint = keras.constraints.MaxNorm(0.4)
    optimizer.build(pair)
    for step in range(steps):
        grads = gradients([np.asarray(v) for v in pair], step)
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in grads], pair)
    variables = [*pair, *optimizer.variables]
    return [v.name for v in variables], [np.asarray(v) for v in variables]


SCHEDULES = {
    "exponential": lambda s: s.ExponentialDecay(0.5, 7, 0.6),
    "exponential_staircase": lambda s: s.ExponentialDecay(0.5, 7, 0.6, staircase=True),
    "inverse_time": lambda s: s.InverseTimeDecay(0.5, 7, 0.6),
    "inverse_time_staircase": lambda s: s.InverseTimeDecay(0.5, 7, 0.6, staircase=True),
    "polynomial": lambda s: s.PolynomialDecay(0.5, 20, 0.1, power=2.0),
    "polynomial_cycle": lambda s: s.PolynomialDecay(0.5, 6, 0.1, power=0.5, cycle=True),
    "piecewise": lambda s: s.PiecewiseConstantDecay([3, 10], [0.5, 0.2, 0.1]),
    "cosine": lambda s: s.CosineDecay(0.5, 20, alpha=0.1),
    "cosine_warmup": lambda s: s.CosineDecay(0.1, 20, warmup_target=0.5, warmup_steps=5),
    "cosine_restarts": lambda s: s.CosineDecayRestarts(0.5, 4, t_mul=1.5, m_mul=0.7, alpha=0.05),
    "cosine_restarts_equal": lambda s: s.CosineDecayRestarts(0.5, 4, t_mul=1.0),
}
SCHEDULE_STEPS = tuple(range(30))
