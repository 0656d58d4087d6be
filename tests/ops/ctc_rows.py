"""Rows of the CTC loss and decoding; the oracles go through all alignments."""

import itertools

import numpy as np
from ops.array_rows import logsumexp
from ops.rows import row

STEPS, CLASSES = 5, 3
TARGETS = np.array(
    [[1, 2, 1], [1, 1, 0], [2, 0, 0], [0, 0, 0], [2, 2, 0], [1, 2, 2], [1, 0, 0]], "int32"
)
LENGTHS = np.array([3, 2, 1, 0, 2, 3, 1], "int32")
STEPS_OF = np.array([5, 4, 5, 3, 5, 5, 1], "int32")


def labelled(r, n):
    return TARGETS[:n], 2 * r.normal(n, STEPS, CLASSES), LENGTHS[:n], STEPS_OF[:n]


def labelled_before_last(r, n):
    """The same where the last class is the blank."""
    target, output, *lengths = labelled(r, n)
    return np.maximum(target - 1, 0), output, *lengths


def logits(r, n):
    return 2 * r.normal(n, STEPS, CLASSES), STEPS_OF[:n]


def collapsed(alignment, blank):
    """The labels of an alignment."""
    once = [label for label, _ in itertools.groupby(alignment)]
    return tuple(label for label in once if label != blank)


def probabilities(logits, blank):
    """The logarithm of the probability of all labels that there are, from logits (steps,
    classes)."""
    logs = logits - logsumexp(logits, -1, keepdims=True)
    found = {}
    for alignment in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        value = sum(logs[step, label] for step, label in enumerate(alignment))
        labels = collapsed(alignment, blank)
        found[labels] = np.logaddexp(found.get(labels, -np.inf), value)
    return found


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    blank = mask_index % output.shape[-1]
    return np.array([
        -probabilities(logits[:steps], blank)[tuple(labels[:count])]
        for labels, logits, count, steps in zip(
            target, output, target_length, output_length, strict=True
        )
    ])  # fmt: skip


def padded(labels, steps):
    return np.array([*labels, *[-1] * (steps - len(labels))], "int32")


def greedy(inputs, sequence_lengths, merge_repeated=True, mask_index=0, **unused):
    blank = inputs.shape[-1] - 1 if mask_index is None else mask_index % inputs.shape[-1]
    labels, scores = [], []
    for logits, steps in zip(inputs, sequence_lengths, strict=True):
        best = logits[:steps].argmax(-1)
        found = collapsed(best, blank) if merge_repeated else best[best != blank]
        labels.append(padded(found, inputs.shape[1]))
        scores.append([-logits[:steps].max(-1).sum()])
    return np.array([labels]), np.array(scores)


def beam_search(inputs, sequence_lengths, top_paths=1, mask_index=0, **unused):
    blank = inputs.shape[-1] - 1 if mask_index is None else mask_index % inputs.shape[-1]
    labels, scores = [], []
    for logits, steps in zip(inputs, sequence_lengths, strict=True):
        found = probabilities(logits[:steps], blank)
        best = sorted(found, key=found.get, reverse=True)[:top_paths]
        labels.append([padded(each, inputs.shape[1]) for each in best])
        scores.append([found[each] for each in best])
    return np.swapaxes(labels, 0, 1), np.array(scores)


BEAM = {"strategy": "beam_search", "beam_width": 120}

ROWS = [
    row("ctc_loss", labelled, ctc_loss, terms=100),
    row("ctc_loss", labelled_before_last, ctc_loss, {"mask_index": -1}, terms=100),
    row("ctc_decode", logits, greedy, terms=30, gradient=False),
    row("ctc_decode", logits, greedy, {"merge_repeated": False}, terms=30, gradient=False),
    row("ctc_decode", logits, greedy, {"mask_index": None}, terms=30, gradient=False),
    row("ctc_decode", logits, beam_search, {**BEAM, "top_paths": 3}, terms=100, gradient=False),
    row("ctc_decode", logits, beam_search, {**BEAM, "mask_index": 2}, terms=100, gradient=False),
]
