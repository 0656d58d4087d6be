"""What `add_loss` and `add_metric` of a functional model put into its graph."""

from cornu import ops
from cornu.layers._layer import Layer
from cornu.serial.registry import register_keras_serializable


@register_keras_serializable("cornu")
class AddLoss(Layer):
    """Adds the mean of its input to the losses, and returns it."""

    def call(self, inputs):
        self.add_loss(ops.mean(inputs))
        return inputs


@register_keras_serializable("cornu")
class AddMetric(Layer):
    """Shows the mean of its input among the metrics, and returns it.

    Args:
        metric_name: under which it is shown.
    """

    def __init__(self, metric_name, **kwargs):
        super().__init__(**kwargs)
        self.metric_name = metric_name

    def call(self, inputs):
        self.add_metric(inputs, self.metric_name)
        return inputs
