"""Training: what `compile` sets up, the pure steps, the loop, and the mixin with `fit`."""
