"""Layers that prepare data: their state is learned by `adapt`, not by training."""
