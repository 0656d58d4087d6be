"""`keras.experimental.LinearModel` and `WideDeepModel`."""

from cornu import activations, initializers, ops, regularizers
from cornu.backend.jax.tape import GradientTape
from cornu.core import tree
from cornu.core.errors import shorten
from cornu.data.arrays import unpack
from cornu.layers import Dense
from cornu.models.model import Model
from cornu.optimizers import get as get_optimizer
from cornu.serial.decode import deserialize_keras_object
from cornu.serial.encode import serialize_keras_object
from cornu.serial.registry import export


@export("keras.experimental.LinearModel")
class LinearModel(Model):
    """`activation(sum of inputs @ kernels + bias)`, over one or several inputs.

    Args:
        units: number of outputs.
        activation: name, or callable; none by default.
        use_bias: whether there is a bias.
        kernel_initializer, bias_initializer: names, configs or callables.
        kernel_regularizer, bias_regularizer: names, configs or callables.
        **kwargs: see `Model`.

    Call arguments:
        inputs: tensor (batch, features), or a list or dict of them.

    Example:
        >>> import cornu
        >>> model = cornu.experimental.LinearModel()
        >>> model({"age": cornu.ops.ones((2, 1)), "height": cornu.ops.ones((2, 3))}).shape
        (2, 1)
    """

    def __init__(
        self,
        units=1,
        activation=None,
        use_bias=True,
        kernel_initializer="zeros",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.dense_layers = []
        self.bias = None

    def build(self, input_shape):
        names = sorted(input_shape) if isinstance(input_shape, dict) else None
        shapes = [input_shape[name] for name in names] if names else input_shape
        several = bool(names) or tree.is_nested(shapes[0])
        for number, shape in enumerate(shapes if several else [shapes]):
            layer = Dense(
                self.units,
                use_bias=False,
                kernel_initializer=self.kernel_initializer,
                kernel_regularizer=self.kernel_regularizer,
                name=names[number] if names else None,
            )
            layer.build(shape)
            self.dense_layers.append(layer)
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
            )

    def call(self, inputs):
        if isinstance(inputs, dict):
            inputs = [inputs[name] for name in sorted(inputs)]
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        outputs = 0.0
        for layer, each in zip(self.dense_layers, inputs, strict=True):
            outputs = layer(each) + outputs
        if self.bias is not None:
            outputs = ops.add(outputs, self.bias)
        return self.activation(outputs)


@export("keras.experimental.WideDeepModel")
class WideDeepModel(Model):
    """`activation(linear_model(x) + dnn_model(x))` (Cheng et al. 2016, "Wide & Deep Learning").

    `compile` takes one optimizer for both parts, or a list of two: for the linear part and for the
    deep one.

    Args:
        linear_model: a `LinearModel`, or another model.
        dnn_model: a model.
        activation: name, or callable; none by default.
        **kwargs: see `Model`.

    Call arguments:
        inputs: what both parts take, or a pair: what each of them takes.

    Raises:
        ValueError: for something else than one or two optimizers.

    Example:
        >>> import cornu
        >>> deep = cornu.Sequential([cornu.layers.Dense(8, activation="relu"),
        ...                          cornu.layers.Dense(1)])
        >>> model = cornu.experimental.WideDeepModel(cornu.experimental.LinearModel(), deep)
        >>> model([cornu.ops.ones((2, 3)), cornu.ops.ones((2, 5))]).shape
        (2, 1)
    """

    def __init__(self, linear_model, dnn_model, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.linear_model = linear_model
        self.dnn_model = dnn_model
        self.activation = activations.get(activation)
        self.dnn_optimizer = None

    def call(self, inputs, training=None):
        pair = isinstance(inputs, (list, tuple)) and len(inputs) == 2
        wide, deep = inputs if pair else (inputs, inputs)
        return self.activation(self.linear_model(wide) + self.dnn_model(deep, training=training))

    def compile(self, optimizer="rmsprop", *args, **kwargs):
        """As `Model.compile`; `optimizer` may be a pair."""
        if not isinstance(optimizer, (list, tuple)):
            self.dnn_optimizer = None
            super().compile(optimizer, *args, **kwargs)
            return
        if len(optimizer) != 2:
            raise ValueError(
                "WideDeepModel takes one optimizer or two, for the linear and the deep part."
                f" Received: optimizer={shorten(optimizer)}"
            )
        wide, deep = map(get_optimizer, optimizer)
        super().compile(wide, *args, **kwargs)
        self.dnn_optimizer = deep

    def train_step(self, data):
        """One step of training, by one or two optimizers."""
        if self.dnn_optimizer is None:
            return super().train_step(data)
        x, y, sample_weight = unpack(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight)
        parts = [self.linear_model.trainable_variables, self.dnn_model.trainable_variables]
        gradients = tape.gradient(loss, parts)
        self.optimizer.apply(gradients[0], parts[0])
        self.dnn_optimizer.apply(gradients[1], parts[1])
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def get_config(self):
        """The two models and the activation."""
        return {
            "linear_model": serialize_keras_object(self.linear_model),
            "dnn_model": serialize_keras_object(self.dnn_model),
            "activation": activations.serialize(self.activation),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A model from `get_config()`."""
        config = dict(config)
        for part in ("linear_model", "dnn_model"):
            config[part] = deserialize_keras_object(config[part], custom_objects=custom_objects)
        return cls(**config)
