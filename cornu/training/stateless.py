"""The losses of a model as pure functions of its variables' values, as Keras on JAX has them."""

from cornu.state.functional import Frame


class Stateless:
    """Mixin of `Trainer` on calls with values in the place of variables."""

    def stateless_compute_loss(
        self,
        trainable_variables,
        non_trainable_variables,
        metrics_variables,
        x=None,
        y=None,
        y_pred=None,
        sample_weight=None,
        training=True,
    ):
        """`compute_loss` with the given values of variables.

        Returns:
            `(loss, (trainable, non-trainable, metrics values))`.
        """
        groups = [self.trainable_variables, self.non_trainable_variables, self.metrics_variables]
        values = (trainable_variables, non_trainable_variables, metrics_variables)
        with Frame(stand_ins(groups, values), collect_losses=True) as frame:
            loss = self.compute_loss(x, y, y_pred, sample_weight=sample_weight, training=training)
        return loss, tuple([frame.values[id(v)] for v in group] for group in groups)

    def compute_loss_and_updates(
        self,
        trainable_variables,
        non_trainable_variables,
        metrics_variables,
        x,
        y,
        sample_weight,
        training=False,
        optimizer_variables=None,
    ):
        """A forward pass and the loss, with the given values of variables: what
        `jax.value_and_grad` is applied to.

        Returns:
            `(loss, (unscaled loss, y_pred, non-trainable values, metrics values))`.
        """
        groups = [self.trainable_variables, self.non_trainable_variables, self.metrics_variables]
        values = (trainable_variables, non_trainable_variables, metrics_variables)
        if optimizer_variables is not None:
            groups, values = (
                [*groups, list(self.optimizer.variables)],
                (
                    *values,
                    optimizer_variables,
                ),
            )
        with Frame(stand_ins(groups, values), collect_losses=True) as frame:
            y_pred = self(x, training=training)
            loss = self.compute_loss(x, y, y_pred, sample_weight=sample_weight, training=training)
            scaled = (
                self.optimizer.scale_loss(loss) if training and self.optimizer is not None else loss
            )
            fixed = [frame.values[id(v)] for v in groups[1]]
            tracked = [frame.values[id(v)] for v in groups[2]]
        return scaled, (loss, y_pred, fixed, tracked)


def stand_ins(groups, values):
    """From the ids of variables to the values given for them, checked."""
    return {
        id(variable): variable._stand_in(value)
        for group, given in zip(groups, values, strict=True)
        for variable, value in zip(group, given, strict=True)
    }
