"""Text written character by character, sampled at several temperatures: an LSTM as of 2016-2019."""
import random

import numpy as np
from keras.callbacks import LambdaCallback
from keras.layers import LSTM, Dense
from keras.models import Sequential
from keras.optimizers import RMSprop

np.random.seed(0)
random.seed(0)
text = 'the quick brown fox jumps over the lazy dog and runs away. ' * 12
chars = sorted(list(set(text)))
char_indices = dict((c, i) for i, c in enumerate(chars))
indices_char = dict((i, c) for i, c in enumerate(chars))
maxlen, step = 8, 1
sentences, next_chars = [], []
for i in range(0, len(text) - maxlen, step):
    sentences.append(text[i: i + maxlen])
    next_chars.append(text[i + maxlen])
x = np.zeros((len(sentences), maxlen, len(chars)), dtype=bool)
y = np.zeros((len(sentences), len(chars)), dtype=bool)
for i, sentence in enumerate(sentences):
    for t, char in enumerate(sentence):
        x[i, t, char_indices[char]] = 1
    y[i, char_indices[next_chars[i]]] = 1

model = Sequential()
model.add(LSTM(48, input_shape=(maxlen, len(chars))))
model.add(Dense(len(chars), activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer=RMSprop(lr=0.01))


def sample(preds, temperature=1.0):
    preds = np.asarray(preds).astype('float64')
    preds = np.log(preds + 1e-9) / temperature
    exp_preds = np.exp(preds)
    preds = exp_preds / np.sum(exp_preds)
    return np.argmax(np.random.multinomial(1, preds, 1))


written = []


def write(length, diversity):
    sentence, generated = text[:maxlen], text[:maxlen]
    for _ in range(length):
        x_pred = np.zeros((1, maxlen, len(chars)))
        for t, char in enumerate(sentence):
            x_pred[0, t, char_indices[char]] = 1.
        next_char = indices_char[sample(model.predict(x_pred, verbose=0)[0], diversity)]
        sentence = sentence[1:] + next_char
        generated += next_char
    return generated


def on_epoch_end(epoch, _):
    if epoch % 8 == 7:
        written.append(write(12, 0.5))
        print('epoch', epoch, repr(written[-1]))


model.fit(x, y, batch_size=64, epochs=16, verbose=0, callbacks=[LambdaCallback(on_epoch_end=on_epoch_end)])
result = write(40, 0.2)
print(repr(result))
assert len(written) == 2
assert result in text
