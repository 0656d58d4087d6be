"""What classes and functions of tf.keras 2 compute: each case is a function of the library.

`record_tf_keras.py` writes what tf-keras gives into `data/legacy.json`.
"""

import numpy as np

TEXTS = ["The cat sat on the mat.", "A dog, a cat & the other dog!", "mat cat", ""]
X = (np.arange(60.0).reshape(2, 6, 5) % 7 - 3) / 4
IMAGES = (np.arange(2 * 6 * 5 * 3).reshape(2, 6, 5, 3) * 7919 % 251).astype("float32")
IMAGE = (np.arange(8 * 6 * 3).reshape(8, 6, 3) * 7919 % 251).astype("float32")


def weights_for(layer):
    """Give a layer's weights values that say where they are."""
    layer.set_weights(
        [((np.arange(w.size) * 37 % 17 - 8) / 20).reshape(w.shape) for w in layer.get_weights()]
    )


def tokenizers(keras):
    found = []
    for options in ({}, {"num_words": 4, "oov_token": "?"}, {"char_level": True, "lower": False}):
        tokenizer = keras.preprocessing.text.Tokenizer(**options)
        tokenizer.fit_on_texts(TEXTS)
        sequences = tokenizer.texts_to_sequences([*TEXTS, "the bird sat"])
        found += [dict(tokenizer.word_index), sequences, tokenizer.sequences_to_texts(sequences)]
        found += [tokenizer.texts_to_matrix(TEXTS[:3], mode=mode).tolist()
                  for mode in ("binary", "count", "tfidf", "freq")]  # fmt: skip
        found += [tokenizer.document_count, dict(tokenizer.word_docs), dict(tokenizer.index_docs)]
        again = keras.preprocessing.text.tokenizer_from_json(tokenizer.to_json())
        found += [again.texts_to_sequences(TEXTS), sorted(tokenizer.get_config())]
    return found


def words(keras):
    text = keras.preprocessing.text
    return [
        text.text_to_word_sequence(TEXTS[1]),
        text.text_to_word_sequence("a-B;c", filters=";", lower=False, split="-"),
        text.hashing_trick(TEXTS[0], 20, "md5"),
        text.hashing_trick(TEXTS[0], 20, len),
        text.one_hot("x x", 9)[0] == text.one_hot("x", 9)[0],
    ]


def timeseries(keras):
    data, found = np.arange(40).reshape(20, 2), []
    for options in (
        {},
        {"sampling_rate": 2, "stride": 3, "batch_size": 2},
        {"start_index": 3, "end_index": 12, "reverse": True, "batch_size": 4},
    ):
        batches = keras.preprocessing.sequence.TimeseriesGenerator(data, data[:, 0], 5, **options)
        found += [len(batches), [part.tolist() for part in batches[len(batches) - 1]]]
        found.append(batches.get_config()["start_index"])
    return found


def pairs(keras):
    sequence, found = keras.preprocessing.sequence, []
    found.append(sequence.make_sampling_table(8, sampling_factor=1e-3).tolist())
    for options in (
        {"negative_samples": 0.0, "shuffle": False, "window_size": 2},
        {"negative_samples": 0.0, "seed": 3, "categorical": True},
    ):
        found += list(sequence.skipgrams([1, 0, 2, 3, 1], 4, **options))
    couples, labels = sequence.skipgrams([1, 2, 3], 5, negative_samples=2.0, seed=1)
    return [*found, len(couples), sum(labels)]


def affine(keras):
    image, found = keras.preprocessing.image, []
    for options in (
        {"theta": 30},
        {"tx": 1, "ty": -2},
        {"shear": 20, "fill_mode": "reflect"},
        {"zx": 0.8, "zy": 1.3, "fill_mode": "wrap", "order": 0},
        {"theta": -10, "tx": 0.5, "shear": 5, "zx": 1.1, "fill_mode": "constant", "cval": 9.0},
    ):
        found.append(
            image.apply_affine_transform(
                IMAGE, row_axis=0, col_axis=1, channel_axis=2, **options
            ).tolist()
        )
    found.append(image.apply_channel_shift(IMAGE, 20.0, channel_axis=2)[0].tolist())
    for scale in (True, False):
        found.append(image.apply_brightness_shift(IMAGE, 0.6, scale)[0].tolist())
        found.append(image.apply_brightness_shift(IMAGE - 50, 1.4, scale)[0].tolist())
    return found


def random_images(keras):
    image, found = keras.preprocessing.image, []
    axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    for function, arguments in (
        (image.random_rotation, (40,)),
        (image.random_shift, (0.3, 0.2)),
        (image.random_shear, (30,)),
        (image.random_zoom, ((0.7, 1.2),)),
    ):
        np.random.seed(1)
        found.append(function(IMAGE, *arguments, **axes)[3].tolist())
    np.random.seed(2)
    found.append(image.random_channel_shift(IMAGE, 30.0, 2)[0].tolist())
    found.append(image.random_brightness(IMAGE, (0.5, 0.9))[0].tolist())
    return found


def transforms(keras):
    found = []
    for options in (
        {"rotation_range": 20, "width_shift_range": 0.2, "height_shift_range": 0.1,
         "shear_range": 3, "zoom_range": 0.2, "horizontal_flip": True, "vertical_flip": True},
        {"width_shift_range": 3, "height_shift_range": [1, 2], "channel_shift_range": 10.0,
         "brightness_range": (0.5, 1.5), "zoom_range": [0.5, 1.0]},
        {"width_shift_range": 2.5, "vertical_flip": True},
    ):  # fmt: skip
        generator = keras.preprocessing.image.ImageDataGenerator(**options)
        for seed in range(3):
            parameters = generator.get_random_transform(IMAGE.shape, seed)
            found.append({name: None if x is None else float(x) for name, x in parameters.items()})
        found.append(generator.random_transform(IMAGE, seed=5)[2].tolist())
    return found


def normalised(keras):
    found = []
    for options in (
        {"featurewise_center": True, "featurewise_std_normalization": True, "rescale": 0.5},
        {"samplewise_center": True, "samplewise_std_normalization": True},
        {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 1.0},
        {"preprocessing_function": lambda image: image + 1, "rescale": 2.0},
    ):
        generator = keras.preprocessing.image.ImageDataGenerator(**options)
        generator.fit(IMAGES)
        found.append(generator.standardize(IMAGES[0].copy()).tolist())
    return found


def flows(keras):
    generator = keras.preprocessing.image.ImageDataGenerator(
        rotation_range=30, horizontal_flip=True, validation_split=0.4
    )
    images = np.repeat(IMAGES, 5, axis=0)[:, :, :, :1]
    batches = generator.flow(images, np.arange(10), batch_size=4, seed=7)
    found = [len(batches)]
    for x, y in (batches[1], next(batches), next(batches), next(batches), next(batches)):
        found += [x[0, 2].tolist(), y.tolist()]
    for subset in ("training", "validation"):
        part = generator.flow(images, np.arange(10) % 2, batch_size=3, subset=subset, shuffle=False)
        found += [part.n, next(part)[1].tolist()]
    weighted = generator.flow(images, np.arange(10), sample_weight=np.arange(10) / 2, shuffle=False)
    return [
        *found,
        [len(each) for each in next(weighted)],
        list(next(generator.flow(images)).shape),
    ]


def locally_connected(keras):
    found = []
    for layer, x in (
        (keras.layers.LocallyConnected1D(3, 2, activation="relu"), X),
        (keras.layers.LocallyConnected1D(2, 3, strides=2, use_bias=False), X),
        (keras.layers.LocallyConnected2D(2, (2, 3), strides=(2, 1)), IMAGES / 100),
        (keras.layers.LocallyConnected2D(2, 2, data_format="channels_first"), IMAGES / 100),
    ):
        layer(x.astype("float32"))
        weights_for(layer)
        found += [[list(w.shape) for w in layer.get_weights()]]
        found.append(np.asarray(layer(x.astype("float32"))).tolist())
    return found


def layers(keras):
    features = keras.layers.experimental.RandomFourierFeatures(4, scale=2.0)
    x = X[0].astype("float32")
    features(x)
    shapes = [list(w.shape) for w in features.get_weights()]
    scales = []
    for kernel in ("gaussian", "laplacian"):
        layer = keras.layers.experimental.RandomFourierFeatures(2, kernel)
        layer(x)
        scales.append(float(np.ravel(layer.kernel_scale)[0]))
    weights_for(features)
    features.kernel_scale.assign(np.reshape(np.float32(1.5), features.kernel_scale.shape))
    return [
        np.asarray(keras.layers.ThresholdedReLU(theta=0.4)(x)).tolist(),
        np.asarray(features(x)).tolist(),
        scales,
        len(shapes),
        keras.layers.ThresholdedReLU().get_config()["theta"],
    ]


def metrics(keras):
    tensor = keras.metrics.MeanTensor()
    tensor.update_state([[1.0, 2.0], [3.0, 4.0]])
    tensor.update_state([[3.0, 0.0], [1.0, 0.0]], sample_weight=[[1.0, 0.0], [3.0, 1.0]])
    relative = keras.metrics.MeanRelativeError(normalizer=[1.0, 3.0, 0.0, 3.0])
    relative.update_state([1.0, 3.0, 2.0, 3.0], [2.0, 4.0, 6.0, 8.0])
    first = float(relative.result())
    relative.update_state([1.0, 3.0, 2.0, 3.0], [0.0, 0.0, 0.0, 0.0], sample_weight=[1, 0, 2, 1])
    kernel = (np.arange(6 * 6 * 2) * 7919 % 251).astype("float32")
    radial = [
        np.asarray(keras.constraints.RadialConstraint()(
            keras.backend.constant(kernel[: size * size * 2].reshape(size, size, 1, 2)))).tolist()
        for size in (3, 5)
    ]  # fmt: skip
    return [np.asarray(tensor.result()).tolist(), first, float(relative.result()), radial]


def utils(keras):
    matrix = keras.utils.warmstart_embedding_matrix(
        base_vocabulary=["unk", "a", "b"],
        new_vocabulary=["unk", "c", "b"],
        base_embeddings=np.arange(6.0).reshape(3, 2),
        new_embeddings_initializer="ones",
    )
    return [
        np.asarray(matrix).tolist(),
        keras.utils.to_ordinal([0, 2, 1]).tolist(),
        keras.utils.to_ordinal([[0], [2]], num_classes=5, dtype="int32").tolist(),
    ]


def linear_models(keras):
    x = [X[0, :, :2].astype("float32"), X[1, :, :3].astype("float32")]
    y = np.arange(6.0).reshape(6, 1).astype("float32") / 3
    found = []
    for train in ("sgd", ["sgd", "adam"]):
        deep = keras.Sequential([keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
        model = keras.experimental.WideDeepModel(keras.experimental.LinearModel(), deep)
        model(x)
        weights_for(model)
        found.append(np.asarray(model(x)).tolist())
        model.compile(train, "mse")
        model.fit(x, y, batch_size=6, epochs=3, shuffle=False, verbose=0)
        found.append(np.asarray(model(x)).tolist())
    return found


def sharpness(keras):
    x, y, found = X[0].astype("float32"), np.arange(6.0).reshape(6, 1).astype("float32"), []
    for options in ({}, {"rho": 0.3, "num_batch_splits": 2}):
        inner = keras.Sequential([keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
        model = keras.models.experimental.SharpnessAwareMinimization(inner, **options)
        model(x)
        weights_for(inner)
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=6, epochs=3, shuffle=False, verbose=0)
        found.append([w.ravel().tolist() for w in inner.get_weights()])
    return found


CASES = [
    tokenizers, words, timeseries, pairs, affine, random_images, transforms, normalised, flows,
    locally_connected, layers, metrics, utils, linear_models, sharpness,
]  # fmt: skip
