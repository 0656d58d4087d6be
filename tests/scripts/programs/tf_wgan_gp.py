"""WGAN-GP with a train_step of its own: gradients of gradients inside compiled training."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(4)
NOISE = 4

discriminator = keras.Sequential(
    [keras.Input((2,)), layers.Dense(32, activation="tanh"), layers.Dense(1)], name="discriminator"
)
generator = keras.Sequential(
    [keras.Input((NOISE,)), layers.Dense(32, activation="relu"), layers.Dense(2)], name="generator"
)


class WGAN(keras.Model):
    def __init__(self, discriminator, generator, discriminator_extra_steps=3, gp_weight=1.0):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.d_steps = discriminator_extra_steps
        self.gp_weight = gp_weight

    def compile(self, d_optimizer, g_optimizer, d_loss_fn, g_loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.d_loss_fn = d_loss_fn
        self.g_loss_fn = g_loss_fn

    def gradient_penalty(self, batch_size, real, fake):
        alpha = tf.random.uniform([batch_size, 1], 0.0, 1.0)
        interpolated = real + alpha * (fake - real)
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.discriminator(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]) + 1e-12)
        return tf.reduce_mean((norm - 1.0) ** 2)

    def train_step(self, real):
        batch_size = tf.shape(real)[0]
        for _ in range(self.d_steps):
            latent = tf.random.normal(shape=(batch_size, NOISE))
            with tf.GradientTape() as tape:
                fake = self.generator(latent, training=True)
                fake_logits = self.discriminator(fake, training=True)
                real_logits = self.discriminator(real, training=True)
                d_cost = self.d_loss_fn(real_logits, fake_logits)
                gp = self.gradient_penalty(batch_size, real, fake)
                d_loss = d_cost + gp * self.gp_weight
            d_gradient = tape.gradient(d_loss, self.discriminator.trainable_variables)
            self.d_optimizer.apply_gradients(
                zip(d_gradient, self.discriminator.trainable_variables)
            )
        latent = tf.random.normal(shape=(batch_size, NOISE))
        with tf.GradientTape() as tape:
            generated = self.generator(latent, training=True)
            g_loss = self.g_loss_fn(self.discriminator(generated, training=True))
        gen_gradient = tape.gradient(g_loss, self.generator.trainable_variables)
        self.g_optimizer.apply_gradients(zip(gen_gradient, self.generator.trainable_variables))
        return {"d_loss": d_loss, "g_loss": g_loss, "penalty": gp}


class Monitor(keras.callbacks.Callback):
    def __init__(self, points=256):
        super().__init__()
        self.noise = tf.random.normal((points, NOISE))
        self.centers = []

    def on_epoch_end(self, epoch, logs=None):
        self.centers.append(tf.reduce_mean(self.model.generator(self.noise), axis=0).numpy())


points = np.random.default_rng(0).normal([3.0, -2.0], 0.3, (1024, 2)).astype("float32")
monitor = Monitor()
wgan = WGAN(discriminator, generator)
wgan.compile(
    d_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5, beta_2=0.9),
    g_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5, beta_2=0.9),
    d_loss_fn=lambda real, fake: tf.reduce_mean(fake) - tf.reduce_mean(real),
    g_loss_fn=lambda fake: -tf.reduce_mean(fake),
)
history = wgan.fit(points, batch_size=64, epochs=40, callbacks=[monitor], verbose=0).history
distances = np.linalg.norm(np.array(monitor.centers) - [3.0, -2.0], axis=1)
print("distance of the centers:", distances[0], distances[-1])
assert distances[-1] < 0.5 * distances[0] and distances[-1] < 1.0
assert np.isfinite(history["d_loss"]).all() and history["penalty"][-1] < 1.0
