"""A convolutional network as of 2016: rows and columns of the kernel apart, a generator of batches
counted in samples, and a callback that keeps the best weights."""
import os
import tempfile

import numpy as np
from keras.models import Sequential
from keras.layers import Dense, Dropout, Activation, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.callbacks import ModelCheckpoint, EarlyStopping
from keras.utils import np_utils
from keras import backend as K

np.random.seed(7)
nb_filters, nb_conv, nb_pool = 8, 3, 2
img_rows = img_cols = 12


def bars(n):
    """Images with a horizontal (0), a vertical (1) or no bar (2)."""
    labels = np.random.randint(0, 3, n)
    images = np.random.uniform(0, 0.3, (n, img_rows, img_cols, 1))
    for image, label in zip(images, labels):
        place = np.random.randint(1, 10)
        if label == 0:
            image[place] += 1
        elif label == 1:
            image[:, place] += 1
    return images.astype('float32'), np_utils.to_categorical(labels, 3)


X_train, Y_train = bars(512)
X_test, Y_test = bars(128)

model = Sequential()
model.add(Convolution2D(nb_filters, nb_conv, nb_conv, border_mode='valid', dim_ordering='tf',
                        input_shape=(img_rows, img_cols, 1)))
model.add(Activation('relu'))
model.add(Convolution2D(nb_filters, nb_conv, nb_conv, subsample=(2, 2), border_mode='same'))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(nb_pool, nb_pool)))
model.add(Dropout(0.1))
model.add(Flatten())
model.add(Dense(16))
model.add(Activation('relu'))
model.add(Dense(3))
model.add(Activation('softmax'))
model.compile('adadelta', 'categorical_crossentropy', ['accuracy'])
assert model.layers[0].get_weights()[0].shape == (3, 3, 1, 8)
assert model.layers[2].output_shape == (None, 5, 5, 8)
K.set_value(model.optimizer.lr, 1.0)


def batches():
    while True:
        order = np.random.permutation(len(X_train))
        for start in range(0, len(order), 64):
            rows = order[start:start + 64]
            yield X_train[rows], Y_train[rows]


path = os.path.join(tempfile.mkdtemp(), 'weights.hdf5')
checkpoint = ModelCheckpoint(path, monitor='val_acc', save_best_only=True, save_weights_only=True,
                             verbose=0, mode='max')
model.fit_generator(batches(), samples_per_epoch=512, nb_epoch=12, verbose=0,
                    validation_data=(X_test, Y_test),
                    callbacks=[checkpoint, EarlyStopping(monitor='val_loss', patience=5)])
model.load_weights(path)
loss, accuracy = model.evaluate(X_test, Y_test, verbose=0)
print('accuracy:', accuracy)
assert accuracy > 0.9
