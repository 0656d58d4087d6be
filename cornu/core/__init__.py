"""Pure Python ground: nests, dtypes, scopes, names, configuration, errors. No arrays, no
backend."""
