"""What a model needs before its first step: weights, matched metrics, optimizer slots."""

from cornu.backend import engine
from cornu.core import tree
from cornu.data.arrays import unpack
from cornu.layers._teach import teaching
from cornu.state.functional import discarding
from cornu.symbolic.operation import infer_outputs
from cornu.training.batches import as_given, as_symbol
from cornu.training.steps import OWNER


class Preparing:
    """Mixin of `Trainer`."""

    @teaching(OWNER)
    def _prepare(self, batch, kind):
        """Make what the first batch is needed for: weights, metrics matched with outputs, optimizer
        slots.

        Args:
            batch: a batch of data.
            kind: `"train"`, `"test"` or `"predict"`.
        """
        matching = kind != "predict" and (
            self._style(f"{kind}_step") == "ours"
            or (self.compiled and self._compile_metrics.given and self._has_call())
        )
        # A model without `call`, such as a GAN with a step of its own, has nothing to be built by.
        unbuilt = not self.built and (matching or self._has_call())
        if unbuilt or (matching and self.compiled and not self._matched()):
            self._trace(batch, matching and self.compiled)
        unbuilt = [id(optimizer) for optimizer in self._optimizers() if not optimizer.built]
        if kind != "train" or not unbuilt:
            return
        if self._style("train_step") == "stateful":
            if unbuilt != self._unused:  # those that the step has no use for stay as they are
                self._rehearse(batch)
                self._plain(_unused=[id(own) for own in self._optimizers() if not own.built])
        elif self.optimizer is not None and self.trainable_variables:
            self.optimizer.build(self.trainable_variables)

    def _symbolic_build(self, iterator=None, data_batch=None):
        """Build all that training needs from the shapes of a batch; packages on top of Keras call
        it.

        Args:
            iterator: what gives batches, of which the first is taken if `data_batch` is None.
            data_batch: a batch: x, (x, y) or (x, y, sample_weight).
        """
        batch = next(iter(iterator)) if data_batch is None else data_batch
        self._prepare(unpack(batch), "train")

    def _rehearse(self, batch):
        """Run a user's own step on shapes alone, for optimizers (and whatever else it makes) to be
        there when it is compiled."""
        if self.run_eagerly:
            return
        symbols = as_given(tree.map_structure(as_symbol, batch))
        infer_outputs(lambda data: tree.flatten(self.train_step(data)), (symbols,), {})

    def _has_call(self):
        """Whether the class defines what the model computes."""
        return True

    def _matched(self):
        loss = self._compile_loss is None or self._compile_loss.built
        return loss and self._compile_metrics.built

    def _trace(self, batch, matching):
        """Run a step on shapes alone: layers build, losses and metrics are matched with outputs.

        A model that runs eagerly does it on the values.
        """

        def forward(x, y, sample_weight):
            y_pred = self(x, training=False)
            if matching:
                if self._compile_loss is not None and not self._compile_loss.built:
                    self.compute_loss(x, y, y_pred, sample_weight=sample_weight)
                self._compile_metrics.update_state(y, y_pred, sample_weight)
            return y_pred

        if self.run_eagerly:  # what needs values has them
            values = tree.map_structure(lambda a: None if a is None else engine.asarray(a), batch)
            with discarding():
                forward(*unpack(values))
            return
        infer_outputs(forward, unpack(tree.map_structure(as_symbol, batch)), {})
