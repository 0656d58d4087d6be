"""A Wasserstein GAN with gradient penalty (Gulrajani et al., 2017) as users of tf.keras write it:
an overridden `train_step`, nested tapes, two optimizers."""

import time

import numpy as np

from bench.harness import Row, Target

FEATURES, LATENT, HIDDEN, BATCH, CRITIC_STEPS = 64, 16, 128, 64, 3
RATE, BETA_1, BETA_2, PENALTY = 1e-4, 0.5, 0.9, 10.0


def samples(quick):
    """Data to imitate."""
    count = 20 * BATCH if quick else 300 * BATCH
    return np.random.default_rng(0).standard_normal((count, FEATURES), "float32")


def make_gan(keras):
    """The model, compiled."""
    layers, ops = keras.layers, keras.ops

    def network(inputs, outputs):
        return keras.Sequential(
            [
                keras.Input((inputs,)),
                layers.Dense(HIDDEN, activation="tanh"),
                layers.Dense(HIDDEN, activation="tanh"),
                layers.Dense(outputs),
            ]
        )

    class Gan(keras.Model):
        def __init__(self):
            super().__init__()
            self.critic, self.generator = network(FEATURES, 1), network(LATENT, FEATURES)
            self.seeds = keras.random.SeedGenerator(0)

        def compile(self, critic_optimizer, generator_optimizer):
            super().compile()
            self.critic_optimizer = critic_optimizer
            self.generator_optimizer = generator_optimizer

        def penalty(self, real, fake):
            part = keras.random.uniform((BATCH, 1), seed=self.seeds)
            between = real + part * (fake - real)
            with keras.GradientTape() as tape:
                tape.watch(between)
                scores = self.critic(between, training=True)
            slope = tape.gradient(scores, between)
            norm = ops.sqrt(ops.sum(ops.square(slope), axis=1) + 1e-12)
            return ops.mean(ops.square(norm - 1.0))

        def train_step(self, real):
            for _ in range(CRITIC_STEPS):
                latent = keras.random.normal((BATCH, LATENT), seed=self.seeds)
                with keras.GradientTape() as tape:
                    fake = self.generator(latent, training=True)
                    loss = ops.mean(self.critic(fake, training=True)) - ops.mean(
                        self.critic(real, training=True)
                    )
                    critic_loss = loss + PENALTY * self.penalty(real, fake)
                weights = self.critic.trainable_variables
                gradients = tape.gradient(critic_loss, weights)
                self.critic_optimizer.apply_gradients(zip(gradients, weights, strict=True))
            latent = keras.random.normal((BATCH, LATENT), seed=self.seeds)
            with keras.GradientTape() as tape:
                fake = self.generator(latent, training=True)
                generator_loss = -ops.mean(self.critic(fake, training=True))
            weights = self.generator.trainable_variables
            gradients = tape.gradient(generator_loss, weights)
            self.generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
            return {"critic_loss": critic_loss, "generator_loss": generator_loss}

    model = Gan()
    model.compile(*(keras.optimizers.Adam(RATE, BETA_1, BETA_2) for _ in range(2)))
    return model


def fit(contender, quick):
    """Seconds for an epoch."""
    real = samples(quick)
    if contender == "jax":
        return by_hand(real)
    import cornu as keras

    model = make_gan(keras)
    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(
            (float(logs["critic_loss"]), time.perf_counter())
        )
    )

    def measure():
        ends.clear()
        model.fit(real, batch_size=BATCH, epochs=2, verbose=0, callbacks=[clock])
        return ends[1][1] - ends[0][1]

    measure()
    return measure


def by_hand(real):
    """The same step as pure functions, an epoch as one compiled scan."""
    import jax
    import jax.numpy as jnp

    from bench.peers import adam

    glorot = jax.nn.initializers.glorot_uniform()

    def network(key, sizes):
        keys = jax.random.split(key, len(sizes) - 1)
        pairs = zip(sizes[:-1], sizes[1:], strict=True)
        return [(glorot(k, pair), jnp.zeros(pair[1])) for k, pair in zip(keys, pairs, strict=True)]

    def apply(weights, x):
        for kernel, bias in weights[:-1]:
            x = jnp.tanh(x @ kernel + bias)
        kernel, bias = weights[-1]
        return x @ kernel + bias

    def critic_loss(critic, generator, real, key):
        key_1, key_2 = jax.random.split(key)
        fake = apply(generator, jax.random.normal(key_1, (BATCH, LATENT)))
        between = real + jax.random.uniform(key_2, (BATCH, 1)) * (fake - real)
        slope = jax.grad(lambda x: jnp.sum(apply(critic, x)))(between)
        norm = jnp.sqrt(jnp.sum(slope**2, axis=1) + 1e-12)
        loss = jnp.mean(apply(critic, fake)) - jnp.mean(apply(critic, real))
        return loss + PENALTY * jnp.mean((norm - 1.0) ** 2)

    def generator_loss(generator, critic, key):
        return -jnp.mean(apply(critic, apply(generator, jax.random.normal(key, (BATCH, LATENT)))))

    def step(carried, rows):
        critic_state, generator_state, key = carried
        generator = generator_state[1]
        batch = data[rows]
        key, *keys = jax.random.split(key, CRITIC_STEPS + 2)
        for own in keys[:-1]:
            gradient = jax.value_and_grad(critic_loss)
            loss, gradients = gradient(critic_state[1], generator, batch, own)
            critic_state = adam.step(critic_state, gradients, RATE, BETA_1, BETA_2)
        gradients = jax.grad(generator_loss)(generator, critic_state[1], keys[-1])
        generator_state = adam.step(generator_state, gradients, RATE, BETA_1, BETA_2)
        return (critic_state, generator_state, key), loss

    @jax.jit
    def epoch(carried, order):
        carried, losses = jax.lax.scan(step, carried, order)
        return carried, losses[-1]

    data = jax.device_put(real)
    critic = network(jax.random.key(0), (FEATURES, HIDDEN, HIDDEN, 1))
    generator = network(jax.random.key(1), (LATENT, HIDDEN, HIDDEN, FEATURES))
    carried = (adam.start(critic), adam.start(generator), jax.random.key(2))

    def measure():
        nonlocal carried
        order = np.random.permutation(len(real)).reshape(-1, BATCH)
        start = time.perf_counter()
        carried, loss = epoch(carried, order)
        float(loss)
        return time.perf_counter() - start

    measure()
    return measure


ROWS = [
    Row(
        name="wgan_fit",
        title="WGAN-GP with nested tapes in `train_step`, an epoch of 300 steps",
        setup=fit,
        contenders=("cornu", "jax"),
        targets=(
            Target(
                "WGAN-GP: time over the step written by hand",
                lambda median: median["cornu"] / median["jax"],
                at_most=1.15,
            ),
        ),
    ),
]
