"""JAX's errors in the engine's terms."""

import jax

_MISSING_VALUES = (
    (jax.errors.TracerBoolConversionError, "truth"),
    (jax.errors.TracerIntegerConversionError, "integer"),
    (jax.errors.TracerArrayConversionError, "array"),
    (jax.errors.NonConcreteBooleanIndexError, "mask"),
    (jax.errors.ConcretizationTypeError, "number"),
)


def missing_value(error):
    """What code wanted of a traced tensor, which has no value: `"truth"`, `"integer"`, `"array"`,
    `"mask"` or `"number"`; None for any other error."""
    return next((what for kind, what in _MISSING_VALUES if isinstance(error, kind)), None)
