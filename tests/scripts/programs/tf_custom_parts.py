"""Parts written by hand: a layer, an activation, a loss, a metric, a callback, a regularizer."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K

tf.random.set_seed(5)


class MyDense(keras.layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = keras.activations.get(activation)

    def build(self, batch_input_shape):
        self.kernel = self.add_weight(
            name="kernel", shape=[batch_input_shape[-1], self.units], initializer="glorot_normal"
        )
        self.bias = self.add_weight(name="bias", shape=[self.units], initializer="zeros")
        super().build(batch_input_shape)

    def call(self, X):
        return self.activation(X @ self.kernel + self.bias)

    def compute_output_shape(self, batch_input_shape):
        return tf.TensorShape(list(batch_input_shape[:-1]) + [self.units])

    def get_config(self):
        base_config = super().get_config()
        activation = keras.activations.serialize(self.activation)
        return {**base_config, "units": self.units, "activation": activation}


class AddNoise(keras.layers.Layer):
    def __init__(self, stddev, **kwargs):
        super().__init__(**kwargs)
        self.stddev = stddev

    def call(self, X, training=None):
        if training:
            return X + tf.random.normal(tf.shape(X), stddev=self.stddev)
        return X

    def get_config(self):
        return {**super().get_config(), "stddev": self.stddev}


def my_softplus(z):
    return tf.math.log(tf.exp(z) + 1.0)


def my_l1_regularizer(weights):
    return tf.reduce_sum(tf.abs(0.0001 * weights))


def my_positive_weights(weights):
    return tf.where(weights < 0.0, tf.zeros_like(weights), weights)


class HuberLoss(keras.losses.Loss):
    def __init__(self, threshold=1.0, **kwargs):
        self.threshold = threshold
        super().__init__(**kwargs)

    def call(self, y_true, y_pred):
        error = y_true - y_pred
        is_small_error = tf.abs(error) < self.threshold
        squared_loss = tf.square(error) / 2
        linear_loss = self.threshold * tf.abs(error) - self.threshold**2 / 2
        return tf.where(is_small_error, squared_loss, linear_loss)

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}


class LargestError(keras.metrics.Metric):
    def __init__(self, name="largest_error", **kwargs):
        super().__init__(name=name, **kwargs)
        self.largest = self.add_weight(name="largest", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = tf.reduce_max(tf.abs(tf.cast(y_true, tf.float32) - y_pred))
        self.largest.assign(tf.maximum(self.largest, error))

    def result(self):
        return tf.identity(self.largest)

    def reset_state(self):
        self.largest.assign(0.0)


def rmse(y_true, y_pred):
    return K.sqrt(K.mean(K.square(y_pred - y_true)))


class Recorder(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.rates, self.batches = [], 0

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))
        if epoch == 3:
            self.model.optimizer.learning_rate.assign(self.rates[-1] / 10)


X = np.random.RandomState(0).randn(512, 4).astype(np.float32)
y = (np.abs(X[:, :1]) + X[:, 1:2]).astype(np.float32)
model = keras.models.Sequential(
    [
        keras.layers.InputLayer((4,)),
        AddNoise(0.01),
        MyDense(24, activation=my_softplus),
        keras.layers.Dense(
            8,
            activation="relu",
            kernel_regularizer=my_l1_regularizer,
            kernel_constraint=my_positive_weights,
        ),
        MyDense(1),
    ]
)
model.compile(
    loss=HuberLoss(2.0),
    optimizer=keras.optimizers.Nadam(0.01),
    metrics=["mae", rmse, LargestError()],
)
recorder = Recorder()
history = model.fit(
    X, y, epochs=12, validation_data=(X, y), callbacks=[recorder], verbose=0
).history
print({name: round(values[-1], 3) for name, values in history.items()})
assert history["val_loss"][-1] < history["val_loss"][0] / 2
assert history["largest_error"][-1] >= history["mae"][-1] and "val_rmse" in history
assert recorder.batches == 12 * 16 and recorder.rates[3] > 5 * recorder.rates[-1]
assert (model.layers[2].kernel.numpy() >= 0).all()

custom = {
    "MyDense": MyDense,
    "AddNoise": AddNoise,
    "my_softplus": my_softplus,
    "my_l1_regularizer": my_l1_regularizer,
    "my_positive_weights": my_positive_weights,
    "HuberLoss": HuberLoss,
    "LargestError": LargestError,
    "rmse": rmse,
}
with keras.utils.custom_object_scope(custom):
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
np.testing.assert_allclose(
    clone.predict(X[:5], verbose=0), model.predict(X[:5], verbose=0), rtol=1e-5
)
