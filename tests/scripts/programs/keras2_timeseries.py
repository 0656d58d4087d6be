"""Forecasting a series by windows: `TimeseriesGenerator`, Conv1D, a bidirectional GRU."""
import numpy as np
from keras.layers import GRU, Bidirectional, Conv1D, Dense, MaxPooling1D, TimeDistributed
from keras.models import Sequential
from keras.optimizers import Adam
from keras.preprocessing.sequence import TimeseriesGenerator

np.random.seed(0)
time = np.arange(700)
series = np.sin(time / 7.0) + 0.4 * np.sin(time / 3.1) + np.random.normal(0, 0.02, 700)
mean, std = series[:500].mean(), series[:500].std()
series = (series - mean) / std
data = series.reshape(-1, 1)
lookback = 24
train_gen = TimeseriesGenerator(data, data, length=lookback, end_index=499, shuffle=True, batch_size=50)
val_gen = TimeseriesGenerator(data, data, length=lookback, start_index=500, batch_size=50)
samples, targets = val_gen[0]
assert samples.shape == (50, 24, 1) and targets.shape == (50, 1)
np.testing.assert_allclose(samples[1][-1], targets[0])

model = Sequential()
model.add(Conv1D(8, 5, activation='relu', input_shape=(None, 1)))
model.add(MaxPooling1D(2))
model.add(TimeDistributed(Dense(8, activation='tanh')))
model.add(Bidirectional(GRU(8)))
model.add(Dense(1))
model.compile(optimizer=Adam(lr=0.01), loss='mae')
history = model.fit_generator(train_gen, steps_per_epoch=len(train_gen), epochs=20, verbose=0,
                              validation_data=val_gen, validation_steps=len(val_gen))
naive = np.mean(np.abs(np.diff(series[500 + lookback - 1:])))
print('mean absolute error', history.history['val_loss'][-1], 'naive', naive)
assert history.history['val_loss'][-1] < naive / 2
