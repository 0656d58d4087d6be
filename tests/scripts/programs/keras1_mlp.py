"""A multilayer perceptron as of 2016: Keras 1.0's arguments throughout."""
from __future__ import print_function

import numpy as np
from keras.models import Sequential
from keras.layers.core import Dense, Dropout, Activation
from keras.optimizers import SGD
from keras.regularizers import l2
from keras.constraints import maxnorm
from keras.utils import np_utils

np.random.seed(1337)
batch_size = 32
nb_classes = 4
nb_epoch = 12

centers = np.random.normal(0, 2.0, (nb_classes, 10))
y_train = np.random.randint(0, nb_classes, 1200)
X_train = centers[y_train] + np.random.normal(0, 0.8, (1200, 10))
y_test = np.random.randint(0, nb_classes, 300)
X_test = centers[y_test] + np.random.normal(0, 0.8, (300, 10))
X_train, X_test = X_train.astype('float32'), X_test.astype('float32')
Y_train = np_utils.to_categorical(y_train, nb_classes)
Y_test = np_utils.to_categorical(y_test, nb_classes)

model = Sequential()
model.add(Dense(output_dim=32, input_dim=10, init='glorot_uniform', W_regularizer=l2(1e-4)))
model.add(Activation('relu'))
model.add(Dropout(p=0.2))
model.add(Dense(32, init='he_normal', W_constraint=maxnorm(m=3), bias=True))
model.add(Activation('relu'))
model.add(Dense(nb_classes, init='uniform'))
model.add(Activation('softmax'))

sgd = SGD(lr=0.05, decay=1e-4, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd, metrics=['accuracy'])
history = model.fit(X_train, Y_train, batch_size=batch_size, nb_epoch=nb_epoch, verbose=0,
                    validation_data=(X_test, Y_test))
score = model.evaluate(X_test, Y_test, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])

classes = model.predict_classes(X_test, verbose=0)
proba = model.predict_proba(X_test, verbose=0)
assert score[1] > 0.9
assert np.mean(classes == y_test) == np.mean(proba.argmax(-1) == y_test)
assert history.history['val_acc'][-1] > history.history['val_acc'][0] - 0.05
assert len(history.history['acc']) == nb_epoch
assert model.layers[0].output_shape == (None, 32)
assert float(np.linalg.norm(model.layers[3].get_weights()[0], axis=0).max()) < 3.001
