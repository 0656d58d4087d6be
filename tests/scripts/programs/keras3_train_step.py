"""What happens in `fit`, customised: `compute_loss`, own metrics, and the stateless `train_step` of
Keras on JAX."""
import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.normal(size=(600, 8)).astype("float32")
y = (x @ rng.normal(size=(8, 1)) + 0.1 * rng.normal(size=(600, 1))).astype("float32")


class PenalisedModel(keras.Model):
    """Adds a penalty in `compute_loss` and shows its mean."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.penalty_tracker = keras.metrics.Mean(name="penalty")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        loss = keras.ops.mean(keras.losses.mean_squared_error(y, y_pred))
        penalty = 1e-3 * keras.ops.sum(keras.ops.square(self.trainable_weights[0]))
        self.penalty_tracker.update_state(penalty)
        return loss + penalty

    @property
    def metrics(self):
        return [*super().metrics, self.penalty_tracker]


class StatelessModel(keras.Model):
    """`train_step` as a function of the state."""

    def compute_loss_and_updates(self, trainable_variables, non_trainable_variables, x, y, training=False):
        y_pred, non_trainable_variables = self.stateless_call(
            trainable_variables, non_trainable_variables, x, training=training
        )
        return self.compute_loss(x, y, y_pred), (y_pred, non_trainable_variables)

    def train_step(self, state, data):
        trainable_variables, non_trainable_variables, optimizer_variables, metrics_variables = state
        x, y = data[:2]
        grad_fn = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (loss, (y_pred, non_trainable_variables)), grads = grad_fn(
            trainable_variables, non_trainable_variables, x, y, training=True
        )
        trainable_variables, optimizer_variables = self.optimizer.stateless_apply(
            optimizer_variables, grads, trainable_variables
        )
        state = (trainable_variables, non_trainable_variables, optimizer_variables, metrics_variables)
        return {"batch_loss": loss}, state


for cls, name in ((PenalisedModel, "loss"), (StatelessModel, "batch_loss")):
    inputs = keras.Input(shape=(8,))
    hidden = keras.layers.Dense(16, activation="relu")(inputs)
    model = cls(inputs, keras.layers.Dense(1)(hidden))
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
    history = model.fit(x, y, epochs=12, batch_size=50, verbose=0).history
    print(cls.__name__, {key: (values[0], values[-1]) for key, values in history.items()})
    assert history[name][-1] < history[name][0] / 5
assert np.mean((model.predict(x, verbose=0) - y) ** 2) < 0.2 * y.var()
