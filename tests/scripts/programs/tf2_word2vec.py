"""Word vectors by skip-grams with negative samples, on a made-up corpus of two topics."""
import numpy as np
import tensorflow as tf
from tensorflow.keras.layers import Dense, Dot, Embedding, Flatten, Input
from tensorflow.keras.models import Model
from tensorflow.keras.preprocessing.sequence import make_sampling_table, skipgrams
from tensorflow.keras.preprocessing.text import Tokenizer

np.random.seed(0)
tf.random.set_seed(0)
topics = [['apple', 'pear', 'plum', 'cherry', 'grape'], ['iron', 'copper', 'silver', 'gold', 'tin']]
corpus = [' '.join(np.random.choice(topics[i % 2], 6)) for i in range(150)]
tokenizer = Tokenizer()
tokenizer.fit_on_texts(corpus)
vocabulary = len(tokenizer.word_index) + 1
assert make_sampling_table(vocabulary).shape == (11,)

targets, contexts, labels = [], [], []
for sequence in tokenizer.texts_to_sequences(corpus):
    couples, near = skipgrams(sequence, vocabulary, window_size=3, negative_samples=1.0)
    targets += [couple[0] for couple in couples]
    contexts += [couple[1] for couple in couples]
    labels += near

word, context = Input((1,)), Input((1,))
embedding = Embedding(vocabulary, 8, name='vectors')
product = Dot(axes=2)([embedding(word), Embedding(vocabulary, 8)(context)])
model = Model([word, context], Dense(1, activation='sigmoid')(Flatten()(product)))
model.compile(loss='binary_crossentropy', optimizer=tf.keras.optimizers.Adam(0.02))
model.fit([np.array(targets), np.array(contexts)], np.array(labels), epochs=6, batch_size=256, verbose=0)
vectors = model.get_layer('vectors').get_weights()[0]
vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearest(name):
    similarity = vectors @ vectors[tokenizer.word_index[name]]
    order = [tokenizer.index_word[i] for i in np.argsort(-similarity) if i]
    return order[1:5]


print('apple:', nearest('apple'))
right = sum(other in topic for topic in topics for name in topic for other in nearest(name))
assert right >= 36  # of 40
