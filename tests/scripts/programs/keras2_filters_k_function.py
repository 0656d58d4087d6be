"""What a network sees: outputs of layers by `K.function`, and gradient ascent on the input by
`K.gradients`. As of 2017."""
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, GlobalMaxPooling2D
from keras.models import Sequential

np.random.seed(5)
images = np.random.uniform(0, 0.2, (300, 10, 10, 1)).astype('float32')
labels = np.random.randint(0, 2, 300)
for image, label in zip(images, labels):
    row, column = np.random.randint(0, 7, 2)
    for i in range(3):
        image[row + i, column + (i if label else 2 - i)] = 1.0  # a falling or a rising diagonal

model = Sequential([
    Conv2D(8, 3, activation='relu', input_shape=(10, 10, 1), name='conv'),
    GlobalMaxPooling2D(name='pool'),
    Dense(2, activation='softmax', name='probabilities'),
])
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
K.set_value(model.optimizer.lr, 0.02)
model.fit(images, labels, epochs=15, batch_size=30, verbose=0)
assert model.evaluate(images, labels, verbose=0)[1] > 0.95

layer_dict = dict([(layer.name, layer) for layer in model.layers])
get_features = K.function([model.layers[0].input, K.learning_phase()], [layer_dict['pool'].output])
features = get_features([images[:4], 0])[0]
assert features.shape == (4, 8)

# The image that makes class 1 most probable.
input_img = model.input
loss = K.mean(model.output[:, 1])
grads = K.gradients(loss, input_img)[0]
grads /= (K.sqrt(K.mean(K.square(grads))) + K.epsilon())
iterate = K.function([input_img], [loss, grads])
picture = np.random.uniform(0.4, 0.6, (1, 10, 10, 1)).astype('float32')
first, _ = iterate([picture])
for _ in range(20):
    loss_value, grads_value = iterate([picture])
    picture += grads_value * 0.1
last, _ = iterate([picture])
print('probability', first, '->', last)
assert last > 0.9 and last > first
assert K.int_shape(layer_dict['conv'].output) == (None, 8, 8, 8)
