"""Tensors without values, the graph that operations on them record, and the `@op` decorator."""
