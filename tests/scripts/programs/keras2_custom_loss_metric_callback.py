"""A loss and metrics written with `K`, callbacks, a schedule by callback: Keras 2 as of 2018."""
import csv
import os
import tempfile

import keras
import numpy as np
from keras import backend as K
from keras.callbacks import (Callback, CSVLogger, EarlyStopping, LearningRateScheduler,
                             ModelCheckpoint, TerminateOnNaN)
from keras.layers import BatchNormalization, Dense
from keras.layers.advanced_activations import LeakyReLU
from keras.models import Sequential, load_model

np.random.seed(4)
x = np.random.normal(size=(800, 6)).astype('float32')
y = (x[:, 0] * x[:, 1] + x[:, 2] > 0.8).astype('float32').reshape(-1, 1)


def dice_loss(y_true, y_pred, smooth=1.0):
    intersection = K.sum(y_true * y_pred)
    return 1 - (2. * intersection + smooth) / (K.sum(y_true) + K.sum(y_pred) + smooth)


def bce_dice(y_true, y_pred):
    return K.mean(K.binary_crossentropy(y_true, y_pred)) + dice_loss(y_true, y_pred)


def recall(y_true, y_pred):
    true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    possible_positives = K.sum(K.round(K.clip(y_true, 0, 1)))
    return true_positives / (possible_positives + K.epsilon())


class LossHistory(Callback):
    def on_train_begin(self, logs={}):
        self.losses, self.rates = [], []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))

    def on_epoch_end(self, epoch, logs=None):
        self.rates.append(float(K.get_value(self.model.optimizer.lr)))


folder = tempfile.mkdtemp()
model = Sequential()
model.add(Dense(32, input_dim=6, kernel_initializer='he_uniform'))
model.add(LeakyReLU(alpha=0.1))
model.add(BatchNormalization())
model.add(Dense(1, activation='sigmoid'))
model.compile(keras.optimizers.Adam(lr=0.02, epsilon=None, decay=0.0), bce_dice, [recall, 'accuracy'])
before = model.evaluate(x, y, verbose=0)
history = LossHistory()
best = os.path.join(folder, 'best-{epoch:02d}.hdf5')
model.fit(x, y, batch_size=40, epochs=20, verbose=0, validation_split=0.2, callbacks=[
    history,
    LearningRateScheduler(lambda epoch: 0.02 * 0.9 ** epoch),
    CSVLogger(os.path.join(folder, 'log.csv')),
    EarlyStopping(monitor='val_loss', patience=10),
    ModelCheckpoint(best, monitor='val_loss', save_best_only=True),
    TerminateOnNaN(),
])
after = model.evaluate(x, y, verbose=0)
print('loss, recall, accuracy', before, '->', after)
assert after[0] < before[0] / 2 and after[1] > 0.7 and after[2] > 0.88
assert len(history.losses) == 16 * len(history.rates)
np.testing.assert_allclose(history.rates, [0.02 * 0.9 ** i for i in range(len(history.rates))], rtol=1e-5)
rows = list(csv.DictReader(open(os.path.join(folder, 'log.csv'))))
assert len(rows) == len(history.rates) and {'recall', 'val_accuracy'} <= set(rows[0])
saved = sorted(name for name in os.listdir(folder) if name.startswith('best'))
restored = load_model(os.path.join(folder, saved[-1]), custom_objects={'bce_dice': bce_dice, 'recall': recall})
assert restored.evaluate(x, y, verbose=0)[0] < before[0]
