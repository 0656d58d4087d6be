"""Learning rate schedules, interrupted training resumed by `BackupAndRestore`, EMA of weights."""
import os
import tempfile

import keras
import numpy as np

rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, (512, 1)).astype("float32")
y = np.sin(2 * x) + 0.05 * rng.normal(size=x.shape).astype("float32")


def get_model(schedule):
    keras.utils.set_random_seed(11)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(48, activation="gelu"),
                              keras.layers.Dense(24, activation="gelu"), keras.layers.Dense(1)])
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-5, clipnorm=1.0, use_ema=True,
                                       ema_momentum=0.9)
    model.compile(optimizer=optimizer, loss="mse")
    return model


class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, peak, warmup):
        self.peak, self.warmup = peak, warmup

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        return self.peak * keras.ops.minimum((step + 1) / self.warmup, (self.warmup / (step + 1)) ** 0.5)

    def get_config(self):
        return {"peak": self.peak, "warmup": self.warmup}


class InterruptingCallback(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 10:
            raise RuntimeError("Interrupting!")


cosine = keras.optimizers.schedules.CosineDecay(0.02, decay_steps=30 * 16, alpha=0.05)
results = {}
for name, schedule in (("cosine", cosine), ("warmup", Warmup(0.02, 40))):
    model = get_model(schedule)
    backup = keras.callbacks.BackupAndRestore(backup_dir=os.path.join(tempfile.mkdtemp(), "backup"))
    try:
        model.fit(x, y, epochs=30, batch_size=32, verbose=0, callbacks=[backup, InterruptingCallback()])
        raise SystemExit("it was not interrupted")
    except RuntimeError:
        pass
    history = model.fit(x, y, epochs=30, batch_size=32, verbose=0, callbacks=[backup])
    assert history.epoch[-1] == 29 and int(model.optimizer.iterations) == 30 * 16
    results[name] = model.evaluate(x, y, verbose=0)
    print(name, results[name], float(model.optimizer.learning_rate))
assert max(results.values()) < 0.05 < y.var()
assert float(get_model(cosine).optimizer.learning_rate) > 0.019
