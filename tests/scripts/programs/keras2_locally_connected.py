"""Layers and settings that Keras 3 has no more: LocallyConnected1D, ThresholdedReLU, `weights=`,
CuDNNGRU, `hard_sigmoid`, RadialConstraint's kin; freezing and fine-tuning in between."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, models, optimizers

np.random.seed(6)
x = np.random.normal(size=(500, 20, 2)).astype('float32')
places = np.linspace(-1, 1, 20)
y = ((x[:, :, 0] * places).sum(axis=1) > 0).astype('int64')

vectors = np.eye(2, 6).astype('float32')
model = models.Sequential([
    layers.Dense(6, weights=[vectors, np.zeros(6, 'float32')], trainable=False, input_shape=(20, 2)),
    layers.LocallyConnected1D(4, 5, strides=5, activation='tanh', kernel_regularizer='l2'),
    layers.ThresholdedReLU(theta=0.0),
    layers.Flatten(),
    layers.Dense(2, activation='softmax', kernel_constraint=tf.keras.constraints.max_norm(4.0)),
])
assert model.layers[1].kernel.shape == (4, 30, 4)
model.compile(optimizers.legacy.Adam(learning_rate=0.02), 'sparse_categorical_crossentropy', ['accuracy'])
model.fit(x, y, epochs=12, batch_size=50, verbose=0)
np.testing.assert_array_equal(model.layers[0].get_weights()[0], vectors)
loss, accuracy = model.evaluate(x, y, verbose=0)
print('accuracy', accuracy)
assert accuracy > 0.9

recurrent = models.Sequential([layers.CuDNNGRU(6, input_shape=(20, 2)), layers.Dense(1)])
recurrent.compile('sgd', tf.keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.AUTO))
first = recurrent.evaluate(x, x[:, -1, 0], verbose=0)
recurrent.fit(x, x[:, -1, 0], epochs=6, verbose=0)
assert recurrent.evaluate(x, x[:, -1, 0], verbose=0) < first
