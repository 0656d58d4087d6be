"""Normalisation."""

from layers.case import IMAGE, SEQUENCE, Case, bools, floats

CASES = {
    "batch_normalization": Case(lambda k: k.layers.BatchNormalization(), floats(8, 3)),
    "batch_normalization_axis": Case(
        lambda k: k.layers.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-2), floats(3, 4, 5)
    ),
    "batch_normalization_plain": Case(
        lambda k: k.layers.BatchNormalization(center=False, scale=False), IMAGE
    ),
    "batch_normalization_starts": Case(
        lambda k: k.layers.BatchNormalization(
            beta_initializer="ones",
            gamma_initializer=k.initializers.Constant(0.5),
            gamma_regularizer="l2",
            beta_constraint="non_neg",
        ),
        floats(8, 3),
    ),
    "batch_normalization_mask": Case(
        lambda k: k.layers.BatchNormalization(), SEQUENCE, mask=bools(2, 7)
    ),
    "batch_normalization_renorm": Case(
        lambda k: k.layers.BatchNormalization(
            renorm=True,
            renorm_clipping={"rmax": 1.5, "rmin": 0.7, "dmax": 0.5},
            renorm_momentum=0.8,
            momentum=0.9,
        ),
        floats(8, 3),
    ),
    "batch_normalization_renorm_free": Case(
        lambda k: k.layers.BatchNormalization(renorm=True, epsilon=0.1), floats(8, 3)
    ),
    "layer_normalization": Case(
        lambda k: k.layers.LayerNormalization(), SEQUENCE, mask=bools(2, 7)
    ),
    "layer_normalization_axes": Case(
        lambda k: k.layers.LayerNormalization(axis=[1, 2], epsilon=1e-2), floats(2, 4, 3)
    ),
    "layer_normalization_order": Case(
        lambda k: k.layers.LayerNormalization(axis=(-1, 1)), floats(2, 4, 4)
    ),
    "layer_normalization_plain": Case(
        lambda k: k.layers.LayerNormalization(axis=1, center=False, scale=False), floats(2, 4, 3)
    ),
    "layer_normalization_starts": Case(
        lambda k: k.layers.LayerNormalization(
            scale=False,
            beta_initializer="ones",
            beta_regularizer="l1",
            beta_constraint="max_norm",
        ),
        floats(4, 3),
    ),
    "group_normalization": Case(lambda k: k.layers.GroupNormalization(2), IMAGE),
    "group_normalization_first": Case(
        lambda k: k.layers.GroupNormalization(groups=3, axis=1, epsilon=1e-2), floats(2, 6, 4, 3)
    ),
    "group_normalization_each": Case(
        lambda k: k.layers.GroupNormalization(groups=-1, gamma_regularizer="l2"), floats(2, 5, 3)
    ),
    "group_normalization_one": Case(
        lambda k: k.layers.GroupNormalization(groups=1, center=False, scale=False),
        SEQUENCE,
        mask=bools(2, 7),
    ),
    "rms_normalization": Case(lambda k: k.layers.RMSNormalization(), SEQUENCE, mask=bools(2, 7)),
    "rms_normalization_epsilon": Case(
        lambda k: k.layers.RMSNormalization(epsilon=0.1), floats(4, 3)
    ),
    "rms_normalization_axes": Case(
        lambda k: k.layers.RMSNormalization(axis=[1, 2]), floats(2, 4, 3)
    ),
    "unit_normalization": Case(lambda k: k.layers.UnitNormalization(), SEQUENCE, mask=bools(2, 7)),
    "unit_normalization_axes": Case(
        lambda k: k.layers.UnitNormalization(axis=[1, 2]), floats(2, 4, 3)
    ),
    "spectral_normalization": Case(
        lambda k: k.layers.SpectralNormalization(k.layers.Dense(3), name="wrapper"), floats(4, 5)
    ),
    "spectral_normalization_conv": Case(
        lambda k: k.layers.SpectralNormalization(
            k.layers.Conv2D(3, 2, name="conv"), power_iterations=3
        ),
        IMAGE,
    ),
}
