"""Answers `import keras`, `tf_keras` and `tensorflow` with this package.

The modules are the same objects, not copies: `keras.layers is cornu.layers`. Paths inside
`keras.src` are answered from a table of where Keras 3.15 keeps its public names
(`keras_paths.json`), plus a few private names that well-known packages use. As scripts ask for the
version of Keras, `cornu.__version__` is Keras's once `keras` means this package; `cornu.version`
the module keeps ours.
"""

import importlib
import importlib.abc
import importlib.util
import sys
from importlib.machinery import PathFinder

from cornu.compat import keras_paths, pending, spellings, workers
from cornu.legacy import names as old_names
from cornu.version import KERAS_VERSION, __version__
from cornu.version import version as own_version

STAND_IN = "cornu.compat.tensorflow_api"
# From the beginning of a name to what answers it; the longest that fits counts.
NAMES = {
    "keras": "cornu",
    "keras.api": "cornu",
    "keras._tf_keras.keras": "cornu",
    "tf_keras": "cornu",
    "tensorflow.keras": "cornu",
    "tensorflow": STAND_IN,
    "tensorflow.compat.v2": STAND_IN,
}
PRIVATE = {
    "tensorflow.python": (
        "`tensorflow.python` is private to TensorFlow, and not there when cornu answers"
        " `import tensorflow`. Import public names: `from tensorflow.keras import layers`, `tf.nn`."
    ),
    "tensorflow.contrib": (
        "`tf.contrib` ended with TensorFlow 1. What it held of layers is in `tf.keras.layers`."
    ),
    "tensorflow.core": "`tensorflow.core` holds TensorFlow's protocol buffers; cornu has none.",
    "tensorflow.lite": "cornu writes no TensorFlow Lite files: see `model.export` for its formats.",
}


class AliasFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules under other names as the modules of this package that they mean.

    Args:
        tensorflow: whether `import tensorflow` is answered too.
    """

    def __init__(self, tensorflow):
        self.tensorflow = tensorflow

    def find_spec(self, name, path=None, target=None):
        root, _, inside = name.partition(".")
        if root == "cornu":  # asked for by `from keras.layers import ...`
            refusal = old_names.refusal(inside)
            if refusal is not None and PathFinder.find_spec(name, path) is None:
                raise refusal
            return None
        if root not in ("keras", "tf_keras") and not (root == "tensorflow" and self.tensorflow):
            return None
        for private, advice in PRIVATE.items():
            if _is_in(name, private):
                raise ModuleNotFoundError(f"No module named {name!r}: {advice}", name=name)
        inner = keras_paths.inner_name(_of_keras(name))
        if inner is not None:
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return importlib.util.spec_from_loader(name, self) if _exists(real_name(name)) else None

    def create_module(self, spec):
        inner = keras_paths.inner_name(_of_keras(spec.name))
        module = keras_paths.module(inner) if inner is not None else _module(real_name(spec.name))
        # The import system writes the alias's spec into the module; `exec_module` puts the module's
        # own back.
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = module.__spec__.loader_state


def _is_in(name, package):
    return name == package or name.startswith(package + ".")


def real_name(name):
    """The module of this package that `name` means, None if it means none."""
    fitting = [alias for alias in NAMES if _is_in(name, alias)]
    if not fitting:
        return None
    alias = max(fitting, key=len)
    return NAMES[alias] + name.removeprefix(alias)


def _of_keras(name):
    """`tensorflow.keras.x`, `tf_keras.x` as `keras.x`."""
    for alias in ("tensorflow.keras", "tf_keras", "keras._tf_keras.keras"):
        if _is_in(name, alias):
            return "keras" + name.removeprefix(alias)
    return name


def _exists(real):
    if real is None:
        return False
    if real in sys.modules or _attribute(real) is not None:
        return True
    try:
        return importlib.util.find_spec(real) is not None
    except ModuleNotFoundError:
        return False


def _module(real):
    if real in sys.modules:
        return sys.modules[real]
    found = _attribute(real)
    return importlib.import_module(real) if found is None else found


def _attribute(real):
    """A module that is an attribute of another one, without a file of that name."""
    parts = real.split(".")
    known = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in sys.modules), 0)
    found = sys.modules.get(".".join(parts[:known]))
    for part in parts[known:]:
        found = getattr(found, part, None)
    return found if isinstance(found, type(sys)) else None


def version():
    """The version of Keras whose API this package follows, as `keras.version()` gives it."""
    return KERAS_VERSION


def install(tensorflow="cornu"):
    """Answer `import keras`, `tf_keras` and `tensorflow` with this package from now on, in this
    process and those that `multiprocessing` starts.

    Args:
        tensorflow: `"real"` leaves `import tensorflow` to an installed TensorFlow, whose `tf.keras`
            then is this package.

    Raises:
        RuntimeError: if another `keras` or `tensorflow` was imported before.
        ValueError: for another value of `tensorflow`.

    Example:
        >>> import cornu
        >>> from cornu.compat import finder
        >>> finder.install()
        >>> import keras
        >>> keras.layers is cornu.layers
        True
        >>> finder.uninstall()
    """
    if tensorflow not in ("cornu", "real"):
        raise ValueError(f"`tensorflow` must be 'cornu' or 'real'. Received: {tensorflow!r}")
    answered = ["keras", "tf_keras"] + (["tensorflow"] if tensorflow == "cornu" else [])
    for name in answered:
        module = sys.modules.get(name)
        if module is not None and module.__name__ not in NAMES.values():
            raise RuntimeError(
                f"`{name}` is imported already, from {getattr(module, '__file__', 'elsewhere')}."
                " Call `cornu.install_as_keras()` before anything imports it."
            )
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, AliasFinder(tensorflow == "cornu"))
    workers.tell(install, tensorflow)
    package = sys.modules["cornu"]
    package.__version__, package.version = KERAS_VERSION, version
    package.src = keras_paths.module("keras.src")
    spellings.install()
    pending.install(package)


def uninstall():
    """Undo `install`: what is imported from now on is what is installed."""
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, AliasFinder)]
    workers.forget()
    roots = ("keras", "tf_keras", "tensorflow")
    ours = [
        name
        for name, module in sys.modules.items()
        if name.partition(".")[0] in roots and _is_ours(module)
    ]
    for name in ours:
        del sys.modules[name]
    spellings.uninstall()
    package = sys.modules["cornu"]
    package.__version__, package.version = __version__, own_version
    vars(package).pop("src", None)
    pending.uninstall(package)


def _is_ours(module):
    # An installed TensorFlow has modules of such names too, but not of our own classes.
    defined = type(module).__module__.partition(".")[0]
    return "cornu" in (defined, getattr(module, "__name__", "").partition(".")[0])


def load_ipython_extension(ipython):
    """Have `import keras` and `import tensorflow` mean this package, for `%load_ext cornu`."""
    install()
