"""Two inputs, two outputs, losses and weights by name: the functional API of Keras 2."""
import keras
import numpy as np
from keras import layers
from keras.models import Model

np.random.seed(1)
n = 600
headline = np.random.randint(1, 50, (n, 8))
time_of_day = np.random.uniform(0, 24, (n, 1))
likes = (headline < 10).sum(axis=1, keepdims=True) * 0.5 + np.sin(time_of_day / 24 * np.pi)
topic = headline[:, 0] // 17

main_input = layers.Input(shape=(8,), dtype='int32', name='main_input')
x = layers.Embedding(output_dim=16, input_dim=50, input_length=8)(main_input)
pooled = layers.GlobalAveragePooling1D()(x)
first = layers.Lambda(lambda t: t[:, 0, :])(x)
auxiliary_output = layers.Dense(3, activation='softmax', name='topic')(first)
auxiliary_input = layers.Input(shape=(1,), name='aux_input')
x = layers.concatenate([pooled, layers.Dense(8, activation='relu')(auxiliary_input)])
x = layers.Dense(32, activation='relu')(x)
x = layers.Dense(32, activation='relu')(x)
main_output = layers.Dense(1, name='likes')(x)

model = Model(inputs=[main_input, auxiliary_input], outputs=[main_output, auxiliary_output])
model.compile(optimizer=keras.optimizers.Adam(lr=0.01),
              loss={'likes': 'mean_squared_error', 'topic': 'sparse_categorical_crossentropy'},
              loss_weights={'likes': 1., 'topic': 0.5},
              metrics={'topic': 'accuracy'})
inputs = {'main_input': headline, 'aux_input': time_of_day / 24}
targets = {'likes': likes, 'topic': topic}
history = model.fit(inputs, targets, epochs=20, batch_size=50, verbose=0)
print({name: values[-1] for name, values in history.history.items()})
assert history.history['loss'][-1] < history.history['loss'][0] / 3
assert history.history['topic_accuracy'][-1] > 0.9
scores, topics = model.predict(inputs)
assert scores.shape == (n, 1) and topics.shape == (n, 3)
assert np.corrcoef(scores.ravel(), likes.ravel())[0, 1] > 0.9
