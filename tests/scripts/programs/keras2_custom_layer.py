"""A custom layer, saved and loaded by `custom_objects`; a custom initializer and regularizer."""
import os
import tempfile

import numpy as np
from keras import backend as K
from keras.engine.topology import InputSpec, Layer
from keras.layers import Dense
from keras.models import Sequential, load_model

np.random.seed(2)


def narrow(shape, dtype=None):
    return K.random_normal(shape, stddev=0.4, dtype=dtype)


class RBFLayer(Layer):
    """Gaussian bumps around learned centers."""

    def __init__(self, units, gamma=1.0, **kwargs):
        super(RBFLayer, self).__init__(**kwargs)
        self.units = units
        self.gamma = K.cast_to_floatx(gamma)
        self.input_spec = [InputSpec(ndim=2)]

    def build(self, input_shape):
        self.mu = self.add_weight('mu', shape=(int(input_shape[1]), self.units),
                                  initializer=narrow, trainable=True)
        self.calls = self.add_weight(name='calls', shape=(1,), initializer='zeros', trainable=False)
        super(RBFLayer, self).build(input_shape)

    def call(self, inputs):
        self.add_update(K.update_add(self.calls, K.ones((1,))), inputs)
        diff = K.expand_dims(inputs) - self.mu
        l2 = K.sum(K.pow(diff, 2), axis=1)
        return K.exp(-1 * self.gamma * l2)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def get_config(self):
        config = {'units': self.units, 'gamma': float(self.gamma)}
        base_config = super(RBFLayer, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))


x = np.random.uniform(-1, 1, (600, 2)).astype('float32')
y = (np.hypot(x[:, 0], x[:, 1]) < 0.6).astype('float32')
model = Sequential()
model.add(RBFLayer(12, gamma=2.0, input_shape=(2,), name='rbf'))
model.add(Dense(1, activation='sigmoid'))
model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])
K.set_value(model.optimizer.lr, 0.02)
model.fit(x, y, batch_size=30, epochs=25, verbose=0)
loss, accuracy = model.evaluate(x, y, verbose=0)
print('accuracy', accuracy, 'calls', K.get_value(model.layers[0].calls))
assert accuracy > 0.93
assert K.get_value(model.layers[0].calls)[0] >= 25 * 20

path = os.path.join(tempfile.mkdtemp(), 'rbf.h5')
model.save(path)
restored = load_model(path, custom_objects={'RBFLayer': RBFLayer})
assert restored.get_layer('rbf').get_config()['units'] == 12
np.testing.assert_allclose(restored.predict(x), model.predict(x), atol=1e-6)
