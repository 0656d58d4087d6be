"""Deep Q-learning with replay memory and a target network, on a walk along a corridor."""

import random
from collections import deque

import numpy as np
import tensorflow as tf

random.seed(0)
np.random.seed(0)
tf.random.set_seed(0)
LENGTH, ACTIONS, GAMMA = 8, 2, 0.9


class Corridor:
    """Reach the right end; every step costs a little."""

    def reset(self):
        self.place, self.steps = LENGTH // 2, 0
        return self.state()

    def state(self):
        return np.eye(LENGTH, dtype=np.float32)[self.place]

    def step(self, action):
        self.place = max(self.place + (1 if action == 1 else -1), 0)
        self.steps += 1
        done = self.place == LENGTH - 1 or self.steps >= 30
        reward = 1.0 if self.place == LENGTH - 1 else -0.05
        return self.state(), reward, done


def make_network():
    inputs = tf.keras.layers.Input(shape=(LENGTH,))
    hidden = tf.keras.layers.Dense(24, activation="relu")(inputs)
    return tf.keras.Model(inputs=inputs, outputs=tf.keras.layers.Dense(ACTIONS)(hidden))


q_network, target_network = make_network(), make_network()
target_network.set_weights(q_network.get_weights())
optimizer = tf.keras.optimizers.Adam(learning_rate=0.01)
huber = tf.keras.losses.Huber()
memory = deque(maxlen=2000)


@tf.function
def learn(states, actions, rewards, next_states, dones):
    future = tf.reduce_max(target_network(next_states), axis=1)
    targets = rewards + (1.0 - dones) * GAMMA * future
    with tf.GradientTape() as tape:
        values = q_network(states)
        chosen = tf.reduce_sum(values * tf.one_hot(actions, ACTIONS), axis=1)
        loss = huber(targets, chosen)
    gradients = tape.gradient(loss, q_network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, q_network.trainable_variables))
    return loss


def act(state, epsilon):
    if random.random() < epsilon:
        return random.randrange(ACTIONS)
    values = q_network(state[np.newaxis])
    return int(tf.argmax(values[0]).numpy())


env, frames, returns = Corridor(), 0, []
for episode in range(60):
    state, done, total = env.reset(), False, 0.0
    epsilon = max(0.05, 1.0 - episode / 30)
    while not done:
        action = act(state, epsilon)
        next_state, reward, done = env.step(action)
        memory.append((state, action, reward, next_state, float(done)))
        state, total, frames = next_state, total + reward, frames + 1
        if len(memory) >= 32:
            batch = random.sample(memory, 32)
            states, actions, rewards, next_states, dones = map(np.array, zip(*batch))
            loss = learn(
                tf.convert_to_tensor(states),
                tf.convert_to_tensor(actions, dtype=tf.int32),
                tf.convert_to_tensor(rewards, dtype=tf.float32),
                tf.convert_to_tensor(next_states),
                tf.convert_to_tensor(dones, dtype=tf.float32),
            )
        if frames % 50 == 0:
            target_network.set_weights(q_network.get_weights())
    returns.append(total)

print("mean return of the first and the last ten:", np.mean(returns[:10]), np.mean(returns[-10:]))
assert np.mean(returns[-10:]) > 0.7 > np.mean(returns[:5])
assert np.isfinite(loss.numpy())
assert all(act(np.eye(LENGTH, dtype=np.float32)[place], 0.0) == 1 for place in range(3, LENGTH - 1))
