"""`Function`: part of a graph as an operation."""

from cornu.backend import engine
from cornu.core import tree
from cornu.serial.registry import export
from cornu.symbolic.graph import Graph, Node, node_of
from cornu.symbolic.operation import Operation
from cornu.symbolic.tensor import KerasTensor


@export("keras.Function")
class Function(Operation):
    """What leads from some symbolic tensors to others, as one operation.

    Unlike a model it has neither weights of its own nor training: it is the operations in between.

    Args:
        inputs: nest of `KerasTensor`s, not empty.
        outputs: nest of `KerasTensor`s made from them, not empty.
        name: name, by default `function`, `function_1`, ...

    Raises:
        ValueError: if one of the nests is empty or holds something else, or an output needs an
            input that is not there.

    Example:
        >>> import cornu
        >>> x, y = cornu.Input((3,)), cornu.Input((3,))
        >>> double_sum = cornu.Function([x, y], (x + y) * 2)
        >>> double_sum([cornu.ops.ones((1, 3)), cornu.ops.ones((1, 3))])
        Array([[4., 4., 4.]], dtype=float32)
    """

    def __init__(self, inputs, outputs, name=None):
        super().__init__(name=name)
        self._inputs_structure, self._outputs_structure = inputs, outputs
        for what, nest in (("inputs", inputs), ("outputs", outputs)):
            if not tree.flatten(nest):
                raise ValueError(
                    f"`{what}` argument cannot be empty. Received:\ninputs={inputs}\n"
                    f"outputs={outputs}"
                )
        for tensor in tree.flatten(inputs):
            if isinstance(tensor, KerasTensor) and tensor._keras_node is None:
                Node(Operation(tensor.name), outputs=tensor)  # where the graph begins
        for tensor in tree.flatten((inputs, outputs)):
            node_of(tensor)  # raises for what is no symbolic tensor
        self._graph = Graph(tree.flatten(inputs), tree.flatten(outputs))

    @property
    def inputs(self):
        """The list of input tensors."""
        return self._graph.inputs

    @property
    def outputs(self):
        """The list of output tensors."""
        return self._graph.outputs

    @property
    def operations(self):
        """All operations from inputs to outputs, each once, in an order in which they run."""
        return self._graph.own_operations()

    def call(self, inputs):
        """The outputs for the values of the inputs, nested as the inputs were."""
        return self._packed(self._graph.run(self._values(inputs, engine.asarray)))

    def compute_output_spec(self, inputs):
        values = self._values(inputs, lambda tensor, dtype: KerasTensor(tensor.shape, dtype))
        found = self._graph.run(values, lambda operation: operation.compute_output_spec)
        return self._packed([KerasTensor(tensor.shape, tensor.dtype) for tensor in found])

    def compute_output_shape(self, input_shape):
        """Shapes of the outputs, for shapes nested as the inputs."""
        given = tree.map_shape_structure(KerasTensor, input_shape)
        return tree.map_structure(lambda tensor: tensor.shape, self.compute_output_spec(given))

    def _values(self, inputs, convert):
        try:
            tree.assert_same_structure(self._inputs_structure, inputs)
        except ValueError as error:
            raise ValueError(
                "Function was called with an invalid input structure. Expected input structure:"
                f" {self._inputs_structure}. {error}"
            ) from None
        values = []
        for value, tensor in zip(tree.flatten(inputs), self.inputs, strict=True):
            value = convert(value, tensor.dtype)
            if not _fits(tuple(value.shape), tensor.shape):
                raise ValueError(
                    f"Function was passed incompatible inputs. For input '{tensor.name}', expected"
                    f" shape {tensor.shape}, but received instead a tensor with shape"
                    f" {tuple(value.shape)}."
                )
            values.append(value)
        return values

    def _packed(self, found):
        return tree.pack_sequence_as(self._outputs_structure, found)


def _fits(shape, wanted):
    return len(shape) == len(wanted) and all(
        size is None or found is None or size == found
        for found, size in zip(shape, wanted, strict=True)
    )


@export("keras.utils.get_source_inputs")
def get_source_inputs(tensor):
    """The inputs that a symbolic tensor is made from.

    Args:
        tensor: a `KerasTensor`.

    Returns:
        List of `KerasTensor`s, each once, in the order in which they are met.

    Example:
        >>> import cornu
        >>> x, y = cornu.Input((3,)), cornu.Input((3,))
        >>> len(cornu.utils.get_source_inputs(x + y))
        2
    """
    found, seen, left = [], set(), [tensor]
    while left:
        source = left.pop()
        if id(source) in seen:
            continue
        seen.add(id(source))
        node = source._keras_node
        if node is None or node.is_input:
            found.append(source)
        else:
            left += reversed(node.input_tensors)
    return found
