"""Graphs recorded by calling operations on `KerasTensor`s: nodes, and functions from inputs to
outputs."""

import functools
from collections import namedtuple

from cornu.core import tree
from cornu.symbolic.tensor import KerasTensor

# Where a tensor comes from: the operation, which of its calls, which of the outputs.
History = namedtuple("History", "operation node_index tensor_index")

# The set of types, where all are.
ONLY_TENSORS = {KerasTensor}


class Node:
    """One call of an operation.

    Args:
        operation: what was called.
        args, kwargs: with what; tensors anywhere in nests.
        outputs: nest of the `KerasTensor`s returned.
        register: whether the operation knows of the call; not for calls that only stand for
            others, in a part of a graph that became a model of its own.
    """

    def __init__(self, operation, args=(), kwargs=None, outputs=None, register=True):
        self.operation = operation
        self.args = args
        self.kwargs = kwargs or {}
        if not kwargs and set(map(type, args)) == ONLY_TENSORS:
            self._leaves = self.input_tensors = list(args)
            self._places = range(len(args))
        else:
            self._leaves = tree.flatten((self.args, self.kwargs))
            places = enumerate(self._leaves)
            self._places = [i for i, leaf in places if isinstance(leaf, KerasTensor)]
            self.input_tensors = [self._leaves[place] for place in self._places]
        self.outputs_structure = outputs
        if type(outputs) is KerasTensor:
            self.outputs = [outputs]
        else:
            self.outputs = [t for t in tree.flatten(outputs) if isinstance(t, KerasTensor)]
        self.parent_nodes = parents = []
        for tensor in self.input_tensors:
            if tensor._keras_node is not None:
                parents.append(tensor._keras_node)
        index = self.index = len(operation._inbound_nodes)
        if register:
            operation._inbound_nodes.append(self)
            for parent in self.parent_nodes:
                parent.operation._outbound_nodes.append(self)
        for position, tensor in enumerate(self.outputs):
            tensor._keras_history = History(operation, index, position)
            tensor._keras_node = self
        # The commonest call, of one tensor and nothing else, skips the nest.
        leaves = self._leaves
        alone = len(leaves) == 1 and len(args) == 1 and args[0] is leaves[0] and self.input_tensors
        self._single = id(leaves[0]) if alone else None

    @functools.cached_property
    def _shape(self):
        return tree.structure_of((self.args, self.kwargs))

    @property
    def is_input(self):
        """Whether the node stands for an input of the graph."""
        return not self.input_tensors

    def arguments_structure(self):
        """The tensors of the call, nested as they were given."""
        if len(self.args) == 1 and not any(
            isinstance(leaf, KerasTensor) for leaf in tree.flatten(self.kwargs)
        ):
            return self.args[0]
        return self.input_tensors[0] if len(self.input_tensors) == 1 else list(self.input_tensors)

    def run(self, values, operation):
        """Call `operation` with the values (by tensor id) in place of the tensors."""
        if self._single is not None:
            return operation(values[self._single])
        args, kwargs = self.fill(lambda tensor: values[id(tensor)])
        return operation(*args, **kwargs)

    def fill(self, replace):
        """`(args, kwargs)` with each tensor replaced by `replace(tensor)`."""
        leaves = list(self._leaves)
        for place in self._places:
            leaves[place] = replace(leaves[place])
        return self._shape.unflatten(leaves)


class Disconnected(ValueError):
    """An output of a graph needs an input that is not among the given ones."""

    def __init__(self, output, inputs, needed):
        names = [tensor.name for tensor in inputs]
        super().__init__(
            f"Output '{output.name}' is not connected to `inputs` {names}: it needs the input"
            f" '{needed.name}' too. Add it to `inputs`, or remove what depends on it."
        )
        self.output = output


class Graph:
    """The part of the recorded graph that leads from `inputs` to `outputs`.

    Args:
        inputs, outputs: lists of `KerasTensor`s.

    Attributes:
        nodes: in an order in which they can be run, inputs first.
        operations: each once, from inputs to outputs by depth.
        node_ids: `(id(operation), node index)` of each node, to tell them from calls outside the
            graph.

    Raises:
        ValueError: if an output can't be reached from the inputs, or names collide.
    """

    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs
        order, visited = self._walk()
        depths = self._depths(order)
        self.nodes = sorted(order, key=lambda node: -depths[id(node)])
        self.operations = self._operations(depths, visited)
        self.depths = depths
        self.node_ids = {id(node) for node in self.nodes}
        self._inner = [node for node in self.nodes if not self._given(node)]

    def _given(self, node):
        return all(id(tensor) in self._input_ids for tensor in node.outputs)

    def _walk(self):
        self._input_ids = {id(tensor) for tensor in self.inputs}
        order, visited, state = [], {}, {}
        for output in self.outputs:
            stack = [(node_of(output), False)]
            while stack:
                node, done = stack.pop()
                if done:
                    state[id(node)] = "done"
                    order.append(node)
                    continue
                if id(node) in state:
                    continue
                state[id(node)] = "open"
                visited.setdefault(id(node.operation), len(visited))
                stack.append((node, True))
                if self._given(node):
                    continue
                if node.is_input:
                    raise Disconnected(output, self.inputs, node.operation)
                for tensor in reversed(node.input_tensors):
                    stack.append((node_of(tensor), False))
        for tensor in self.inputs:
            node = node_of(tensor)
            if id(node) not in state:
                state[id(node)] = "done"
                order.append(node)
                visited.setdefault(id(node.operation), len(visited))
        return order, visited

    def _depths(self, order):
        depths = {}
        for node in reversed(order):
            depth = depths.setdefault(id(node), 0)
            if self._given(node):
                continue
            for tensor in node.input_tensors:
                parent = id(node_of(tensor))
                depths[parent] = max(depths.get(parent, 0), depth + 1)
        return depths

    def _operations(self, depths, visited):
        found = {}
        for node in self.nodes:
            key = id(node.operation)
            depth, operation = found.get(key, (0, node.operation))
            found[key] = (max(depth, depths[id(node)]), operation)
        ranked = sorted(found.items(), key=lambda item: (-item[1][0], visited[item[0]]))
        return [operation for _, (_, operation) in ranked]

    def own_operations(self):
        """The operations without those that only lead to the inputs."""
        own = {id(node.operation) for node in self._inner}
        own |= {id(node.operation) for node in self.nodes if node.is_input}
        return [operation for operation in self.operations if id(operation) in own]

    def run(self, values, replace=None):
        """Values of the outputs.

        Args:
            values: of the inputs, in order.
            replace: from an operation to the callable to run in its place.
        """
        found = {id(tensor): value for tensor, value in zip(self.inputs, values, strict=True)}
        for node in self._inner:
            operation = node.operation if replace is None else replace(node.operation)
            outputs = node.run(found, operation)
            if len(node.outputs) == 1 and not isinstance(outputs, (list, tuple, dict)):
                found[id(node.outputs[0])] = outputs
                continue
            flat = tree.flatten(outputs)
            for tensor, value in zip(node.outputs, flat, strict=True):
                found[id(tensor)] = value
        return [found[id(tensor)] for tensor in self.outputs]


def node_of(tensor):
    """The node that made `tensor`.

    Raises:
        ValueError: if it was not made by an operation.
    """
    node = getattr(tensor, "_keras_node", None)
    if node is None:
        raise ValueError(
            f"A tensor of shape {getattr(tensor, 'shape', None)} was not made by `Input` or by"
            " calling layers and ops on one. All `inputs` and `outputs` values must be"
            f" KerasTensors. Received: {tensor!r:.200}"
        )
    return node
