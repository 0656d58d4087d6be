"""The phases of calling a layer: inputs, context, masks, build, compute, finish."""

import warnings

from cornu.backend import engine
from cornu.core import scopes, tree
from cornu.core.masks import get_lost_mask, get_mask, pass_lost_mask, set_mask, wanted_mask
from cornu.core.scopes import AUTOCAST, CALL, FRAME, MASKS
from cornu.layers import _call
from cornu.layers._input_spec import assert_compatible
from cornu.symbolic.graph import Node
from cornu.symbolic.tensor import KerasTensor

ArrayType = engine.ArrayType


class Calling:
    """Mixin of `Layer` on calling it."""

    # Whether masks that outputs have after `call` count more than `compute_mask`.
    _mask_from_call = False

    # Whether a layer that takes a mask uses it itself, rather than what it is given as a function.
    _wants_masks = True

    def __call__(self, *args, **kwargs):
        plan = self._check_initialized()
        explicit = kwargs.get("training") if kwargs else None
        args, kwargs = self._take_inputs(plan, args, kwargs)
        outer = CALL.get()
        arguments = self._context_arguments(plan, kwargs, outer)
        training = _call.resolve_training(plan, kwargs, outer)
        if plan.takes_training and training is not None:
            kwargs["training"] = training
        elif "training" in kwargs and not plan.takes_training and not plan.takes_any:
            del kwargs["training"]
        token = _call.enter(self, training, arguments)
        if outer is None and self._losses_exist() and not _collects_losses():
            self._clear_losses()
        try:
            if self._input_spec is not None:
                self._check_inputs(plan, args, kwargs)
            given = tuple(kwargs)
            masks = self._fill_masks(plan, args, kwargs)
            if not self.built:
                self._build_for(plan, args, kwargs)
            elif self._path is None:
                self._take_place()
            outputs = self._compute(args, kwargs, explicit, given)
            return self._finish(plan, args, kwargs, masks, outputs)
        except Exception as error:
            told = _call.explain(error, self, args, kwargs)
            if told is not error:
                raise told from error
            raise
        finally:
            if token is not None:
                CALL.reset(token)

    def _check_initialized(self):
        try:
            return self._plan
        except AttributeError:
            raise RuntimeError(
                f"In layer '{type(self).__name__}', you forgot to call `super().__init__()` as the"
                " first statement in the `__init__()` method. Go add it!"
            ) from None

    def _take_inputs(self, plan, args, kwargs):
        """The call's arguments with tensors converted and cast."""
        if not self._convert_input_args:
            return args, kwargs
        if len(args) == 1 and not kwargs:
            value = args[0]
            if type(value) is ArrayType and value.dtype == self._compute_dtype:
                return args, {}
        policy, autocast = self._policy_here, self.autocast
        if not self._allow_non_tensor_positional_args:
            _call.check_positional(args)
        args = tuple(_call.convert(value, policy, autocast) for value in args)
        kwargs = {
            key: value if key in ("training", "mask") else _call.convert(value, policy, autocast)
            for key, value in kwargs.items()
        }
        if plan.first is not None and not args and plan.first not in kwargs:
            plan.bind(args, kwargs)  # raises Python's own error
        return args, kwargs

    def _context_arguments(self, plan, kwargs, outer):
        """Arguments that layers registered to be passed down through the layers inside them."""
        names = self._call_context_args
        if len(names) == 1:  # `training` alone, which has its own rules
            return None
        given = {}
        for name in names - {"training"}:
            value = kwargs.get(name)
            if value is not None:
                given[name] = value
            elif outer is not None and name in outer.arguments:
                value = outer.arguments[name]
            if name in plan.accepts or plan.takes_any:
                if value is not None:
                    kwargs[name] = value
            else:
                kwargs.pop(name, None)
        return given

    def _register_call_context_args(self, *names):
        """Let calls of this layer take the named arguments and pass them down to the layers inside
        it that register them too.

        Raises:
            RuntimeError: if the layer was called already.
        """
        if self._called:
            raise RuntimeError("Cannot add call-context args after the layer has been called.")
        object.__setattr__(self, "_call_context_args", self._call_context_args | set(names))

    def _check_inputs(self, plan, args, kwargs):
        inputs = args[0] if args else kwargs.get(plan.first)
        assert_compatible(self._input_spec, inputs, self)

    def _fill_masks(self, plan, args, kwargs):
        """Masks of the tensor arguments; also passed to `call` where it has a parameter for
        them."""
        if plan.simple and len(args) == 1:
            value = args[0]
            return (
                getattr(value, "_keras_mask", None)
                if type(value) is ArrayType
                else _call.masks_of(value)
            )
        found = {}
        for name, value in (*zip(plan.names, args, strict=False), *kwargs.items()):
            if name in plan.names and name not in ("training", "mask"):
                found[name] = _call.masks_of(value)
        for name, parameter in plan.masks.items():
            if (
                kwargs.get(parameter) is None
                and found.get(name) is not None
                and not _given(plan, parameter, args)
            ):
                kwargs[parameter] = found[name]
            elif kwargs.get(parameter) is not None:
                found[name] = kwargs[parameter]
            elif MASKS and self._wants_masks:
                self._tell_of_lost_mask(plan, name, args, kwargs)
        return found.get(plan.first)

    def _tell_of_lost_mask(self, plan, name, args, kwargs):
        if not _given(plan, plan.masks[name], args):
            given = {**dict(zip(plan.names, args, strict=False)), **kwargs}
            for leaf in tree.flatten(given.get(name)):
                wanted_mask(leaf, f"layer '{self.name}'")

    def _compute(self, args, kwargs, training, given):
        """The outputs: computed, or recorded as a node for symbolic inputs.

        The node keeps what the caller passed: `training` as it was given, and of the arguments
            those in `given`.
        """
        wanted = self._autocast_dtype if self.autocast else None
        autocast = AUTOCAST.set(wanted) if AUTOCAST.get() != wanted else None
        scope = scopes.NAME_SCOPE.set((*scopes.NAME_SCOPE.get(), self.name))
        try:
            if _symbolic(args) or (kwargs and _symbolic(kwargs.values())):
                outputs = self._spec_of_call(args, kwargs)
                recorded = {
                    key: value
                    for key, value in kwargs.items()
                    if key in given and key != "training"
                }
                if training is not None:
                    recorded["training"] = training
                Node(self, args, recorded, outputs)
                return outputs
            return self._call(*args, **kwargs)
        finally:
            scopes.NAME_SCOPE.reset(scope)
            if autocast is not None:
                AUTOCAST.reset(autocast)

    def _spec_of_call(self, args, kwargs):
        """The `KerasTensor`s of a call, its arguments in the dtype that their values will have."""
        if self._convert_input_args:
            policy, autocast = self._policy_here, self.autocast
            args = [_call.cast_symbolic(value, policy, autocast) for value in args]
            kwargs = {
                key: _call.cast_symbolic(value, policy, autocast) for key, value in kwargs.items()
            }
        return self.compute_output_spec(*args, **kwargs)

    def _call(self, *args, **kwargs):
        call = self.quantized_call if self._is_quantized else self.call
        if self._remat is None and scopes.REMAT.get() is None:
            return call(*args, **kwargs)
        return self.rematerialized_call(call, *args, **kwargs)(*args, **kwargs)

    def rematerialized_call(self, layer_call, *args, **kwargs):
        """`layer_call`, or what computes the same with inner values recomputed for the gradient,
        as the open `RematScope` says for this layer and the arguments."""
        mode = self._remat or scopes.REMAT.get()
        if mode is not None and mode.applies(self, args, kwargs):
            return _call.recomputed(layer_call)
        return layer_call

    def _defines_call(self):
        return type(self).call is not Calling.call or "call" in self.__dict__

    def _finish(self, plan, args, kwargs, masks, outputs):
        if self.activity_regularizer is not None:
            for output in tree.flatten(outputs):
                if engine.is_tensor(output):
                    batch = output.shape[0] if output.shape else 1
                    # The mean over no examples is 0.
                    batch = 1 if batch == 0 else batch
                    self.add_loss(self.activity_regularizer(output) / batch)
        if masks is not None or self._makes_masks:
            self._mask_outputs(plan, args, kwargs, masks, outputs)
        elif MASKS and self._supports_masking and not plan.masks:
            self._pass_lost_mask(args, outputs)
        self.__dict__["_called"] = True
        return outputs

    def _pass_lost_mask(self, args, outputs):
        for value in tree.flatten(args):
            note = get_lost_mask(value)
            if note is not None:
                for output in tree.flatten(outputs):
                    if hasattr(output, "shape"):
                        pass_lost_mask(note, output, len(value.shape))
                return

    def _mask_outputs(self, plan, args, kwargs, masks, outputs):
        flat = [output for output in tree.flatten(outputs) if hasattr(output, "shape")]
        made = self._makes_masks and not self._mask_from_call
        if not made and any(get_mask(output) is not None for output in flat):
            return
        if not (self._supports_masking or self._makes_masks):
            self._warn_of_lost_mask(masks)
            return
        inputs = args[0] if args else kwargs.get(plan.first)
        found = tree.flatten(self.compute_mask(inputs, masks))
        if len(found) == 1 and len(flat) > 1:
            found = found * len(flat) if found[0] is None else found + [None] * (len(flat) - 1)
        for output, mask in zip(flat, found, strict=False):
            # What ops inside made of the inputs' masks does not count where the class says better;
            # an output that is an input keeps its own.
            if mask is not None or (made and output is not inputs and get_mask(output) is not None):
                set_mask(output, mask)

    def _warn_of_lost_mask(self, masks):
        if self.__dict__.get("_warned_of_mask") or all(
            mask is None for mask in tree.flatten(masks)
        ):
            return
        self.__dict__["_warned_of_mask"] = True
        warnings.warn(
            f"Layer '{self.name}' (of type {type(self).__name__}) was passed an input with a mask"
            " attached to it. However, this layer does not support masking and will therefore"
            " destroy the mask information. Downstream layers will not see the mask.",
            stacklevel=5,
        )

    def call(self, *args, **kwargs):
        """The computation. Subclasses define it."""
        raise NotImplementedError(
            f"Layer {type(self).__name__} does not have a `call` method implemented. Define"
            " `def call(self, inputs)`."
        )

    def compute_mask(self, inputs, previous_mask):
        """The mask of the outputs, from that of the inputs: by default the same."""
        return previous_mask


def _symbolic(values):
    for value in values:
        if type(value) is ArrayType or value is None:
            continue
        if isinstance(value, KerasTensor):
            return True
        if tree.is_nested(value) and any(isinstance(v, KerasTensor) for v in tree.flatten(value)):
            return True
    return False


def _given(plan, name, args):
    return name in plan.names and plan.names.index(name) < len(args)


def _collects_losses():
    """Whether losses of layers go to the frame around, rather than to the layers."""
    frame = FRAME.get()
    return frame is not None and frame.collect_losses
