"""`elastic_transform`, whose noise is Keras's."""

import numpy as np

from cornu import ops, random

# What Keras 3.15.1 returns.
X = (np.arange(20) % 7).reshape(1, 4, 5, 1).astype("float32")
MOVED = [
    [1.422761082649231, 2.0546932220458984, 1.779390811920166, 2.749143600463867, 3.943359375],
    [4.783411026000977, 4.463516712188721, 0.43846750259399414, 1.8874772787094116, 2.1044940948],
    [2.36956787109375, 3.5275373458862305, 4.972205638885498, 5.669793128967285, 1.667029500007],
    [1.9320144653320312, 2.6017799377441406, 3.0786516666412354, 4.046979904174805, 3.7616500854],
]


def test_pixels_move_as_in_keras():
    for seed in (3, random.SeedGenerator(3)):
        found = ops.image.elastic_transform(X, alpha=2.0, sigma=1.0, seed=seed)
        np.testing.assert_allclose(np.asarray(found)[0, ..., 0], MOVED, rtol=1e-5)


def test_quirk_pixels_move_along_the_diagonal():
    rows, columns = np.meshgrid(np.arange(9.0), np.arange(8.0), indexing="ij")
    places = np.stack([rows, columns], -1).astype("float32")
    found = ops.image.elastic_transform(places, 0.01, 1.0, fill_mode="nearest", seed=3)
    moved = (np.asarray(found) - places)[1:-1, 1:-1]
    np.testing.assert_allclose(moved[..., 0], moved[..., 1], atol=1e-5)
    assert np.abs(moved).max() > 1e-3
