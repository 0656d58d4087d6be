"""A deep autoencoder with the encoder and the decoder as models of their own, as of 2016-2018."""
import numpy as np
from keras import regularizers
from keras.layers import Dense, Input
from keras.models import Model

np.random.seed(0)
codes = np.random.normal(size=(1000, 3)).astype('float32')
mixing = np.random.normal(size=(3, 24))
data = 1 / (1 + np.exp(-codes @ mixing))
data = data.astype('float32')
x_train, x_test = data[:800], data[800:]

encoding_dim = 3
input_img = Input(shape=(24,))
encoded = Dense(32, activation='relu')(input_img)
encoded = Dense(encoding_dim, activation='linear', activity_regularizer=regularizers.l2(1e-5))(encoded)
decoded = Dense(32, activation='relu')(encoded)
decoded = Dense(24, activation='sigmoid')(decoded)

autoencoder = Model(input_img, decoded)
encoder = Model(input_img, encoded)
encoded_input = Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = Model(encoded_input, decoder_layer(autoencoder.layers[-2](encoded_input)))

autoencoder.compile(optimizer='adam', loss='binary_crossentropy', metrics=['mse'])
history = autoencoder.fit(x_train, x_train, epochs=30, batch_size=32, shuffle=True, verbose=0,
                          validation_data=(x_test, x_test))
encoded_imgs = encoder.predict(x_test)
decoded_imgs = decoder.predict(encoded_imgs)
error = np.mean((decoded_imgs - x_test) ** 2)
print('mean squared error', error, 'of', x_test.var())
assert encoded_imgs.shape == (200, 3)
assert error < 0.1 * x_test.var()
np.testing.assert_allclose(decoded_imgs, autoencoder.predict(x_test), atol=1e-5)
