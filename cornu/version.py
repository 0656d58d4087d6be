"""The version of this package, and of the Keras API that it follows."""

__version__ = "0.1.0"
KERAS_VERSION = "3.15.1"


def version():
    """The version of this package.

    Example:
        >>> import cornu
        >>> cornu.version()
        '0.1.0'
    """
    return __version__
