"""Error texts: one mistake, one message, short, with a way out."""

import difflib

LIMIT = 2000


def did_you_mean(name, choices):
    """`" Did you mean 'adam'?"` for a near miss among `choices`, else an empty string."""
    by_lower = {str(choice).lower(): str(choice) for choice in choices}
    given = str(name).lower()
    near = difflib.get_close_matches(given, by_lower, n=3, cutoff=0.6)
    near.sort(key=lambda choice: sorted(choice) != sorted(given))  # swapped letters first
    return f" Did you mean {by_lower[near[0]]!r}?" if near else ""


def shorten(obj, limit=200):
    """A short description of `obj`; arrays and tensors by shape and dtype, never by content."""
    shape, dtype = getattr(obj, "shape", None), getattr(obj, "dtype", None)
    if shape is not None and dtype is not None:
        return f"<{type(obj).__name__} shape={tuple(shape)} dtype={dtype}>"
    if isinstance(obj, (list, tuple)) and len(obj) > 8:
        return f"<{type(obj).__name__} of {len(obj)} items, first: {shorten(obj[0], 60)}>"
    if isinstance(obj, (list, tuple)):
        inner = ", ".join(shorten(item, limit // 2) for item in obj)
        return f"[{inner}]" if isinstance(obj, list) else f"({inner})"
    if isinstance(obj, dict):
        inner = ", ".join(f"{k!r}: {shorten(v, limit // 2)}" for k, v in list(obj.items())[:8])
        return "{" + inner + (", ..." if len(obj) > 8 else "") + "}"
    text = repr(obj)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def unknown_name(kind, name, choices):
    """The message for a `name` that is none of the `choices` of its `kind`."""
    return (
        f"Unknown {kind}: {shorten(name)}.{did_you_mean(name, choices)} "
        f"Expected one of {', '.join(sorted(map(str, choices)))}, or an object or callable."
    )[:LIMIT]


class DefiniteError(ValueError):
    """A mistake in shapes with unknown sizes that is one whatever those sizes turn out to be."""
