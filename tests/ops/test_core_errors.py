"""What the core, segment, Fourier and CTC ops say about mistakes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cornu import KerasTensor, ops

X = np.ones((3, 4), "float32")
K = KerasTensor((3, 4))
LOGITS = np.zeros((2, 5, 4), "float32")
LABELS = np.ones((2, 3), "int32")
TWO = np.array([2, 2], "int32")


def same(*arguments):
    return arguments[0] if len(arguments) == 1 else arguments


def compiled_cond(true_fn, false_fn):
    return jax.jit(lambda p: ops.cond(p, true_fn, false_fn))(True)


CASES = [
    (ops.cond, ([True], same, same), ValueError, "`pred` must be a scalar.*shape=\\(1,\\)"),
    (compiled_cond, (lambda: X, lambda: (X, X)), ValueError, "same kind.*float32\\(3, 4\\)"),
    (compiled_cond, (lambda: X, lambda: X[:2]), ValueError, "float32\\(2, 4\\)"),
    (compiled_cond, (lambda: X, lambda: X > 0), ValueError, "bool\\(3, 4\\)"),
    (compiled_cond, (lambda: X, lambda: None), ValueError, "same kind"),
    (compiled_cond, (lambda: K, lambda: K), ValueError, "must get such tensors as arguments"),
    (compiled_cond, (lambda: object(), lambda: X), TypeError, "must hold tensors only.*object"),
    (ops.switch, (0, []), ValueError, "at least one function"),
    (ops.switch, (0.5, [same, same], 1), TypeError, "`index` must be an integer"),
    (ops.switch, (True, [same, same], 1), TypeError, "`index` must be an integer"),
    (ops.switch, ([0], [same, same], 1), ValueError, "must be a scalar"),
    (ops.scan, (3, 0.0, X), TypeError, "`f` should be a callable"),
    (ops.scan, (same, 0.0), ValueError, "`length` not provided"),
    (ops.scan, (same, 0.0, X, 5), ValueError, "float32\\(3, 4\\).*`length`=5"),
    (ops.scan, (same, 0.0, (X, X[:2])), ValueError, "float32\\(2, 4\\)"),
    (ops.scan, (same, 0.0, 1.0), ValueError, "first axis"),
    (ops.scan, (same, 0.0, None, -1), ValueError, "must not be negative"),
    (ops.scan, (same, 0.0, X, None, False, 0), ValueError, "`unroll` must be"),
    (ops.scan, (lambda c, x: c, 0.0, X), ValueError, "must return a pair"),
    (ops.scan, (lambda c, x: (x, c), 0.0, X), ValueError, "float32\\(\\).*float32\\(4,\\)"),
    (ops.scan, (lambda c, x: (c > 0, c), X, X), ValueError, "bool\\(3, 4\\)"),
    (ops.map, (3, X), TypeError, "`f` should be a callable"),
    (ops.map, (same, 1.0), ValueError, "first axis"),
    (ops.map, (same, [1, 2]), ValueError, "first axis"),
    (ops.vectorized_map, (3, X), TypeError, "should be a callable"),
    (ops.vectorized_map, (same, (X, X[:2])), ValueError, "different leading axis sizes"),
    (ops.associative_scan, (3, X), TypeError, "`f` should be a callable"),
    (ops.associative_scan, (ops.add, X, False, 2), ValueError, "axis 2 is out of bounds"),
    (ops.associative_scan, (ops.add, ()), ValueError, "at least one tensor"),
    (ops.associative_scan, (same, X), ValueError, "must return what it takes"),
    (ops.associative_scan, (same, (X, X[:2])), ValueError, "same first dimension"),
    (ops.while_loop, (3, same, (1,)), TypeError, "`cond` should be a callable"),
    (ops.while_loop, (lambda x: x < 9, lambda x: x > 0, X), ValueError, "scalar boolean"),
    (ops.while_loop, (lambda x: ops.all(x > 0), lambda x: x[:2], X), ValueError, "\\(2, 4\\)"),
    (ops.fori_loop, (0, 3, lambda i, v: (v, v), 0.0), ValueError, "like the one it takes"),
    (ops.fori_loop, ([0], 3, same, 0.0), ValueError, "`lower` must be a scalar"),
    (ops.grad, (3,), TypeError, "`f` should be a callable"),
    (ops.grad, (same, 0.5), TypeError, "`argnums` must be an int"),
    (ops.grad(same), (np.ones(3, "int32"),), TypeError, "float tensors.*int32"),
    (ops.grad(same), (K,), TypeError, "not on symbolic tensors"),
    (ops.grad(same, 1), (X,), ValueError, "no argument 1 among 1"),
    (ops.grad(lambda x: [x]), (X,), TypeError, "must return a tensor"),
    (ops.custom_gradient(lambda x: (x, same)), (K,), TypeError, "not on symbolic tensors"),
    (ops.stack, ([X, X[:2]],), ValueError, "do not fit.*\\(2, 4\\)"),
    (ops.stack, ([KerasTensor((2, 3)), KerasTensor((3, 3))],), ValueError, "do not fit"),
    (ops.concatenate, ([X, X[:, :2]],), ValueError, "do not fit.*\\(3, 2\\)"),
    (ops.concatenate, ([X, X[0]], 1), ValueError, "do not fit"),
    (ops.unstack, (X, None, 2), ValueError, "axis 2 is out of bounds"),
    (ops.unstack, (X, 2), ValueError, "num=2.*\\(3, 4\\)"),
    (ops.unstack, (KerasTensor((None, 2)),), ValueError, "Cannot infer argument `num`"),
    (ops.slice, (X, (0,), (1, 1)), ValueError, "dimensions in `start_indices`"),
    (ops.slice, (X, (0, 0), (1,)), ValueError, "dimensions in `inputs` must match"),
    (ops.slice, (X, (2, 0), (2, 1)), ValueError, "doesn't fit.*\\(3, 4\\)"),
    (ops.slice, (X, (-4, 0), (1, 1)), ValueError, "doesn't fit"),
    (ops.slice, (X, jnp.asarray([0, 0]), (4, 1)), ValueError, "doesn't fit"),
    (ops.scatter, (X, X[:, 0], (3,)), TypeError, "`indices` must be integers.*float32"),
    (ops.scatter_update, (X, X[:, :2], X[:, 0]), TypeError, "`indices` must be integers"),
    (ops.slice_update, (X, X[0, :2], X[:1]), TypeError, "`start_indices` must be integers"),
    (ops.in_top_k, (X[0], X.T, 1), TypeError, "`targets` must be integers"),
    (ops.rearrange, (X, "a b"), ValueError, "one arrow"),
    (ops.rearrange, (X, "a b -> a"), ValueError, "\\['b'\\] are not on both sides"),
    (ops.rearrange, (X, "a a -> a"), ValueError, "occur twice"),
    (ops.rearrange, (X, "a b c -> a b c"), ValueError, "has 3 axes, the tensor has 2"),
    (ops.rearrange, (X, "a (b c) -> a b c"), ValueError, "all but one of the axes"),
    (ops.rearrange, (X, "a ((b)) -> a b"), ValueError, "not nested"),
    (ops.rearrange, (X, "a b -> b + a"), ValueError, "'\\+ a' is not understood"),
    (ops.rearrange, (X, "a b -> a ..."), ValueError, "'...' must stand before the arrow"),
    (ops.rearrange, (X, "a ... -> a"), ValueError, "'...' must be on both sides"),
    (ops.segment_sum, (X, [0, 0]), ValueError, "\\(3, 4\\).*\\(2,\\)"),
    (ops.segment_max, (X, [[0], [0], [0]]), ValueError, "1-D vector"),
    (ops.segment_min, (X, [0, 5, 1], 3), ValueError, "segment_ids\\[1\\]=5"),
    (ops.segment_prod, (X, [0, 2, 1], 3, True), ValueError, "not in ascending order"),
    (ops.segment_sum, (X, [0, 1, 1.5]), TypeError, "must be integers"),
    (ops.segment_sum, (X > 0, [0, 1, 1]), TypeError, "cast booleans"),
    (jax.jit(ops.segment_sum), (X, TWO[:1].repeat(3)), ValueError, "inside compiled code"),
    (ops.fft, (X,), ValueError, "tuple of two tensors"),
    (
        ops.fft,
        ((X, X[:2]),),
        ValueError,
        "x\\[0\\].shape = \\(3, 4\\), x\\[1\\].shape = \\(2, 4\\)",
    ),
    (ops.fft, ((LABELS, LABELS),), ValueError, "not of type float.*int32"),
    (ops.fft2, ((X[0], X[0]),), ValueError, "rank >= 2"),
    (ops.rfft, (X, 0), ValueError, "`fft_length` must be positive"),
    (ops.rfft, (X.astype("complex64"),), ValueError, "must be real"),
    (ops.irfft, ((X, X), -2), ValueError, "`fft_length` must be positive"),
    (ops.stft, (X, 8, 2, 4), ValueError, "fft_length=4"),
    (ops.stft, (X, 2, 0, 4), ValueError, "`sequence_stride` must be a positive"),
    (ops.stft, (X, 2, 1, 4, "square"), ValueError, "window=square"),
    (ops.stft, (X, 2, 1, 4, np.ones(3)), ValueError, "window shape=\\(3,\\)"),
    (ops.stft, (X, 8, 1, 8, None, False), ValueError, "4 samples, fft_length=8"),
    (ops.stft, (LABELS, 2, 1, 4), TypeError, "input type=int32"),
    (ops.istft, ((X, X), 2, 1, 1), ValueError, "fft_length=1"),
    (ops.extract_sequences, (X, 0, 1), ValueError, "sequence_length=0"),
    (ops.extract_sequences, (X, 1, 0), ValueError, "sequence_stride=0"),
    (ops.view_as_complex, (X,), ValueError, "must be size 2.*\\(3, 4\\)"),
    (ops.ctc_loss, (LABELS[0], LOGITS, TWO, TWO), ValueError, "target.shape=\\(3,\\)"),
    (ops.ctc_loss, (LABELS, LOGITS, TWO[:1], TWO), ValueError, "same batch size"),
    (ops.ctc_loss, (LABELS, LOGITS, TWO + 2, TWO), ValueError, "`target_length` must be from 0 to"),
    (ops.ctc_loss, (LABELS, LOGITS, TWO, TWO + 4), ValueError, "`output_length`.*from 6 to 6"),
    (ops.ctc_loss, (LABELS + 3, LOGITS, TWO, TWO), ValueError, "classes from 0 to 3"),
    (ops.ctc_loss, (LABELS, LOGITS, TWO, TWO, 4), ValueError, "mask_index=4"),
    (ops.ctc_decode, (LOGITS, TWO, "best"), ValueError, "Invalid strategy"),
    (ops.ctc_decode, (LOGITS[0], TWO), ValueError, "inputs.shape=\\(5, 4\\)"),
    (ops.ctc_decode, (LOGITS, TWO + 9), ValueError, "`sequence_lengths` must be from 0 to 5"),
    (ops.ctc_decode, (LOGITS, TWO, "beam_search", 2, 3), ValueError, "top_paths=3"),
]


@pytest.mark.parametrize(
    ("call", "arguments", "error", "message"),
    CASES,
    ids=[f"{getattr(case[0], '__name__', 'call')}-{n}" for n, case in enumerate(CASES)],
)
def test_mistakes(call, arguments, error, message):
    with pytest.raises(error, match=message) as raised:
        call(*arguments)
    assert len(str(raised.value)) < 2000


def test_ids_that_are_left_out_on_the_device():
    ids = jnp.asarray([0, 7, -1])
    assert ops.segment_sum(X, ids, num_segments=2)[:, 0].tolist() == [1.0, 0.0]
    assert ops.segment_prod(2 * X, ids, num_segments=2)[:, 0].tolist() == [2.0, 1.0]
    gradient = jax.grad(lambda x: ops.sum(ops.segment_prod(x, ids, num_segments=2)))(X)
    assert gradient[:, 0].tolist() == [1.0, 0.0, 0.0]


def test_labels_that_do_not_fit_have_a_large_finite_loss_and_gradient():
    target = np.array([[1, 1, 1]], "int32")
    loss, gradient = jax.value_and_grad(lambda x: ops.sum(ops.ctc_loss(target, x, [3], [4])))(
        jnp.zeros((1, 4, 3))
    )
    assert 9e4 < float(loss) < 2e5
    assert np.isfinite(gradient).all()
