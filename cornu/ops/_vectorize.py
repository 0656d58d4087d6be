"""`vectorize`."""

from cornu.backend import kernels


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of single elements as one of tensors, which broadcast against each other.

    Args:
        pyfunc: function of scalars, or of tensors of the shapes in `signature`, made of ops.
        excluded: positions or names of arguments to hand over as they are.
        signature: shapes of arguments and results, such as `"(n),(n)->()"`; the axes before these
            are those along which it is called.
    """
    if not callable(pyfunc):
        raise ValueError(f"`pyfunc` must be a function. Received: {type(pyfunc).__name__}")
    if isinstance(excluded, (int, str)):
        raise TypeError(f"`excluded` must be a set of arguments. Received: excluded={excluded!r}")
    return kernels.vectorize(pyfunc, frozenset(excluded or ()), signature)
