"""Python functions as text, and back: how Keras stores a lambda. Reading one back runs the file's
code."""

import base64
import marshal
import types
from contextlib import contextmanager
from contextvars import ContextVar

from cornu.core.scopes import CUSTOM_OBJECTS
from cornu.serial.errors import ModelFileError
from cornu.serial.registry import export

# True while a loading call that was told `safe_mode=False` runs.
UNSAFE_LOADING: ContextVar[bool] = ContextVar("UNSAFE_LOADING", default=False)

REFUSAL = (
    "The file holds a Python lambda (of a `Lambda` layer or the like), as bytecode. Loading it "
    "would be arbitrary code execution, of whatever its author put there, so it is refused. "
    "If you trust the author, pass `safe_mode=False` to the loading function, "
    "or call `keras.config.enable_unsafe_deserialization()`."
)


def dump_function(function):
    """A Python function as `(bytecode in base64, defaults, values of its closure)`."""
    code = base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii")
    cells = function.__closure__
    closure = tuple(cell.cell_contents for cell in cells) if cells else None
    return code, function.__defaults__, closure


def load_function(code, defaults=None, closure=None):
    """The function that `dump_function` described; its globals are the custom objects in scope.

    Only to be called after `refuse_unless_allowed`.
    """
    body = marshal.loads(base64.b64decode(code.encode("ascii")))
    names = {"__builtins__": __builtins__, **CUSTOM_OBJECTS.get()}
    cells = None if closure is None else tuple(map(types.CellType, closure))
    defaults = None if defaults is None else tuple(defaults)
    return types.FunctionType(body, names, body.co_name, defaults, cells)


def allow_unsafe(safe_mode=None):
    """Whether code in a file may run: only where `safe_mode=False` was passed here or to the
    loading call around.

    Unset means safe: there is no state in which a missing setting allows anything.
    """
    return safe_mode is False or UNSAFE_LOADING.get()


def refuse_unless_allowed(safe_mode=None, reason=REFUSAL, config=None):
    """Raise `ModelFileError` unless code in a file may run."""
    if not allow_unsafe(safe_mode):
        raise ModelFileError(reason, pointer="$", config=config)


@contextmanager
def safety(safe_mode):
    """The choice of an outer loading call, for the `from_config` methods below it that have no
    `safe_mode` argument."""
    token = UNSAFE_LOADING.set(UNSAFE_LOADING.get() or safe_mode is False)
    try:
        yield
    finally:
        UNSAFE_LOADING.reset(token)


@export("keras.config.enable_unsafe_deserialization")
def enable_unsafe_deserialization():
    """Let every later loading call of this thread run code found in files: `safe_mode=False` for
    all of them.

    Only for programs that read nothing but their own files.

    Example:
        >>> import cornu
        >>> cornu.config.enable_unsafe_deserialization()  # doctest: +SKIP
    """
    UNSAFE_LOADING.set(True)
