"""Connectionist temporal classification (Graves et al. 2006): the loss, and decoding.

An alignment gives each step a class, one of which is the blank; its labels are what is left of it
without repetitions and then without blanks. Computed in at least float32, in logarithms.
"""

import numpy as np

from cornu.backend import engine, kernels
from cornu.core.errors import shorten
from cornu.state.variable import value_of
from cornu.symbolic.op import op, promote_float

# Stands for the logarithm of 0. It is finite, so that the loss and its gradient are, too.
LOG_ZERO = -1e5
# The same where nothing is differentiated.
NEVER = -1e30


def _float32(*found):
    name = promote_float(*found)
    return "float32" if name in ("float16", "bfloat16") else name


def _loss_dtypes(target, output, *lengths):
    return ("int32", _float32(output), *("int32" for _ in lengths))


def _blank(mask_index, classes):
    """The class that is the blank, counted from the front."""
    blank = classes - 1 if mask_index is None else mask_index
    if not -classes <= blank < classes:
        raise ValueError(
            f"`mask_index` must be one of the {classes} classes. Received: mask_index={mask_index}"
        )
    return blank % classes


def _check_lengths(name, lengths, limit):
    """Lengths on the host must not be longer than what they are lengths of."""
    lengths = value_of(lengths)
    if isinstance(lengths, (list, tuple)):
        lengths = np.asarray(lengths)
    if not isinstance(lengths, np.ndarray) or not lengths.size or limit is None:
        return lengths
    if lengths.min() < 0 or lengths.max() > limit:
        raise ValueError(
            f"`{name}` must be from 0 to {limit}. Received: from {lengths.min()} to {lengths.max()}"
        )
    return lengths


def _shape(x):
    return tuple(np.shape(value_of(x)))


def _check_shapes(target, output, target_length, output_length):
    labels, logits = _shape(target), _shape(output)
    if len(labels) != 2 or len(logits) != 3:
        raise ValueError(
            "`target` must have shape (batch, labels) and `output` (batch, steps, classes). "
            f"Received: target.shape={labels}, output.shape={logits}"
        )
    lengths = _shape(target_length), _shape(output_length)
    sizes = {labels[0], logits[0], *(length[0] for length in lengths if length)} - {None}
    if any(len(length) != 1 for length in lengths) or len(sizes) > 1:
        raise ValueError(
            "`target_length` and `output_length` must have one axis, and all arguments the same "
            f"batch size. Received: target.shape={labels}, output.shape={logits}, "
            f"target_length.shape={lengths[0]}, output_length.shape={lengths[1]}"
        )


def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """`-log` of the probability of the labels: of all their alignments together.

    Args:
        target: labels, ints (batch, labels); what is beyond `target_length` is ignored.
        output: logits (batch, steps, classes); what is beyond `output_length` is ignored.
        target_length: number of labels of each example, ints (batch,).
        output_length: number of steps of each example, ints (batch,).
        mask_index: the class that is the blank; negative ones count from the end.

    Returns:
        Tensor (batch,). Where there are too few steps for the labels, about 1e5 (and not infinity,
        so that the gradient stays finite), as in Keras.

    Raises:
        ValueError: if shapes don't go together, `mask_index` is no class, or lengths or labels on
            the host are out of range.

    Example:
        >>> import cornu
        >>> logits = cornu.ops.zeros((1, 2, 3))
        >>> loss = cornu.ops.ctc_loss([[1]], logits, [1], [2])  # 1 1, 0 1 and 1 0, of 9
        >>> round(float(cornu.ops.exp(-loss[0])), 4)
        0.3333
    """
    _check_shapes(target, output, target_length, output_length)
    target_length = _check_lengths("target_length", target_length, _shape(target)[1])
    output_length = _check_lengths("output_length", output_length, _shape(output)[1])
    target = _check_labels(target, _shape(output)[2], target_length)
    return _ctc_loss(target, output, target_length, output_length, mask_index=mask_index)


def _check_labels(target, classes, target_length):
    target = value_of(target)
    if isinstance(target, (list, tuple)):
        target = np.asarray(target)
    if isinstance(target, np.ndarray) and isinstance(target_length, np.ndarray):
        counted = np.arange(target.shape[1]) < target_length[:, None]
        labels = target[counted]
        if labels.size and (labels.min() < 0 or labels.max() >= classes):
            raise ValueError(
                f"`target` must hold classes from 0 to {classes - 1}. "
                f"Received: from {labels.min()} to {labels.max()}"
            )
    return target


@op(
    "target",
    "output",
    "target_length",
    "output_length",
    dtype=_loss_dtypes,
    family="nn",
    keras_name="CTCLoss",
    fuse=True,
)
def _ctc_loss(target, output, target_length, output_length, mask_index=0):
    batch, labels = target.shape
    blank = _blank(mask_index, output.shape[2])
    logs = _log_probabilities(output)
    # The states of an alignment: blank, label, blank, label, ..., blank.
    blanks = kernels.full((batch, labels), blank, "int32")
    states = kernels.reshape(kernels.stack([blanks, target], 2), (batch, 2 * labels))
    states = kernels.concatenate([states, kernels.full((batch, 1), blank, "int32")], 1)
    # From a label one may go on to the next without a blank between, unless they are equal.
    before = kernels.pad(states[:, :-2], ((0, 0), (2, 0)), "constant", blank)
    is_label = kernels.arange(0, 2 * labels + 1, 1, "int32") % 2 == 1
    skips = kernels.logical_and(is_label, states != before)
    emitted = kernels.take_along_axis(logs, kernels.expand_dims(states, 1), 2)
    steps = kernels.moveaxis(emitted, 1, 0)
    zero = kernels.full((), LOG_ZERO, logs.dtype)
    first = kernels.arange(0, 2 * labels + 1, 1, "int32") < 1
    # One step before the first: in the blank that is no step yet.
    start = kernels.where(first, kernels.zeros((), logs.dtype), zero)
    start = kernels.broadcast_to(start, (batch, 2 * labels + 1))

    def step(carry, values):
        index, reached = carry
        one = _shifted(reached, 1)
        two = kernels.where(skips, _shifted(reached, 2), zero)
        new = _log_sum(reached, one, two) + values[0]
        going = kernels.expand_dims(index < output_length, 1)
        return [index + 1, kernels.where(going, new, reached)], []

    (_, reached), _ = engine.scan(step, [kernels.zeros((), "int32"), start], [steps])
    last = kernels.expand_dims(2 * target_length, 1)
    in_blank = kernels.take_along_axis(reached, last, 1)[:, 0]
    in_label = kernels.take_along_axis(reached, kernels.maximum(last - 1, last * 0), 1)[:, 0]
    in_label = kernels.where(target_length > 0, in_label, zero)
    return -_log_sum(in_blank, in_label)


def _log_probabilities(output):
    top = engine.stop_gradient(kernels.max(output, axis=-1, keepdims=True))
    shifted = output - top
    return shifted - kernels.log(kernels.sum(kernels.exp(shifted), axis=-1, keepdims=True))


def _shifted(x, count):
    """`x` (batch, states) moved `count` states on."""
    return kernels.pad(x[:, :-count], ((0, 0), (count, 0)), "constant", LOG_ZERO)


def _log_sum(*terms):
    """`log(exp(a) + exp(b) + ...)` of finite numbers."""
    top = terms[0]
    for term in terms[1:]:
        top = kernels.maximum(top, term)
    top = engine.stop_gradient(top)
    total = kernels.exp(terms[0] - top)
    for term in terms[1:]:
        total = total + kernels.exp(term - top)
    return kernels.log(total) + top


def ctc_decode(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    """The most probable labels.

    Args:
        inputs: logits (batch, steps, classes).
        sequence_lengths: number of steps of each example, ints (batch,).
        strategy: `"greedy"`: of the most probable alignment alone; or `"beam_search"`: the labels
            whose alignments are most probable together, as far as they were among the best at
            every step (Hannun et al. 2014).
        beam_width: for the beam search, how many labels are kept at each step.
        top_paths: for the beam search, how many results are wanted, at most `beam_width`.
        merge_repeated: for `"greedy"`, whether repetitions in the alignment count once.
        mask_index: the class that is the blank; None for the last.

    Returns:
        Labels (top_paths, batch, steps), int32, -1 behind the last; and scores (batch, top_paths):
        of the greedy strategy the negative sum of the largest logits, of the beam search the
        logarithm of the probability (-inf where there are no more labels).

    Raises:
        ValueError: for an unknown strategy, shapes that don't go together, numbers that are not
            positive, and lengths on the host that are out of range.

    Example:
        >>> import cornu
        >>> logits = 5 * cornu.ops.one_hot([[1, 1, 0, 1, 2]], 3)
        >>> labels, _ = cornu.ops.ctc_decode(logits, [5])
        >>> labels.tolist()
        [[[1, 1, 2, -1, -1]]]
    """
    if strategy not in ("greedy", "beam_search"):
        raise ValueError(
            f"Invalid strategy {shorten(strategy)}. Supported values are 'greedy' and "
            "'beam_search'."
        )
    shape, lengths = _shape(inputs), _shape(sequence_lengths)
    if len(shape) != 3 or len(lengths) != 1 or len({shape[0], lengths[0]} - {None}) > 1:
        raise ValueError(
            "`inputs` must have shape (batch, steps, classes), `sequence_lengths` (batch,). "
            f"Received: inputs.shape={shape}, sequence_lengths.shape={lengths}"
        )
    if strategy == "beam_search" and not 1 <= top_paths <= beam_width:
        raise ValueError(
            "`top_paths` must be from 1 to `beam_width`. "
            f"Received: top_paths={top_paths}, beam_width={beam_width}"
        )
    sequence_lengths = _check_lengths("sequence_lengths", sequence_lengths, shape[1])
    return _ctc_decode(
        inputs,
        sequence_lengths,
        strategy=strategy,
        beam_width=beam_width,
        top_paths=top_paths,
        merge_repeated=merge_repeated,
        mask_index=mask_index,
    )


def _decode_dtypes(inputs, lengths):
    return _float32(inputs), "int32"


@op(
    "inputs",
    "sequence_lengths",
    dtype=_decode_dtypes,
    family="nn",
    keras_name="CTCDecode",
    fuse=True,
)
def _ctc_decode(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    blank = _blank(mask_index, inputs.shape[2])
    if strategy == "greedy":
        return _greedy(inputs, sequence_lengths, merge_repeated, blank)
    return _beam_search(inputs, sequence_lengths, beam_width, top_paths, blank)


def _greedy(inputs, lengths, merge_repeated, blank):
    steps = inputs.shape[1]
    classes = engine.cast(kernels.argmax(inputs, -1), "int32")
    counted = kernels.arange(0, steps, 1, "int32") < kernels.expand_dims(lengths, 1)
    kept = kernels.logical_and(counted, classes != blank)
    if merge_repeated:
        before = kernels.pad(classes[:, :-1], ((0, 0), (1, 0)), "constant", -1)
        kept = kernels.logical_and(kept, classes != before)
    none = kernels.full((), -1, "int32")
    order = kernels.argsort(kernels.logical_not(kept), 1)  # stable: what is kept comes first
    labels = kernels.take_along_axis(kernels.where(kept, classes, none), order, 1)
    best = kernels.max(inputs, axis=-1)
    score = -kernels.sum(kernels.where(counted, best, kernels.zeros((), best.dtype)), axis=1)
    return kernels.expand_dims(labels, 0), kernels.expand_dims(score, 1)


def _beam_search(inputs, lengths, width, top_paths, blank):
    """Prefix beam search. What a step knows of each of the `width` prefixes: its labels, how many
    they are, and the logarithms of the probabilities that it ends in a blank, or in a label."""
    batch, steps, classes = inputs.shape
    logs = kernels.moveaxis(_log_probabilities(inputs), 1, 0)
    never = kernels.full((), NEVER, inputs.dtype)
    first = kernels.arange(0, width, 1, "int32") < 1
    ends_in_blank = kernels.where(first, kernels.zeros((), inputs.dtype), never)
    start = [
        kernels.zeros((), "int32"),
        kernels.full((batch, width, steps), -1, "int32"),
        kernels.zeros((batch, width), "int32"),
        kernels.broadcast_to(ends_in_blank, (batch, width)),
        kernels.full((batch, width), NEVER, inputs.dtype),
    ]

    def step(carry, values):
        index, *beam = carry
        new = _extend(beam, values[0], width, classes, blank)
        going = index < lengths
        beam = [
            kernels.where(kernels.reshape(going, (batch,) + (1,) * (b.ndim - 1)), b, a)
            for a, b in zip(beam, new, strict=True)
        ]
        return [index + 1, *beam], []

    (_, labels, _, in_blank, in_label), _ = engine.scan(step, start, [logs])
    scores, order = kernels.top_k(_log_sum(in_blank, in_label), top_paths)
    labels = kernels.take_along_axis(labels, kernels.expand_dims(order, 2), 1)
    impossible = scores <= NEVER / 2
    scores = kernels.where(impossible, kernels.full((), -np.inf, scores.dtype), scores)
    none = kernels.full((), -1, "int32")
    labels = kernels.where(kernels.expand_dims(impossible, 2), none, labels)
    return kernels.moveaxis(labels, 1, 0), scores


def _extend(beam, logs, width, classes, blank):
    """The best prefixes after one more step, with log probabilities `logs` (batch, classes)."""
    labels, counts, in_blank, in_label = beam
    batch, _, steps = labels.shape
    never = kernels.full((), NEVER, logs.dtype)
    either = _log_sum(in_blank, in_label)
    nonempty = counts > 0
    end = kernels.expand_dims(kernels.maximum(counts - 1, counts * 0), 2)
    last = kernels.take_along_axis(labels, end, 2)[:, :, 0]
    last = kernels.where(nonempty, last, kernels.full((), blank, "int32"))
    # A prefix may stay as it is: by a blank, or by its last label again.
    again = kernels.take_along_axis(logs, last, 1)
    stay_blank = either + logs[:, blank : blank + 1]
    stay_label = kernels.where(nonempty, in_label + again, never)
    # Or become longer by a label; the same one as its last only after a blank.
    every = kernels.arange(0, classes, 1, "int32")
    same = kernels.logical_and(
        kernels.expand_dims(last, 2) == every, kernels.expand_dims(nonempty, 2)
    )
    source = kernels.where(same, kernels.expand_dims(in_blank, 2), kernels.expand_dims(either, 2))
    longer = kernels.where(every == blank, never, source + kernels.expand_dims(logs, 1))
    # What becomes a prefix that is there already adds to that one.
    parent = _is_parent(labels, counts, end)
    toward = kernels.take_along_axis(longer, kernels.expand_dims(last, 1), 2)  # (batch, i, j)
    added = kernels.max(kernels.where(parent, toward, never), axis=1)
    stay_label = _log_sum(stay_label, added)
    ends = kernels.expand_dims(last, 2) == every
    taken = kernels.matmul(engine.cast(parent, "float32"), engine.cast(ends, "float32")) > 0
    longer = kernels.where(taken, never, longer)
    # The best of all.
    scores = kernels.concatenate(
        [_log_sum(stay_blank, stay_label), kernels.reshape(longer, (batch, width * classes))], 1
    )
    _, chosen = kernels.top_k(scores, width)
    stays = chosen < width
    extension = kernels.maximum(chosen - width, chosen * 0)
    origin = kernels.where(stays, chosen, extension // classes)
    label = kernels.expand_dims(extension % classes, 2)
    pick = kernels.take_along_axis
    labels = pick(labels, kernels.expand_dims(origin, 2), 1)
    counts = pick(counts, origin, 1)
    here = kernels.arange(0, steps, 1, "int32") == kernels.expand_dims(counts, 2)
    here = kernels.logical_and(here, kernels.expand_dims(kernels.logical_not(stays), 2))
    longer = pick(kernels.reshape(longer, (batch, width * classes)), extension, 1)
    return [
        kernels.where(here, label, labels),
        counts + engine.cast(kernels.logical_not(stays), "int32"),
        kernels.where(stays, pick(stay_blank, origin, 1), never),
        kernels.where(stays, pick(stay_label, origin, 1), longer),
    ]


def _is_parent(labels, counts, end):
    """Whether prefix i is prefix j without its last label: (batch, i, j)."""
    steps = labels.shape[2]
    places = kernels.arange(0, steps, 1, "int32")
    none = kernels.full((), -1, "int32")
    shortened = kernels.where(places == end, none, labels)
    equal = kernels.expand_dims(labels, 2) == kernels.expand_dims(shortened, 1)
    longer = kernels.expand_dims(counts, 2) + 1 == kernels.expand_dims(counts, 1)
    return kernels.logical_and(kernels.all(equal, axis=3), longer)
