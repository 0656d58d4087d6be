"""`keras.models.experimental.SharpnessAwareMinimization`."""

from cornu import ops
from cornu.backend.jax.tape import GradientTape
from cornu.core import tree
from cornu.data.arrays import unpack
from cornu.models.model import Model
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export


@export("keras.models.experimental.SharpnessAwareMinimization")
class SharpnessAwareMinimization(Model):
    """Trains a model towards flat minima: each step takes the gradient where the loss is worst
    within the radius `rho` of the weights (Foret et al. 2021, "Sharpness-Aware Minimization for
    Efficiently Improving Generalization").

    Args:
        model: the model to train.
        rho: the radius, a positive number.
        num_batch_splits: if given, into how many parts a batch is split, each with a worst place of
            its own; their gradients are added up.
        name: name of this model.

    Example:
        >>> import cornu
        >>> inner = cornu.Sequential([cornu.Input((3,)), cornu.layers.Dense(1)])
        >>> model = cornu.models.experimental.SharpnessAwareMinimization(inner)
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((8, 3)), np.ones((8, 1)), verbose=0)
    """

    def __init__(self, model, rho=0.05, num_batch_splits=None, name=None):
        super().__init__(name=name)
        self.model = model
        self.rho = rho
        self.num_batch_splits = num_batch_splits

    def call(self, inputs, training=None):
        return self.model(inputs, training=training)

    def train_step(self, data):
        """One step of training."""
        x, y, sample_weight = unpack(data)
        count = self.num_batch_splits or 1
        variables = self.model.trainable_variables
        sums, outputs = None, []
        for part in _split(data, count):
            found, y_pred = self._worst_gradients(*unpack(part), variables)
            outputs.append(y_pred)
            sums = found if sums is None else [a + b for a, b in zip(sums, found, strict=True)]
        self.optimizer.apply(sums, variables)
        y_pred = outputs[0]
        if count > 1:
            y_pred = tree.map_structure(lambda *each: ops.concatenate(each, axis=0), *outputs)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _worst_gradients(self, x, y, sample_weight, variables):
        """The gradients at the worst place nearby, and the predictions at the weights."""
        gradients, y_pred = self._gradients(x, y, sample_weight, variables)
        norm = ops.sqrt(sum(ops.sum(ops.square(each)) for each in gradients))
        steps = [each * (self.rho / (norm + 1e-12)) for each in gradients]
        for variable, step in zip(variables, steps, strict=True):
            variable.assign_add(step)
        worst, _ = self._gradients(x, y, sample_weight, variables)
        for variable, step in zip(variables, steps, strict=True):
            variable.assign_sub(step)
        return worst, y_pred

    def _gradients(self, x, y, sample_weight, variables):
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        return tape.gradient(loss, variables), y_pred

    def get_config(self):
        """The inner model and the radius."""
        return {
            "model": serialize_keras_object(self.model),
            "rho": self.rho,
            "num_batch_splits": self.num_batch_splits,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from `get_config()`."""
        inner = deserialize_keras_object(config["model"], custom_objects=custom_objects)
        return cls(**{**config, "model": inner})


def _split(data, count):
    """A batch in so many parts of one size."""
    leaves = [None if leaf is None else ops.split(leaf, count) for leaf in tree.flatten(data)]
    structure = tree.structure_of(data)
    return [
        structure.unflatten([None if leaf is None else leaf[number] for leaf in leaves])
        for number in range(count)
    ]
