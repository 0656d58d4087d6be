"""Noise and other regularisation."""

from layers.case import FIRST, IMAGE, SEQUENCE, Case, bools, floats

VOLUME = floats(2, 3, 2, 2, 4)
CASES = {
    "dropout": Case(
        lambda k: k.layers.Dropout(0.5, seed=1), SEQUENCE, random=True, mask=bools(2, 7)
    ),
    "dropout_shape": Case(
        lambda k: k.layers.Dropout(0.3, noise_shape=(None, 1)), floats(4, 5), random=True
    ),
    "dropout_none": Case(lambda k: k.layers.Dropout(0), floats(4, 5)),
    "dropout_all": Case(lambda k: k.layers.Dropout(1.0), floats(4, 5), random=True),
    "spatial_dropout1d": Case(
        lambda k: k.layers.SpatialDropout1D(0.5, seed=1), SEQUENCE, random=True, mask=bools(2, 7)
    ),
    "spatial_dropout2d": Case(lambda k: k.layers.SpatialDropout2D(0.5), IMAGE, random=True),
    "spatial_dropout2d_first": Case(
        lambda k: k.layers.SpatialDropout2D(0.5, FIRST, name="drop"), IMAGE, random=True
    ),
    "spatial_dropout3d": Case(lambda k: k.layers.SpatialDropout3D(0.5), VOLUME, random=True),
    "alpha_dropout": Case(
        lambda k: k.layers.AlphaDropout(0.4), SEQUENCE, random=True, mask=bools(2, 7)
    ),
    "alpha_dropout_shape": Case(
        lambda k: k.layers.AlphaDropout(0.4, noise_shape=(None, 1, None), seed=3),
        SEQUENCE,
        random=True,
    ),
    "alpha_dropout_none": Case(lambda k: k.layers.AlphaDropout(0), floats(4, 5)),
    "gaussian_dropout": Case(
        lambda k: k.layers.GaussianDropout(0.4, seed=3), SEQUENCE, random=True, mask=bools(2, 7)
    ),
    "gaussian_dropout_none": Case(lambda k: k.layers.GaussianDropout(0.0), floats(4, 5)),
    "gaussian_noise": Case(
        lambda k: k.layers.GaussianNoise(0.4, seed=3), SEQUENCE, random=True, mask=bools(2, 7)
    ),
    "gaussian_noise_none": Case(lambda k: k.layers.GaussianNoise(0), floats(4, 5)),
    "activity_regularization": Case(
        lambda k: k.layers.ActivityRegularization(0.1, 0.2), SEQUENCE, mask=bools(2, 7)
    ),
    "activity_regularization_l2": Case(
        lambda k: k.layers.ActivityRegularization(l2=0.2), floats(4, 5)
    ),
}
