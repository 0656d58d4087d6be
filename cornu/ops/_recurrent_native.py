"""Recurrent layers by kernels that take whole sequences, where the engine has such."""

from cornu.backend import engine, kernels

FEW = 64  # units for each example of the batch, above which the engine's own products are faster


def natively(name, reverse, keep_all, values, with_factors, change):
    """The three functions of a recurrence, each calling a kernel where that is possible.

    Tensors of bfloat16 are computed in float32, with factors in float32, and results rounded once.

    Args:
        name: of the kernel for values and factors; that for gradients has `_gradient` added.
        reverse: whether to begin at the end.
        keep_all: whether the outputs of all steps are wanted.
        values: from `projected`, states, kernel, biases, `kept` and `dropped` to outputs (or None)
            and last states.
        with_factors: from the same to outputs, last states, and factors of the derivative.
        change: from a change of what comes from outside, changes of the states, kernel, `kept`,
            factors and `dropped` to the change of outputs (or None) and last states.
    """

    def fast_values(projected, states, kernel, bias, inner_bias, kept, dropped):
        given = projected, states, kernel, bias, inner_bias, kept, dropped
        if not _suits(states, dropped):
            return values(*given)

        def portable(*flat):
            outputs, last = values(*_nested(*flat))
            return [outputs, *last] if keep_all else last

        flat = _wide(_flat(*given))
        found = kernels.call_native(name, portable, flat, reverse=reverse, keep=keep_all)
        found = _rounded(found, projected)
        return (found[0], found[1:]) if keep_all else (None, found)

    def fast_with_factors(projected, states, kernel, bias, inner_bias, kept, dropped):
        given = projected, states, kernel, bias, inner_bias, kept, dropped
        if not _suits(states, dropped):
            return with_factors(*given)

        def portable(*flat):
            outputs, last, factors = with_factors(*_nested(*flat))
            return [outputs, *last, *factors]

        flat = _wide(_flat(*given))
        found = kernels.call_native(name, portable, flat, reverse=reverse, keep=True)
        count = 1 + len(states)
        outputs, *last = _rounded(found[:count], projected)
        return outputs, last, found[count:]

    def fast_change(source, states, kernel, kept, factors, dropped):
        if not _suits(states, dropped):
            return change(source, states, kernel, kept, factors, dropped)
        count = 1 + len(states)

        def portable(source, *flat):
            states, (kernel, kept, *factors) = flat[: count - 1], flat[count - 1 :]
            outputs, last = change(source, list(states), kernel, _there(kept), factors, None)
            return [outputs, *last] if keep_all else last

        flat = _wide([source, *states, kernel, _or_empty(kept, "bool"), *factors])
        turned = f"{name}_gradient"
        options = {"reverse": reverse, "keep": keep_all}
        found = kernels.call_native(None, portable, flat, count, turned, **options)
        found = _rounded(found, source)
        return (found[0], found[1:]) if keep_all else (None, found)

    return fast_values, fast_with_factors, fast_change


def _suits(states, dropped):
    """Whether a kernel does what is wanted, and fast."""
    batch, units = states[0].shape
    return dropped is None and isinstance(batch, int) and 0 < units <= FEW * batch


def _flat(projected, states, kernel, bias, inner_bias, kept, dropped):
    """The arguments as the kernels want them: those that are not there are empty."""
    biases = [_or_empty(each, kernel.dtype) for each in (bias, inner_bias)]
    return [projected, kernel, *biases, _or_empty(kept, "bool"), *states]


def _wide(tensors):
    return [engine.cast(x, "float32") if x.dtype == "bfloat16" else x for x in tensors]


def _rounded(tensors, like):
    return [engine.cast(x, like.dtype.name) for x in tensors]


def _nested(projected, kernel, bias, inner_bias, kept, *states):
    return projected, list(states), kernel, _there(bias), _there(inner_bias), _there(kept), None


def _or_empty(x, dtype):
    return kernels.zeros((0,), dtype) if x is None else x


def _there(x):
    return None if x.shape == (0,) else x
