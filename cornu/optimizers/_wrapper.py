"""What optimizers have in common that leave the updates to others."""

from cornu.optimizers._optimizer import Optimizer


class WrapperOptimizer(Optimizer):
    """Base of optimizers around others, `_inner()`; its own learning rate means nothing."""

    def __init__(self, name):
        super().__init__(learning_rate=0.0, name=name)

    def _inner(self):
        """The optimizers inside, in the order in which their variables are listed."""
        raise NotImplementedError

    @property
    def variables(self):
        """Its own variables, then those of the optimizers inside."""
        return [*self._variables, *(v for inner in self._inner() for v in inner.variables)]

    def settings_key(self):
        """All that a compiled step bakes in."""
        return (super().settings_key(), *(inner.settings_key() for inner in self._inner()))

    def _is_pure(self):
        return super()._is_pure() and all(inner._is_pure() for inner in self._inner())

    def _changed(self, variables):
        inner = (v for each in self._inner() for v in each._changed(each._own(variables)))
        return [*self._variables, *inner]

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Say which variables don't decay, to the optimizers inside.

        Args:
            var_list: list of variables.
            var_names: list of regular expressions; a variable whose name one of them is found in is
                excluded.
        """
        for inner in self._inner():
            inner.exclude_from_weight_decay(var_list, var_names)

    def _averaged(self):
        return [pair for inner in self._inner() for pair in inner._averaged()]

    def finalize_variable_values(self, var_list):
        """Have the optimizers inside set variables to their moving averages.

        Args:
            var_list: list of variables that the optimizer was built with.
        """
        for inner in self._inner():
            inner.finalize_variable_values(inner._own(var_list))
