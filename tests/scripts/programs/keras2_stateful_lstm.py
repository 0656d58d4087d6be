"""A stateful LSTM that remembers across batches, its states reset after each pass. As of 2016."""
import numpy as np
from keras.layers import LSTM, Dense
from keras.models import Sequential

np.random.seed(1)
batch_size, tsteps = 20, 1
# The first step says which of two values all later steps are to be; only the state can know.
steps = 6
signs = np.random.choice([-1., 1.], (batch_size, 1))
first = signs[:, :, None]
others = np.zeros((batch_size, 1, 1))
model = Sequential()
model.add(LSTM(12, batch_input_shape=(batch_size, tsteps, 1), return_sequences=True, stateful=True))
model.add(LSTM(12, stateful=True))
model.add(Dense(1))
model.compile(loss='mse', optimizer='adam')
model.optimizer.lr = 0.02

for epoch in range(40):
    for step in range(steps):
        inputs = first if step == 0 else others
        loss = model.train_on_batch(inputs, signs)
    model.reset_states()
predictions = []
for step in range(steps):
    predictions.append(model.predict(first if step == 0 else others, batch_size=batch_size))
error = np.mean((predictions[-1] - signs) ** 2)
print('error at the last step', error)
assert error < 0.2
model.reset_states()
forgotten = model.predict(others, batch_size=batch_size)
assert np.ptp(forgotten) < 1e-5
