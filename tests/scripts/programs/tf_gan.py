"""A generative adversarial network that learns a ring of points."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

tf.random.set_seed(1)
NOISE, BATCH = 8, 128


def make_generator():
    model = tf.keras.Sequential()
    model.add(layers.Input((NOISE,)))
    model.add(layers.Dense(32, use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.LeakyReLU())
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(2))
    return model


def make_discriminator():
    return tf.keras.Sequential(
        [
            layers.Dense(64),
            layers.LeakyReLU(0.2),
            layers.Dense(32, activation="relu"),
            layers.Dense(1),
        ]
    )


generator, discriminator = make_generator(), make_discriminator()
cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True)


def discriminator_loss(real_output, fake_output):
    real_loss = cross_entropy(tf.ones_like(real_output), real_output)
    fake_loss = cross_entropy(tf.zeros_like(fake_output), fake_output)
    return real_loss + fake_loss


def generator_loss(fake_output):
    return cross_entropy(tf.ones_like(fake_output), fake_output)


generator_optimizer = tf.keras.optimizers.Adam(1e-3, beta_1=0.5)
discriminator_optimizer = tf.keras.optimizers.Adam(1e-3, beta_1=0.5)


@tf.function
def train_step(points):
    noise = tf.random.normal([BATCH, NOISE])
    with tf.GradientTape() as gen_tape, tf.GradientTape() as disc_tape:
        generated = generator(noise, training=True)
        real_output = discriminator(points, training=True)
        fake_output = discriminator(generated, training=True)
        gen_loss = generator_loss(fake_output)
        disc_loss = discriminator_loss(real_output, fake_output)
    gen_gradients = gen_tape.gradient(gen_loss, generator.trainable_variables)
    disc_gradients = disc_tape.gradient(disc_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(
        zip(gen_gradients, generator.trainable_variables)
    )
    discriminator_optimizer.apply_gradients(
        zip(disc_gradients, discriminator.trainable_variables)
    )
    return gen_loss, disc_loss


angles = np.random.RandomState(0).uniform(0, 2 * np.pi, 4096)
ring = np.stack([2 * np.cos(angles), 2 * np.sin(angles)], axis=1).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices(ring).shuffle(4096).batch(BATCH, drop_remainder=True)

seed = tf.random.normal([512, NOISE])
before = tf.norm(generator(seed, training=False), axis=1)
for _epoch in range(25):
    for batch in dataset:
        gen_loss, disc_loss = train_step(batch)
after = tf.norm(generator(seed, training=False), axis=1)
print("radius before", tf.reduce_mean(before).numpy(), "after", tf.reduce_mean(after).numpy())
print("losses", gen_loss.numpy(), disc_loss.numpy())
assert abs(tf.reduce_mean(after).numpy() - 2.0) < 0.6
assert np.isfinite([gen_loss.numpy(), disc_loss.numpy()]).all()
moving_mean = generator.layers[1].non_trainable_variables[0]
assert np.abs(moving_mean.numpy()).max() > 0  # batch normalization kept its averages
