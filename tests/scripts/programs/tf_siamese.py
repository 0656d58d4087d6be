"""A siamese network with a contrastive loss: are two drawings of the same kind?"""

import random

import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Dropout, Flatten, Input, Lambda
from tensorflow.keras.models import Model
from tensorflow.keras.optimizers import RMSprop

random.seed(0)
np.random.seed(0)
tf.random.set_seed(0)
num_classes, epochs = 4, 8


def euclidean_distance(vects):
    x, y = vects
    sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
    return K.sqrt(K.maximum(sum_square, K.epsilon()))


def contrastive_loss(y_true, y_pred):
    margin = 1
    y_true = tf.cast(y_true, y_pred.dtype)
    square_pred = K.square(y_pred)
    margin_square = K.square(K.maximum(margin - y_pred, 0))
    return K.mean(y_true * square_pred + (1 - y_true) * margin_square)


def create_pairs(x, digit_indices):
    pairs, labels = [], []
    n = min(len(digit_indices[d]) for d in range(num_classes)) - 1
    for d in range(num_classes):
        for i in range(n):
            z1, z2 = digit_indices[d][i], digit_indices[d][i + 1]
            pairs += [[x[z1], x[z2]]]
            other = (d + random.randrange(1, num_classes)) % num_classes
            z1, z2 = digit_indices[d][i], digit_indices[other][i]
            pairs += [[x[z1], x[z2]]]
            labels += [1, 0]
    return np.array(pairs), np.array(labels)


def create_base_network(input_shape):
    inputs = Input(shape=input_shape)
    x = Flatten()(inputs)
    x = Dense(32, activation="relu")(x)
    x = Dropout(0.1)(x)
    x = Dense(16, activation="relu")(x)
    return Model(inputs, x)


def accuracy(y_true, y_pred):
    return K.mean(K.equal(y_true, K.cast(y_pred < 0.5, y_true.dtype)))


patterns = np.random.rand(num_classes, 6, 6)
y = np.random.randint(0, num_classes, 400)
x = (patterns[y] + 0.25 * np.random.randn(400, 6, 6)).astype("float32")
indices = [np.where(y == i)[0] for i in range(num_classes)]
tr_pairs, tr_y = create_pairs(x, indices)

input_shape = x.shape[1:]
base_network = create_base_network(input_shape)
input_a, input_b = Input(shape=input_shape), Input(shape=input_shape)
processed_a, processed_b = base_network(input_a), base_network(input_b)
distance = Lambda(euclidean_distance, output_shape=(1,))([processed_a, processed_b])
model = Model([input_a, input_b], distance)
assert len(model.trainable_weights) == 4  # shared by both sides

model.compile(loss=contrastive_loss, optimizer=RMSprop(0.003), metrics=[accuracy])
history = model.fit(
    [tr_pairs[:, 0], tr_pairs[:, 1]],
    tr_y.reshape(-1, 1).astype("float32"),
    batch_size=64,
    epochs=epochs,
    verbose=0,
)
y_pred = model.predict([tr_pairs[:, 0], tr_pairs[:, 1]], verbose=0)
right = np.mean((y_pred.ravel() < 0.5) == tr_y)
print("accuracy on training pairs", right)
assert right > 0.9 and history.history["loss"][-1] < history.history["loss"][0]
same, different = y_pred.ravel()[tr_y == 1].mean(), y_pred.ravel()[tr_y == 0].mean()
assert same < 0.5 < different
