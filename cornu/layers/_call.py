"""Calling a layer: what its `call` takes, worked out once per class, and one call's arguments."""

import inspect

from cornu.backend import engine
from cornu.core import source, tree
from cornu.core.errors import LIMIT, shorten
from cornu.core.masks import copy_mask, get_mask
from cornu.core.scopes import CALL, LEARNING_PHASE, NAME_SCOPE, CallContext
from cornu.layers._teach import value_error
from cornu.symbolic.tensor import KerasTensor

ArrayType = engine.ArrayType


class CallPlan:
    """The signature of a class's `call`, read once.

    Attributes:
        names: parameters that can be given by position, without `self`.
        first: the first of them, or None.
        takes_training, takes_mask: whether `call` has a parameter of that name.
        accepts: all names that can be given by keyword; `takes_any` if `call` has `**kwargs`.
        masks: for each tensor parameter, the parameter that takes its mask, if there is one.
    """

    def __init__(self, function):
        self.signature = inspect.signature(function)
        parameters = list(self.signature.parameters.values())
        if parameters and parameters[0].name == "self":
            parameters = parameters[1:]
            self.signature = self.signature.replace(parameters=parameters)
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self.names = [p.name for p in parameters if p.kind in kinds]
        self.accepts = {p.name for p in parameters if p.kind is not p.VAR_POSITIONAL}
        self.takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.first = self.names[0] if self.names else None
        self.variadic = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        self.takes_training = "training" in self.accepts
        self.takes_mask = "mask" in self.accepts
        self.masks = self._mask_parameters()
        default = self.signature.parameters.get("training")
        self.default_training = None
        if default is not None and default.default is not default.empty:
            self.default_training = default.default
        self.simple = len(self.names) > 0 and not self.masks and not self.takes_training

    def _mask_parameters(self):
        masks = {}
        for name in self.names:
            if f"{name}_mask" in self.accepts:
                masks[name] = f"{name}_mask"
        if self.takes_mask and self.first not in masks and self.first not in (None, "mask"):
            masks[self.first] = "mask"
        return masks

    def bind(self, args, kwargs):
        """Arguments by name, as Python would bind them.

        Raises:
            TypeError: as Python would.
        """
        return self.signature.bind(*args, **kwargs).arguments


def plan_of(layer):
    """The `CallPlan` of the layer's class."""
    cls = type(layer)
    plan = cls.__dict__.get("_call_plan")
    if plan is None or "call" in layer.__dict__:
        plan = CallPlan(layer.__dict__.get("call") or cls.call)
        if "call" not in layer.__dict__:
            cls._call_plan = plan
    return plan


def check_positional(args):
    """Raise ValueError for a positional argument that is neither a tensor nor a number or None."""
    for value in args:
        leaves = tree.flatten(value) if tree.is_nested(value) else [value]
        for leaf in leaves:
            if leaf is None or type(leaf) in (int, float) or is_tensor_like(leaf):
                continue
            if not engine.is_tensor(leaf) and not hasattr(leaf, "shape"):
                raise ValueError(
                    "Only input tensors may be passed as positional arguments. The following"
                    " argument value should be passed as a keyword argument:"
                    f" {shorten(leaf)} (of type {type(leaf)})"
                )


def recomputed(function):
    """`function` on a nest of tensors and other values, its inner values computed again for the
    gradient instead of kept."""

    def call(*args, **kwargs):
        leaves = tree.flatten((args, kwargs))
        shape = tree.structure_of((args, kwargs))
        places = [i for i, leaf in enumerate(leaves) if engine.is_tensor(leaf)]

        def on_tensors(tensors):
            filled = list(leaves)
            for place, tensor in zip(places, tensors, strict=True):
                filled[place] = tensor
            inner_args, inner_kwargs = shape.unflatten(filled)
            return function(*inner_args, **inner_kwargs)

        return engine.checkpoint(on_tensors)([leaves[place] for place in places])

    return call


def is_tensor_like(value):
    """Whether a layer takes `value` as a tensor."""
    return type(value) is ArrayType or isinstance(value, KerasTensor) or hasattr(value, "__array__")


def convert(value, policy, autocast):
    """Tensors in a nest converted, and cast to the policy's compute dtype; the rest left alone."""
    dtype = policy.compute_dtype

    def leaf(item):
        if is_tensor_like(item) or engine.is_tensor(item):
            return cast_input(item, policy, autocast, dtype)
        return item

    if tree.is_nested(value):
        return tree.map_structure(leaf, value)
    return leaf(value)


def cast_input(item, policy, autocast, dtype):
    """One tensor, converted and cast; its mask stays with it."""
    converted = policy.convert_input(item, autocast, dtype)
    if converted is not item:
        copy_mask(item, converted)
        if isinstance(item, KerasTensor):
            from_history = getattr(item, "_keras_history", None)
            if from_history is not None:
                return item  # the layer itself casts the value when the graph runs
    return converted


def cast_symbolic(value, policy, autocast):
    """Symbolic tensors in a nest as what the layer computes with; the rest left alone."""

    def leaf(item):
        if not isinstance(item, KerasTensor):
            return item
        converted = policy.convert_input(item, autocast, policy.compute_dtype)
        if converted is not item:
            converted._keras_mask = getattr(item, "_keras_mask", None)
        return converted

    return tree.map_structure(leaf, value) if tree.is_nested(value) else leaf(value)


def shapes_of(value):
    """The nest of shapes of a nest of tensors; None for other leaves."""

    def leaf(item):
        shape = getattr(item, "shape", None)
        return None if shape is None else tuple(n if isinstance(n, int) else None for n in shape)

    if not tree.is_nested(value):
        return leaf(value)
    if isinstance(value, dict):
        return {key: shapes_of(item) for key, item in value.items()}
    items = [shapes_of(item) for item in value]
    return tuple(items) if isinstance(value, tuple) else items


def masks_of(value):
    """The nest of masks of a nest of tensors, or None if none has one."""
    if not tree.is_nested(value):
        return get_mask(value)
    if all(get_mask(leaf) is None for leaf in tree.flatten(value)):
        return None
    return tree.map_structure(get_mask, value)


def resolve_training(plan, kwargs, outer):
    """What `training` is in a call: as passed, as the enclosing call has it, as the learning phase
    was set, or as the signature says."""
    training = kwargs.get("training")
    if training is None and outer is not None:
        training = outer.training
    if training is None and LEARNING_PHASE:
        training = bool(LEARNING_PHASE["value"])
    if training is None:
        training = plan.default_training
    return training


def enter(layer, training, arguments):
    """The token of a new context for the call, or None where the enclosing one serves."""
    outer = CALL.get()
    if outer is not None and outer.training == training and not arguments:
        return None
    context = CallContext(layer if outer is None else outer.layer, training)
    if outer is not None:
        context.masks = outer.masks
        context.arguments = outer.arguments
    if arguments:
        context.arguments = {**context.arguments, **arguments}
    return CALL.set(context)


REWRITABLE = (ValueError, TypeError, RuntimeError, NotImplementedError, IndexError, KeyError)


def explain(error, layer, args, kwargs):
    """An error raised inside a layer's call, with where it happened: told once, in the innermost
    layer.

    Returns:
        The error itself, its text extended; or one that takes its place.
    """
    if getattr(error, "_cornu_explained", False):
        return error
    kind = type(layer).__name__
    taught = value_error(error, f"Layer '{_path(layer)}' ({kind})")
    if taught is not None:
        taught._cornu_explained = True
        return taught
    where = source.of_error(error)
    lines = [f"In layer '{layer.path or layer.name}' ({kind}), called with:"]
    given = dict(zip(plan_of(layer).names, args, strict=False))
    given.update(kwargs)
    lines += [f"  {name}: {shorten(value, 120)}" for name, value in list(given.items())[:6]]
    if where:
        lines.append(f"  at {where}")
    note = "\n".join(lines)
    if type(error) in REWRITABLE and len(error.args) == 1 and isinstance(error.args[0], str):
        text = error.args[0]
        error.args = (f"{text[: LIMIT - len(note) - 80]}\n\n{note}",)
    else:
        error.add_note(note)
    error._cornu_explained = True
    return error


def _path(layer):
    """Where a layer is called: the names of those around it and its own."""
    scope = NAME_SCOPE.get()
    return "/".join((*scope, layer.name)) if scope else layer.path or layer.name
