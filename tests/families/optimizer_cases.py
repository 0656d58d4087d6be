"""Optimizers under test, and a training of two variables; for cornu and for Keras alike."""

import jax
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
        "adadelta": lambda keras: keras.optimizers.Adadelta(),
        "adadelta_settings": lambda keras: keras.optimizers.Adadelta(0.9, rho=0.8, epsilon=1e-2),
        "adafactor": lambda keras: keras.optimizers.Adafactor(0.05),
        "adafactor_settings": lambda keras: keras.optimizers.Adafactor(
            0.02,
            beta_2_decay=-0.6,
            epsilon_1=1e-3,
            epsilon_2=0.1,
            clip_threshold=0.5,
            relative_step=False,
            weight_decay=0.1,
        ),
        "adagrad": lambda keras: keras.optimizers.Adagrad(0.05),
        "adagrad_settings": lambda keras: keras.optimizers.Adagrad(
            0.05, initial_accumulator_value=0.5, epsilon=1e-2, clipnorm=0.7
        ),
        "adamax": lambda keras: keras.optimizers.Adamax(),
        "adamax_settings": lambda keras: keras.optimizers.Adamax(
            0.02, beta_1=0.7, beta_2=0.9, epsilon=1e-2, weight_decay=0.05
        ),
        "ftrl": lambda keras: keras.optimizers.Ftrl(0.05),
        "ftrl_settings": lambda keras: keras.optimizers.Ftrl(
            0.2,
            learning_rate_power=-0.3,
            initial_accumulator_value=0.3,
            l1_regularization_strength=0.2,
            l2_regularization_strength=0.05,
            l2_shrinkage_regularization_strength=0.03,
            beta=0.1,
        ),
        "lamb": lambda keras: keras.optimizers.Lamb(),
        "lamb_settings": lambda keras: keras.optimizers.Lamb(
            0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-2, weight_decay=0.1
        ),
        "lion": lambda keras: keras.optimizers.Lion(),
        "lion_settings": lambda keras: keras.optimizers.Lion(
            0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.1, use_ema=True, ema_momentum=0.8
        ),
        "nadam": lambda keras: keras.optimizers.Nadam(),
        "nadam_settings": lambda keras: keras.optimizers.Nadam(
            0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-2, gradient_accumulation_steps=2
        ),
        "muon": lambda keras: keras.optimizers.Muon(0.01),
        "muon_settings": lambda keras: keras.optimizers.Muon(
            0.02,
            adam_beta_1=0.8,
            adam_beta_2=0.95,
            adam_weight_decay=0.1,
            adam_lr_ratio=0.5,
            weight_decay=0.02,
            momentum=0.8,
            ns_steps=4,
            nesterov=False,
            rms_rate=None,
            epsilon=1e-3,
        ),
        "schedule_free": lambda keras: keras.optimizers.ScheduleFreeAdamW(0.02),
        "schedule_free_settings": lambda keras: keras.optimizers.ScheduleFreeAdamW(
            0.02, beta_1=0.8, beta_2=0.95, epsilon=1e-3, warmup_steps=10, weight_decay=0.1
        ),
        "loss_scale_dynamic": lambda keras: keras.optimizers.LossScaleOptimizer(
            keras.optimizers.Adam(0.01, clipnorm=0.5), initial_scale=2.0, dynamic_growth_steps=30
        ),
        "multi": lambda keras: keras.optimizers.MultiOptimizer(
            keras.optimizers.OptimizerMap(
                keras.optimizers.SGD(0.05, momentum=0.9, name="rest"),
                {"ker.*": keras.optimizers.Adam(0.01, name="matrices")},
            )
        ),
        "loss_scale_multi": lambda keras: keras.optimizers.LossScaleOptimizer(
            keras.optimizers.MultiOptimizer(
                keras.optimizers.OptimizerMap(
                    keras.optimizers.RMSprop(0.01, name="rest"),
                    {"bias": keras.optimizers.SGD(0.05, name="vectors")},
                )
            ),
            initial_scale=4.0,
        ),
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
    apply = optimizer.apply
    if name.startswith("loss_scale_") and keras.__name__ == "keras":
        apply = statelessly(optimizer)  # Keras on JAX cannot do it eagerly
    for step in range(steps):
        grads = gradients([np.asarray(v) for v in pair], step)
        apply([keras.ops.convert_to_tensor(g) for g in grads], pair)
    variables = [*pair, *optimizer.variables]
    return [own_name(v) for v in variables], [np.asarray(v) for v in variables]


def statelessly(optimizer):
    """`optimizer.apply` by way of `stateless_apply`."""
    run = jax.jit(optimizer.stateless_apply)

    def apply(grads, variables):
        groups = (variables, optimizer.variables)
        values = [[v.value for v in group] for group in groups]
        for group, found in zip(groups, run(values[1], grads, values[0]), strict=True):
            for variable, value in zip(group, found, strict=True):
                variable.assign(value)

    return apply


def own_name(variable):
    """A variable's name; Keras's Nadam has one without a name of its own."""
    return "u_product" if variable.name.startswith("variable") else variable.name


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

CONFIGS = {
    "adadelta": lambda keras: keras.optimizers.Adadelta(0.5, rho=0.8, name="o"),
    "adafactor": lambda keras: keras.optimizers.Adafactor(
        0.5, relative_step=False, clip_threshold=2.0, name="o"
    ),
    "adagrad": lambda keras: keras.optimizers.Adagrad(0.5, 0.2, name="o", clipvalue=1.0),
    "adamax": lambda keras: keras.optimizers.Adamax(0.5, beta_2=0.8, name="o"),
    "ftrl": lambda keras: keras.optimizers.Ftrl(
        keras.optimizers.schedules.ExponentialDecay(0.5, 7, 0.6), beta=0.3, name="o"
    ),
    "lamb": lambda keras: keras.optimizers.Lamb(0.5, epsilon=1e-3, name="o"),
    "lion": lambda keras: keras.optimizers.Lion(0.5, beta_1=0.8, use_ema=True, name="o"),
    "muon": lambda keras: keras.optimizers.Muon(
        0.5, exclude_layers=["head"], rms_rate=None, name="o"
    ),
    "nadam": lambda keras: keras.optimizers.Nadam(0.5, beta_1=0.8, name="o"),
    "schedule_free": lambda keras: keras.optimizers.ScheduleFreeAdamW(
        0.5, warmup_steps=4, name="o"
    ),
    "loss_scale": lambda keras: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.5, name="inner"), initial_scale=8.0, name="o"
    ),
    "multi": lambda keras: keras.optimizers.MultiOptimizer(
        keras.optimizers.OptimizerMap(
            keras.optimizers.SGD(0.5, name="rest"),
            {"kernel": keras.optimizers.Adam(0.25, name="matrices")},
        ),
        name="o",
    ),
}
