"""Images out of folders, changed at random, `fit_generator`: "little data" as of 2017."""
import os
import tempfile

import numpy as np
from keras.callbacks import ReduceLROnPlateau
from keras.layers import Activation, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img
from keras import backend as K

np.random.seed(0)
img_width, img_height = 16, 16
folder = tempfile.mkdtemp()
for split, count in (('train', 40), ('validation', 16)):
    for name in ('discs', 'frames'):
        os.makedirs(os.path.join(folder, split, name))
        for i in range(count):
            rows, columns = np.mgrid[:20, :20]
            y, x, r = np.random.randint(8, 12), np.random.randint(8, 12), np.random.randint(4, 7)
            distance = np.maximum(abs(rows - y), abs(columns - x))
            shape = (rows - y) ** 2 + (columns - x) ** 2 < r * r if name == 'discs' else distance == r
            image = np.random.uniform(0, 60, (20, 20, 3)) + 190 * shape[..., None]
            array_to_img(image, scale=False).save(os.path.join(folder, split, name, '%d.png' % i))

image = load_img(os.path.join(folder, 'train', 'discs', '0.png'), target_size=(10, 10))
assert img_to_array(image).shape == (10, 10, 3)
if K.image_data_format() == 'channels_first':
    input_shape = (3, img_width, img_height)
else:
    input_shape = (img_width, img_height, 3)

model = Sequential()
model.add(Conv2D(8, (3, 3), input_shape=input_shape))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Conv2D(16, (3, 3), activation='relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(16, activation='relu'))
model.add(Dropout(0.1))
model.add(Dense(1))
model.add(Activation('sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
K.set_value(model.optimizer.lr, 0.005)

train_datagen = ImageDataGenerator(rescale=1. / 255, shear_range=5, zoom_range=0.1,
                                   rotation_range=10, width_shift_range=0.05, horizontal_flip=True)
test_datagen = ImageDataGenerator(rescale=1. / 255)
options = dict(target_size=(img_width, img_height), batch_size=16, class_mode='binary')
train_generator = train_datagen.flow_from_directory(os.path.join(folder, 'train'), **options)
validation_generator = test_datagen.flow_from_directory(os.path.join(folder, 'validation'), **options)
assert train_generator.class_indices == {'discs': 0, 'frames': 1}

model.fit_generator(train_generator, steps_per_epoch=80 // 16, epochs=14, verbose=0,
                    validation_data=validation_generator, validation_steps=32 // 16,
                    callbacks=[ReduceLROnPlateau(factor=0.5, patience=4, epsilon=1e-4)])
score = model.evaluate_generator(validation_generator, steps=2)
print('accuracy', score[1])
predictions = model.predict_generator(test_datagen.flow(np.zeros((5, 16, 16, 3)), batch_size=5), steps=1)
assert score[1] > 0.85 and predictions.shape == (5, 1)
