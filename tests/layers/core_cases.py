"""Core layers."""

import numpy as np
from layers.case import Case, bools, floats, integers

CASES = {
    "dense": Case(lambda k: k.layers.Dense(3), floats(4, 5)),
    "dense_relu": Case(lambda k: k.layers.Dense(3, "relu"), floats(4, 5)),
    "dense_steps": Case(lambda k: k.layers.Dense(3, activation="softmax"), floats(2, 6, 5)),
    "dense_no_bias": Case(lambda k: k.layers.Dense(3, use_bias=False), floats(4, 5)),
    "dense_penalties": Case(
        lambda k: k.layers.Dense(
            3,
            kernel_regularizer="l2",
            bias_regularizer=k.regularizers.L1(0.3),
            activity_regularizer=k.regularizers.L2(0.1),
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
            kernel_initializer=k.initializers.RandomNormal(stddev=0.2, seed=3),
            bias_initializer="ones",
            name="penalised",
        ),
        floats(4, 5),
    ),
    "activation": Case(lambda k: k.layers.Activation("softmax"), floats(4, 5)),
    "activation_function": Case(lambda k: k.layers.Activation(k.activations.gelu), floats(4, 5)),
    "embedding": Case(lambda k: k.layers.Embedding(7, 3), integers(7, 4, 5)),
    "embedding_mask": Case(
        lambda k: k.layers.Embedding(7, 3, mask_zero=True, embeddings_regularizer="l2"),
        integers(7, 4, 5),
    ),
    "einsum_dense": Case(
        lambda k: k.layers.EinsumDense("ab,bc->ac", 3, activation="relu"), floats(4, 5)
    ),
    "einsum_dense_heads": Case(
        lambda k: k.layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"),
        floats(2, 3, 4),
    ),
    "einsum_dense_from_heads": Case(
        lambda k: k.layers.EinsumDense("abcd,cde->abe", (None, 3), bias_axes="e"),
        floats(2, 3, 2, 4),
    ),
    "einsum_dense_dots": Case(
        lambda k: k.layers.EinsumDense("...x,xy->...y", 3, bias_axes="y"), floats(2, 3, 2, 4)
    ),
    "einsum_dense_dots_kept": Case(
        lambda k: k.layers.EinsumDense("...bc,bd->...cd", (6, 4), bias_axes="c"), floats(2, 5, 6)
    ),
    "einsum_dense_dots_behind": Case(
        lambda k: k.layers.EinsumDense("ab...,bc->ac...", 4, bias_axes="c"), floats(2, 3, 5, 2)
    ),
    "einsum_dense_elementwise": Case(
        lambda k: k.layers.EinsumDense("abc,bc->abc", (3, 4)), floats(2, 3, 4)
    ),
    "einsum_dense_penalties": Case(
        lambda k: k.layers.EinsumDense(
            "abc,dc->abd",
            [3, 3],
            "tanh",
            bias_axes="bd",
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer=k.regularizers.L1(0.3),
            activity_regularizer=k.regularizers.L2(0.1),
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
        ),
        floats(2, 3, 4),
    ),
    "masking": Case(
        lambda k: k.layers.Masking(),
        lambda r: floats(2, 5, 3)(r) * bools(2, 5)(r)[..., None],
        mask=bools(2, 5),
        ints=True,  # a step of zeros jumps
    ),
    "masking_value": Case(
        lambda k: k.layers.Masking(mask_value=2.0),
        lambda r: np.where(bools(2, 5)(r)[..., None], floats(2, 5, 3)(r), np.float32(2)),
        ints=True,
    ),
    "reversible_embedding": Case(
        lambda k: k.layers.ReversibleEmbedding(7, 3, embeddings_regularizer="l2"),
        integers(7, 4, 5),
    ),
    "reversible_embedding_back": Case(
        lambda k: k.layers.ReversibleEmbedding(7, 3, logit_soft_cap=2.0),
        floats(2, 5, 3),
        options={"reverse": True},
    ),
    "identity": Case(lambda k: k.layers.Identity(), floats(4, 5)),
    "identity_nest": Case(
        lambda k: k.layers.Identity(), lambda r: {"a": floats(2)(r), "b": [floats(2, 3)(r)]}
    ),
    "lambda": Case(lambda k: k.layers.Lambda(lambda x: x * 2 + 1), floats(4, 5)),
    "lambda_function": Case(
        lambda k: k.layers.Lambda(
            k.activations.leaky_relu, output_shape=(5,), arguments={"negative_slope": 0.1}
        ),
        floats(4, 5),
    ),
}
