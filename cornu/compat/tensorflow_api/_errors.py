"""`tf.errors`: the kinds of errors that TensorFlow code raises and catches."""


class OpError(Exception):
    """An operation went wrong.

    Args:
        message: what went wrong; TensorFlow's `node_def` and `op` before it are dropped.
    """

    def __init__(self, *args):
        self.message = next((str(each) for each in reversed(args) if each is not None), "")
        super().__init__(self.message)


class InvalidArgumentError(OpError, ValueError):
    """An argument has a wrong value."""


class OutOfRangeError(OpError, StopIteration):
    """Nothing is left to iterate over."""


class NotFoundError(OpError, FileNotFoundError):
    """A file is not there."""


class AlreadyExistsError(OpError, FileExistsError):
    """A file is there already."""


class PermissionDeniedError(OpError, PermissionError):
    """A file may not be used."""


class UnimplementedError(OpError, NotImplementedError):
    """A function is not there."""


class FailedPreconditionError(OpError, RuntimeError):
    """Something has to be done before."""


class ResourceExhaustedError(OpError, MemoryError):
    """Memory is full."""


class InternalError(OpError, RuntimeError):
    """Something broke."""


class UnavailableError(OpError, RuntimeError):
    """A service is not there."""


class DeadlineExceededError(OpError, TimeoutError):
    """Something took too long."""


class AbortedError(OpError, RuntimeError):
    """Something was stopped."""


class CancelledError(OpError, RuntimeError):
    """Something was called off."""


class DataLossError(OpError, OSError):
    """Data are damaged."""


class UnknownError(OpError, RuntimeError):
    """Something else."""


class UnauthenticatedError(OpError, PermissionError):
    """Nobody signed in."""


MEMBERS = {
    name: value
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, OpError)
}
