"""The one seam at which a layer's kernel is used: low-rank adaptation and quantisation take hold
here.

A strategy is an object with `contract(layer, inputs)`; the leaf package that implements one puts
its factory into `STRATEGIES` under the name of a mode.
"""

STRATEGIES = {}


class Contracting:
    """Mixin of layers that multiply their inputs by a kernel."""

    _strategy = None

    def _contract(self, inputs):
        """The product of `inputs` and the kernel, as the layer's current strategy computes it."""
        strategy = self._strategy
        return self._plain_contract(inputs) if strategy is None else strategy.contract(self, inputs)


def strategy_for(mode):
    """The factory of the strategy for a mode.

    Raises:
        NotImplementedError: if no part of the package supplies it.
    """
    if mode not in STRATEGIES:
        raise NotImplementedError(
            f"{mode!r} kernels are not available. Available: {sorted(STRATEGIES) or 'none yet'}."
        )
    return STRATEGIES[mode]
