"""Layers around code of other libraries."""
