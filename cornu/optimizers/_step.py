"""One step of an optimizer, on whatever values the variables have: concrete ones, or those of a
frame."""

import re

from cornu.backend import engine, kernels
from cornu.core.scopes import name_scope
from cornu.optimizers import _gradients
from cornu.optimizers._state import OptimizerState
from cornu.state.functional import Frame
from cornu.state.variable import value_of

# Rules compute in float32 where the variable has fewer bits: powers of decays near 1 need them.
HALVES = ("float16", "bfloat16")


class OptimizerStep(OptimizerState):
    """Base of `Optimizer`: what happens to gradients and variables, in order."""

    def _step(self, grads, variables):
        with name_scope(self.name):
            if self.loss_scale_factor is not None:
                grads = [gradient / self.loss_scale_factor for gradient in grads]
            if self.gradient_accumulation_steps:
                self._accumulate(grads, variables)
            else:
                self._update(grads, variables)
            if self.use_ema:
                self._update_model_variables_moving_average()
            for variable in variables:
                if variable.constraint is not None:
                    variable.assign(variable.constraint(variable))
            self._iterations.assign_add(1)

    def _accumulate(self, grads, variables):
        """Add gradients up; at every so many calls, update by their mean and begin anew."""
        count = self.gradient_accumulation_steps
        due = (self._iterations.value + 1) % count == 0
        totals = []
        for gradient, variable in zip(grads, variables, strict=True):
            total = self._accumulated_gradients[self._get_variable_index(variable)].value
            overwrites = variable.overwrite_with_gradient
            totals.append(kernels.maximum(total, gradient) if overwrites else total + gradient)
        means = [
            total if variable.overwrite_with_gradient else total / count
            for total, variable in zip(totals, variables, strict=True)
        ]
        with Frame() as frame:
            self._update(means, variables)
        for key, variable in frame.written.items():
            variable.assign(kernels.where(due, frame.values[key], variable._raw_value))
        for total, variable in zip(totals, variables, strict=True):
            accumulator = self._accumulated_gradients[self._get_variable_index(variable)]
            accumulator.assign(kernels.where(due, kernels.zeros((), total.dtype), total))

    def _update(self, grads, variables):
        pairs = []
        for gradient, variable in zip(grads, variables, strict=True):
            if variable.overwrite_with_gradient:
                variable.assign(gradient)
            else:
                pairs.append((gradient, variable))
        if not pairs:
            return
        grads = self._clip_gradients([gradient for gradient, _ in pairs])
        variables = [variable for _, variable in pairs]
        learning_rate = self._get_current_learning_rate()
        self._apply_weight_decay(variables, learning_rate)
        self._update_variables(grads, variables, learning_rate)

    def _apply_weight_decay(self, variables, learning_rate=None):
        if learning_rate is None:
            learning_rate = self._get_current_learning_rate()
        for variable in variables:
            self._decay_weight(variable, learning_rate)

    def _decay_weight(self, variable, learning_rate):
        self._lose(variable, self.weight_decay, learning_rate)

    def _lose(self, variable, fraction, learning_rate):
        """Take a fraction of a variable away, times the learning rate."""
        if fraction is not None and self._use_weight_decay(variable):
            value = variable.value
            rate = engine.cast(value_of(learning_rate), variable.dtype)
            variable.assign(value - value * fraction * rate)

    def _update_variables(self, grads, variables, learning_rate):
        for gradient, variable in zip(grads, variables, strict=True):
            self.update_step(gradient, variable, learning_rate)

    def _clip_gradients(self, grads):
        if self.clipnorm is not None and self.clipnorm > 0:
            return [_gradients.clip_by_norm(gradient, self.clipnorm) for gradient in grads]
        if self.global_clipnorm is not None and self.global_clipnorm > 0:
            return _gradients.clip_by_global_norm(grads, self.global_clipnorm)
        if self.clipvalue is not None and self.clipvalue > 0:
            return [_gradients.clip_by_value(gradient, self.clipvalue) for gradient in grads]
        return grads

    def update_step(self, gradient, variable, learning_rate):
        """Move one variable (and its slots) by its gradient.

        Args:
            gradient: tensor of the variable's shape.
            variable: a `Variable`.
            learning_rate: a scalar variable or tensor.
        """
        dtype = "float32" if variable.dtype in HALVES else variable.dtype
        index = self._get_variable_index(variable)
        slots = [self._slots[name][index] for names in self.slot_groups() for name in names]
        slots = [slot for slot in slots if slot is not None]
        values = (gradient, variable.value, value_of(learning_rate), value_of(self.iterations) + 1)
        value, *new = self.rule(
            *[engine.cast(value, dtype) for value in values],
            *[engine.cast(slot.value, dtype) for slot in slots],
        )
        variable.assign(value)
        for slot, value in zip(slots, new, strict=True):
            slot.assign(value)

    def rule(self, gradient, value, learning_rate, step, *slots):
        """The mathematics of one update, a pure function.

        Args:
            gradient, value: of one variable.
            learning_rate: scalar.
            step: number of this update, from 1, as a float.
            *slots: values of the slots, in the order of `slot_groups`.

        Returns:
            The new value, followed by the new values of the slots.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `rule` or `update_step`")

    def assign(self, variable, value):
        """Set a variable, for `update_step`."""
        variable.assign(value)

    def assign_add(self, variable, value):
        """Add to a variable, for `update_step`."""
        variable.assign_add(value)

    def assign_sub(self, variable, value):
        """Subtract from a variable, for `update_step`."""
        variable.assign_sub(value)

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Say which variables don't decay.

        Args:
            var_list: list of variables.
            var_names: list of regular expressions; a variable whose name one of them is found in is
                excluded.
        """
        keys = {id(variable) for variable in var_list or ()}
        self._excluded_from_decay = frozenset((*keys, *(var_names or ())))

    def _use_weight_decay(self, variable):
        excluded = self._excluded_from_decay
        if id(variable) in excluded:
            return False
        patterns = (entry for entry in excluded if isinstance(entry, str))
        return not any(re.search(pattern, variable.name) for pattern in patterns)

    def _update_model_variables_moving_average(self):
        done = value_of(self.iterations)
        for variable, average in self._averaged():
            dtype = variable.dtype
            momentum = engine.cast(done != 0, dtype) * self.ema_momentum
            average.assign(momentum * average.value + (1 - momentum) * variable.value)
        if self.ema_overwrite_frequency:
            due = (done + 1) % self.ema_overwrite_frequency == 0
            for variable, average in self._averaged():
                variable.assign(kernels.where(due, average.value, variable.value))

    def _averaged(self):
        """Pairs of a variable and its moving average; none if these are not kept."""
        if not self.use_ema:
            return []
        pairs = zip(self._trainable_variables, self._model_variables_moving_average, strict=True)
        return [(variable, average) for variable, average in pairs if average is not None]

    def finalize_variable_values(self, var_list):
        """Set variables to their moving averages, if these are kept: what `fit` does at its end.

        Args:
            var_list: list of variables that the optimizer was built with.
        """
        if not self.use_ema:
            return
        for variable in var_list:
            average = self._model_variables_moving_average[self._get_variable_index(variable)]
            if average is not None:
                variable.assign(average)

    def scale_loss(self, loss):
        """`loss` times `loss_scale_factor`, if there is one."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor
