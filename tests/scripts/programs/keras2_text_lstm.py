"""Sentiment of made-up reviews: `Tokenizer`, `pad_sequences`, an LSTM, HDF5 files. As of 2018."""
import os
import pickle
import tempfile

import numpy as np
from keras.layers import LSTM, Dense, Embedding, SpatialDropout1D
from keras.models import Sequential, load_model, model_from_json
from keras.preprocessing.sequence import pad_sequences
from keras.preprocessing.text import Tokenizer

rng = np.random.RandomState(0)
good = ['great', 'lovely', 'brilliant', 'moving', 'fun']
bad = ['awful', 'boring', 'dull', 'terrible', 'bad']
filler = 'the film was and its plot with some of all actors in a very long story'.split()
texts, labels = [], []
for i in range(400):
    label = i % 2
    words = list(rng.choice(filler, 8)) + list(rng.choice(good if label else bad, 2))
    rng.shuffle(words)
    texts.append(' '.join(words).capitalize() + '!')
    labels.append(label)
labels = np.array(labels)

max_words, maxlen = 40, 12
tokenizer = Tokenizer(num_words=max_words, oov_token='<OOV>')
tokenizer.fit_on_texts(texts)
sequences = tokenizer.texts_to_sequences(texts)
data = pad_sequences(sequences, maxlen=maxlen)
print('Found %s unique tokens.' % len(tokenizer.word_index))
x_train, x_test, y_train, y_test = data[:320], data[320:], labels[:320], labels[320:]

model = Sequential()
model.add(Embedding(max_words, 16, input_length=maxlen))
model.add(SpatialDropout1D(0.1))
model.add(LSTM(16, dropout=0.1, return_sequences=False, implementation=2))
model.add(Dense(1, activation='sigmoid'))
model.summary()
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['acc'])
history = model.fit(x_train, y_train, epochs=12, batch_size=32, validation_split=0.1, verbose=0,
                    workers=1, use_multiprocessing=False)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print('accuracy', accuracy)
assert accuracy > 0.9 and 'val_acc' in history.history

folder = tempfile.mkdtemp()
model.save(os.path.join(folder, 'model.h5'))
restored = load_model(os.path.join(folder, 'model.h5'))
np.testing.assert_allclose(restored.predict(x_test), model.predict(x_test), atol=1e-6)
model.save_weights(os.path.join(folder, 'weights.h5'))
again = model_from_json(model.to_json())
again.load_weights(os.path.join(folder, 'weights.h5'))
np.testing.assert_allclose(again.predict(x_test), model.predict(x_test), atol=1e-6)
with open(os.path.join(folder, 'tokenizer.pickle'), 'wb') as handle:
    pickle.dump(tokenizer, handle, protocol=pickle.HIGHEST_PROTOCOL)
with open(os.path.join(folder, 'tokenizer.pickle'), 'rb') as handle:
    tokenizer = pickle.load(handle)
lines = ['The actors in a brilliant story and its very moving plot', 'The film was dull and all actors in its plot awful']
new = pad_sequences(tokenizer.texts_to_sequences(lines), maxlen)
assert model.predict_classes(new).ravel().tolist() == [1, 0]
