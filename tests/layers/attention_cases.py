"""Attention."""

import numpy as np
from layers.case import Case, bools, floats, several

PAIR = several(floats(2, 4, 6), floats(2, 5, 6))
THREE = several(floats(2, 4, 6), floats(2, 5, 3), floats(2, 5, 6))
MASKS = several(bools(2, 4), bools(2, 5))
THREE_MASKS = several(bools(2, 4), bools(2, 5), lambda r: None)


def named(**samplers):
    """A sampler of arguments by name."""
    return lambda r: {name: sampler(r) for name, sampler in samplers.items()}


SELF = named(query=floats(2, 4, 6), value=floats(2, 4, 6))
CROSS = named(query=floats(2, 4, 6), value=floats(2, 5, 6))
THREE_NAMED = named(query=floats(2, 4, 6), value=floats(2, 5, 7), key=floats(2, 5, 8))
NAMED_MASKS = named(query=bools(2, 4), value=bools(2, 5))
GRID = named(query=floats(2, 3, 4, 6), value=floats(2, 3, 5, 6))
SCORES = {"return_attention_scores": True}
SEEN = np.tril(np.ones((4, 5), bool), 1)


def heads(make, inputs, **settings):
    """A case of a layer that takes its inputs by name."""
    return Case(make, inputs, named=True, **settings)


def mha(**arguments):
    """A maker of a layer with two heads of size three."""
    return lambda k: k.layers.MultiHeadAttention(2, 3, **arguments)


def gqa(**arguments):
    """A maker of a layer with four heads of queries and two of keys."""
    return lambda k: k.layers.GroupQueryAttention(3, 4, 2, **arguments)


CASES = {
    "attention": Case(lambda k: k.layers.Attention(), PAIR, mask=MASKS),
    "attention_scale": Case(
        lambda k: k.layers.Attention(use_scale=True), THREE, mask=THREE_MASKS, options=SCORES
    ),
    "attention_concat": Case(
        lambda k: k.layers.Attention(use_scale=True, score_mode="concat", seed=3),
        THREE,
        mask=THREE_MASKS,
    ),
    "attention_causal": Case(
        lambda k: k.layers.Attention(score_mode="concat"),
        PAIR,
        options={"use_causal_mask": True, **SCORES},
    ),
    "attention_axes": Case(
        lambda k: k.layers.Attention(), several(floats(2, 3, 4, 6), floats(2, 3, 5, 6))
    ),
    "additive_attention": Case(lambda k: k.layers.AdditiveAttention(), PAIR, mask=MASKS),
    "additive_attention_causal": Case(
        lambda k: k.layers.AdditiveAttention(use_scale=False),
        THREE,
        mask=THREE_MASKS,
        options={"use_causal_mask": True, **SCORES},
    ),
    "multi_head_attention": heads(mha(), CROSS, mask=NAMED_MASKS),
    "multi_head_attention_scores": heads(mha(use_bias=False), CROSS, options=SCORES),
    "multi_head_attention_keys": heads(mha(output_shape=7), THREE_NAMED),
    "multi_head_attention_value_dim": heads(
        mha(value_dim=5, output_shape=(3, 2)), THREE_NAMED, options=SCORES
    ),
    "multi_head_attention_causal": heads(mha(), SELF, options={"use_causal_mask": True}),
    "multi_head_attention_mask": heads(mha(), CROSS, options={"attention_mask": SEEN}),
    "multi_head_attention_window": heads(
        mha(sliding_window=2), CROSS, options={"use_causal_mask": True, **SCORES}
    ),
    "multi_head_attention_gate": heads(mha(use_gate=True), CROSS),
    "multi_head_attention_axes": heads(mha(attention_axes=2), GRID),
    "multi_head_attention_first_axis": heads(
        mha(attention_axes=(1,)), named(query=floats(2, 3, 4, 6), value=floats(2, 5, 4, 6))
    ),
    "multi_head_attention_all_axes": heads(mha(), GRID, options=SCORES),
    "multi_head_attention_axes_turned": heads(mha(attention_axes=(2, 1)), GRID, options=SCORES),
    "multi_head_attention_penalties": heads(
        mha(
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l2",
            kernel_constraint="max_norm",
            bias_constraint="non_neg",
        ),
        CROSS,
    ),
    "group_query_attention": heads(gqa(), CROSS, mask=NAMED_MASKS),
    "group_query_attention_scores": heads(
        gqa(use_bias=False, use_gate=True), THREE_NAMED, options=SCORES
    ),
    "group_query_attention_window": heads(
        gqa(sliding_window=2), CROSS, options={"use_causal_mask": True}
    ),
    "group_query_attention_one": heads(
        lambda k: k.layers.GroupQueryAttention(
            3, 2, 1, kernel_regularizer="l2", activity_regularizer="l1", bias_initializer="ones"
        ),
        SELF,
        options={"use_causal_mask": True},
    ),
}
