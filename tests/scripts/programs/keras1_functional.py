"""The functional API of Keras 1: `merge`, `Model(input=..., output=...)`, a shared layer whose
outputs are asked for by number, and recurrent layers with the words of 2016."""
import numpy as np
from keras.layers import Input, Embedding, LSTM, Dense, merge, Lambda, TimeDistributed
from keras.models import Model
from keras.engine.topology import Layer
from keras import backend as K

np.random.seed(3)
words = np.random.randint(1, 20, (400, 6))
extra = np.random.uniform(-1, 1, (400, 3)).astype('float32')
target = ((words == 7).any(axis=1) ^ (extra[:, 0] > 0.5)).astype('float32')


class Scale(Layer):
    """A custom layer in the manner of Keras 1."""

    def build(self, input_shape):
        self.W = self.add_weight((input_shape[-1],), initializer='one', name='W')
        super(Scale, self).build(input_shape)

    def call(self, x, mask=None):
        return x * self.W

    def get_output_shape_for(self, input_shape):
        return input_shape


tokens = Input(shape=(6,), dtype='int32', name='tokens')
numbers = Input(shape=(3,), name='numbers')
embedded = Embedding(output_dim=12, input_dim=20, input_length=6)(tokens)
lstm = LSTM(output_dim=12, inner_activation='sigmoid', dropout_W=0.0, consume_less='cpu')(embedded)
largest = Lambda(lambda x: K.max(x, axis=1), output_shape=(12,))(TimeDistributed(Dense(12))(embedded))
shared = Dense(8, activation='tanh', b_regularizer='l2')
left, right = shared(lstm), shared(largest)
assert shared.get_output_at(1) is right and shared.get_output_shape_at(0) == (None, 8)
joined = merge([left, Scale()(right), numbers], mode='concat', concat_axis=-1)
hidden = Dense(24, activation='relu')(joined)
product = merge([Dense(8)(hidden), left], mode='mul')
output = Dense(1, activation='sigmoid', name='output')(product)
model = Model(input=[tokens, numbers], output=output)
assert model.get_layer('output').input_shape == (None, 8)

model.compile(optimizer='rmsprop', loss='binary_crossentropy', metrics=['accuracy'])
K.set_value(model.optimizer.lr, 0.01)
before = model.evaluate([words, extra], target, verbose=0)[0]
model.fit([words, extra], target, nb_epoch=25, batch_size=40, verbose=0)
after, accuracy = model.evaluate([words, extra], target, verbose=0)
print('loss', before, '->', after, 'accuracy', accuracy)
assert after < before / 2 and accuracy > 0.85
