"""`Trainer`: the mixin that gives a model `compile`, `fit`, `evaluate` and `predict`."""

import inspect
import numbers
import warnings

from cornu import metrics, optimizers
from cornu.backend import engine
from cornu.core import tree
from cornu.core.masks import get_mask
from cornu.data.arrays import unpack
from cornu.optimizers import Optimizer
from cornu.serial.encode import deserialize_keras_object, serialize_keras_object
from cornu.serial.errors import warn_user
from cornu.state.functional import Frame
from cornu.state.variable import value_of
from cornu.training.batches import as_given, batch_size, with_masks
from cornu.training.compiled_loss import CompiledLoss
from cornu.training.compiled_metrics import CompiledMetrics
from cornu.training.position import Position
from cornu.training.predicting import Predicting
from cornu.training.preparing import Preparing
from cornu.training.programs import Evaluation, Prediction, Training, global_seeds, unique
from cornu.training.running import Running
from cornu.training.stateless import Stateless, stand_ins
from cornu.training.steps import gradient
from cornu.training.watch import check_way

OWN_COMPILE = (
    "`compile()` was not called as part of model loading because the model's `compile()` method is "
    "custom. Override `get_compile_config()` and `compile_from_config(config)` too, or call "
    "`compile()` after loading."
)


class Trainer(Stateless, Preparing, Running, Predicting):
    """What a model needs to be trained. `fit` and `evaluate` are in `Running`, `predict` in
    `Predicting`."""

    run_eagerly = False
    jit_compile = None

    def __init__(self):
        self._plain(
            optimizer=None,
            loss=None,
            on_nan="warn",
            compiled=False,
            stop_training=False,
            stop_evaluating=False,
            stop_predicting=False,
            _position=Position(),
            _unused=None,
            _names_in_order=(),
            run_eagerly=False,
            jit_compile=None,
            steps_per_execution=1,
            _compile_loss=None,
            _compile_metrics=None,
            _loss_tracker=None,
            _compile_arguments=None,
            _programs={},
            train_function=None,
            test_function=None,
            predict_function=None,
        )

    def _plain(self, **attributes):
        """Set attributes that belong to no layer's state."""
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def compile(
        self,
        optimizer="rmsprop",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        run_eagerly=False,
        steps_per_execution="auto",
        jit_compile="auto",
        auto_scale_loss=True,
        *,
        on_nan="warn",
    ):
        """Set how the model is trained.

        Args:
            optimizer: name or `Optimizer`.
            loss: name, `Loss` or `(y_true, y_pred) -> values`; or a list or dict of these, nested
                as the outputs.
            loss_weights: factor of each output's loss, as a list or dict.
            metrics: list of names, `Metric`s or functions; for several outputs a list of lists, or
                a dict.
            weighted_metrics: the same, of metrics that follow sample and class weights.
            run_eagerly: whether steps run uncompiled, one operation at a time, for debugging.
            steps_per_execution: number of steps between two visits to the host; `"auto"` chooses by
                time.
            jit_compile: steps are always compiled here unless `run_eagerly`; False is the same as
                `"auto"`.
            auto_scale_loss: whether losses are scaled to keep small float16 gradients, under the
                policy `mixed_float16`.
            on_nan: what `fit` does at the first loss that is not finite: `"warn"`, `"raise"` a
                `FloatingPointError`, or `"ignore"`. Keras has no such argument.

        Raises:
            ValueError: for unknown names, with the nearest one that exists, and for values that
                are not among those above.
        """
        if steps_per_execution != "auto" and (
            not isinstance(steps_per_execution, numbers.Integral) or steps_per_execution < 1
        ):
            raise ValueError(
                "`steps_per_execution` must be a positive int or 'auto'. Received:"
                f" {steps_per_execution!r}"
            )
        check_way(on_nan)
        if run_eagerly and jit_compile is True:
            raise ValueError("If `run_eagerly` is True, then `jit_compile` cannot also be True.")
        names = getattr(self, "output_names", None) if hasattr(type(self), "output_names") else None
        arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        optimizer = self._scaled(optimizers.get(optimizer), auto_scale_loss)
        self._plain(
            optimizer=optimizer,
            loss=loss,
            run_eagerly=run_eagerly,
            jit_compile=jit_compile,
            on_nan=on_nan,
            steps_per_execution=steps_per_execution,
            stop_training=False,
            compiled=True,
            _compile_loss=None if loss is None else CompiledLoss(loss, loss_weights, names),
            _compile_metrics=CompiledMetrics(metrics, weighted_metrics, names),
            _loss_tracker=_loss_mean(),
            _compile_arguments=arguments,
        )
        self._forget_compiled()

    def _scaled(self, optimizer, auto_scale_loss):
        if (
            auto_scale_loss
            and optimizer is not None
            and self.dtype_policy.name == "mixed_float16"
            and not isinstance(optimizer, optimizers.LossScaleOptimizer)
        ):
            return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer")
        return optimizer

    def _forget_compiled(self):
        """Drop compiled programs: what they were made for has changed."""
        self._plain(
            _programs={},
            _names_in_order=(),
            train_function=None,
            test_function=None,
            predict_function=None,
        )

    def _require_compiled(self, method):
        if not self.compiled and not self._overrides("train_step"):
            raise ValueError(f"You must call `compile()` before using `{method}()`.")
        if not self.compiled:
            raise ValueError(f"You must call `compile()` before using the model with `{method}()`.")

    def _overrides(self, name):
        return getattr(type(self), name) is not getattr(Trainer, name)

    @property
    def metrics(self):
        """The metrics of training: loss, those given to `compile`, and those that layers own."""
        found = []
        if self.compiled:
            found += [self._loss_tracker] if self._loss_tracker is not None else []
            found += [self._compile_metrics] if self._compile_metrics.given else []
        found += self._own_metrics()
        if self._compile_loss is not None:
            found += self._compile_loss.metrics
        return list({id(metric): metric for metric in found}.values())

    @property
    def metrics_names(self):
        """The keys of what `evaluate(return_dict=True)` returns, in the order in which `evaluate`
        lists them."""
        return list(self.get_metrics_result()) if self.compiled else []

    @property
    def metrics_variables(self):
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_metrics(self):
        """Start all metrics afresh."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self):
        """Values of all metrics by name."""
        found = {}
        for metric in self.metrics:
            if metric is self._compile_metrics:
                continue
            value = metric.result()
            found.update(value if isinstance(value, dict) else {metric.name: value_of(value)})
        if self.compiled:
            loss = {"loss": found.pop("loss")} if "loss" in found else {}
            found = {**loss, **self._compile_metrics.result(), **found}
        self._plain(_names_in_order=tuple(found))
        return found

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch: that of the outputs, and what layers and regularizers add.

        Returns:
            A scalar.

        Raises:
            ValueError: if there is neither.
        """
        found = [] if self._compile_loss is None else [self._compile_loss(y, y_pred, sample_weight)]
        found = [loss for loss in found if loss is not None] + list(self.losses)
        if not found and self._compile_loss is None and y_pred is not None:
            raise ValueError(
                "No loss to compute. Provide a `loss` argument in `compile()`, or add losses with"
                " `add_loss()` in a layer."
            )
        total = found[0] if found else engine.asarray(0.0)
        for loss in found[1:]:
            total = total + loss
        return total

    def _computed_loss(self, x, y, y_pred, sample_weight, training):
        """`compute_loss`, which a user may have written without `training`, as of Keras 2."""
        arguments = {"x": x, "y": y, "y_pred": y_pred, "sample_weight": sample_weight}
        if self._overrides("compute_loss"):
            taken = inspect.signature(type(self).compute_loss).parameters
            if "training" not in taken and all(p.kind is not p.VAR_KEYWORD for p in taken.values()):
                return self.compute_loss(**arguments)
        return self.compute_loss(**arguments, training=training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Take a batch into account in the metrics; returns all results by name."""
        self._compile_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def gradient(self, function, variables=None):
        """The value and the gradients of what a function computes from the model's variables.

        Args:
            function: `() -> loss`, or `() -> (loss, extra)`.
            variables: by which to differentiate; the trainable ones by default.

        Returns:
            `(loss, gradients)`, or `((loss, extra), gradients)`.
        """
        variables = self.trainable_variables if variables is None else list(variables)
        kinds = []

        def pair():
            result = function()
            kinds.append(isinstance(result, tuple))
            return result if kinds[-1] else (result, None)

        value, extra, gradients = gradient(pair, variables)
        return ((value, extra) if kinds[-1] else value), gradients

    def train_step(self, *arguments):
        """One step of training: `train_step(data) -> logs`. Override it to train in your own way.

        A subclass may also write it without state, as for Keras on JAX: `train_step(state, data) ->
            (logs, state)`, the
        state being the values of trainable, non-trainable, optimizer and metrics variables.
        """
        return self._in_either_style(arguments, self._train_on)

    def test_step(self, *arguments):
        """One step of evaluation: `test_step(data) -> logs`."""
        return self._in_either_style(arguments, self._test_on, optimizer=False)

    def predict_step(self, *arguments):
        """One step of prediction: `predict_step(data) -> outputs`."""
        if len(arguments) == 2:
            state, data = arguments
            outputs, fixed = self.stateless_call(*state[:2], unpack(data)[0], training=False)
            return outputs, (state[0], fixed)
        return self(unpack(arguments[0])[0], training=False)

    def _in_either_style(self, arguments, step, optimizer=True):
        if len(arguments) == 1:
            return step(arguments[0])
        state, data = arguments
        groups = self._state_variables(optimizer)
        with Frame(stand_ins(groups, state), collect_losses=True) as frame:
            logs = step(data)
        return logs, tuple([frame.values[id(v)] for v in group] for group in groups)

    def _state_variables(self, optimizer=True):
        groups = [self.trainable_variables, self.non_trainable_variables]
        if optimizer:
            groups.append(list(self.optimizer.variables))
        return [*groups, self.metrics_variables]

    def _train_on(self, data):
        x, y, sample_weight = unpack(data)
        variables = self.trainable_variables

        def forward():
            y_pred = self(x, training=True)
            loss = self._computed_loss(x, y, y_pred, sample_weight, training=True)
            scaled = loss if self.optimizer is None else self.optimizer.scale_loss(loss)
            return scaled, (loss, y_pred, tree.map_structure(get_mask, y_pred))

        if variables:
            _, (loss, y_pred, masks), gradients = gradient(forward, variables)
            self.optimizer.apply(gradients, variables)
        else:
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
            _, (loss, y_pred, masks) = forward()
        self._loss_tracker.update_state(loss, sample_weight=batch_size(x))
        return self.compute_metrics(x, y, with_masks(y_pred, masks), sample_weight)

    def _test_on(self, data):
        x, y, sample_weight = unpack(data)
        y_pred = self(x, training=False)
        loss = self._computed_loss(x, y, y_pred, sample_weight, training=False)
        self._loss_tracker.update_state(loss, sample_weight=batch_size(x))
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def _style(self, name):
        """How a step is written: "ours", "stateful" (one argument) or "stateless" (two, or any
        number, as Keras on JAX passes two)."""
        if not self._overrides(name):
            return "ours"
        given = list(inspect.signature(getattr(type(self), name)).parameters.values())[1:]
        count = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in given)
        any_number = not count and any(p.kind is p.VAR_POSITIONAL for p in given)
        return "stateless" if count >= 2 or any_number else "stateful"

    def _step(self, name, optimizer=True):
        """A user's or our own step as `step(data) -> logs`, reading and assigning variables."""
        if self._style(name) == "ours":
            return getattr(self, name)
        if self._style(name) == "stateful":
            return lambda data: getattr(self, name)(as_given(data))

        def step(data):
            groups = self._state_variables(optimizer)
            state = tuple([v._raw_value for v in group] for group in groups)
            logs, state = getattr(self, name)(state, as_given(data))
            for group, values in zip(groups, state, strict=True):
                for variable, value in zip(group, values, strict=True):
                    variable.assign(value)
            return logs

        return step

    def _results_of(self, name):
        plain = not self._overrides(name) and not self._overrides("compute_metrics")
        return self.get_metrics_result if plain else None

    def _owned_variables(self):
        slots = [v for optimizer in self._optimizers() for v in optimizer.variables]
        return unique(
            [
                *self.variables,
                *slots,
                *self.metrics_variables,
                *global_seeds(),
            ]
        )

    def _optimizers(self):
        """The optimizer that the model is compiled with, and others that a user set."""
        found = [value for value in self.__dict__.values() if isinstance(value, Optimizer)]
        return list({id(optimizer): optimizer for optimizer in found}.values())

    def _program(self, kind, make):
        """The program of a kind for today's variables, made once."""
        key = (
            kind,
            tuple(map(id, self.trainable_variables)),
            tuple(map(id, self._owned_variables())),
            self.compiled,
            tuple(optimizer.settings_key() for optimizer in self._optimizers()),
        )
        if key not in self._programs:
            self._programs[key] = make()
        return self._programs[key]

    def make_train_function(self, force=False):
        """The compiled training loop, made once (anew if `force`)."""
        if force:
            self._forget_compiled()
        program = self._program("train", self._make_training)
        self._plain(train_function=program)
        return program

    def _make_training(self):
        step, variables = self._step("train_step"), self._owned_variables()
        watched = self.on_nan != "ignore"
        return Training(step, variables, self._results_of("train_step"), watched)

    def make_test_function(self, force=False):
        """The compiled evaluation loop, made once (anew if `force`)."""
        if force:
            self._forget_compiled()
        program = self._program("test", self._make_evaluation)
        self._plain(test_function=program)
        return program

    def _make_evaluation(self):
        carried = [*self.non_trainable_variables, *self.metrics_variables, *global_seeds()]
        if self._style("test_step") != "ours":
            carried = self._owned_variables()
        step = self._step("test_step", optimizer=False)
        return Evaluation(step, carried, self.variables, self._results_of("test_step"))

    def make_predict_function(self, force=False):
        """The compiled prediction of a batch, made once (anew if `force`)."""
        if force:
            self._forget_compiled()
        program = self._program("predict", self._make_prediction)
        self._plain(predict_function=program)
        return program

    def _make_prediction(self):
        if self._style("predict_step") == "stateless":

            def step(data):
                state = (
                    [v._raw_value for v in self.trainable_variables],
                    [v._raw_value for v in self.non_trainable_variables],
                )
                return self.predict_step(state, data)[0]

        else:
            step = self._step("predict_step", optimizer=False)
        # Layers may update metrics in `call`.
        read = [*self.variables, *self.metrics_variables, *global_seeds()]
        return Prediction(step, unique(read))

    def get_compile_config(self):
        """The arguments of `compile` as plain values; empty if the model is not compiled."""
        if not self.compiled or self._compile_arguments is None:
            return {}
        arguments = {**self._compile_arguments, "optimizer": self.optimizer}
        # What Keras writes for these, and can read.
        if arguments["steps_per_execution"] == "auto":
            arguments["steps_per_execution"] = 1
        if arguments["jit_compile"] == "auto":
            arguments["jit_compile"] = not arguments["run_eagerly"]
        return {name: _serialized(value) for name, value in arguments.items()}

    def compile_from_config(self, config):
        """Compile as `get_compile_config` says; optimizer slots are made, for their values to be
        loaded.

        A subclass with a `compile` of its own says here how to call it; else it is not called.
        """
        if type(self).compile is not Trainer.compile:
            warn_user(OWN_COMPILE)
            return
        config = {name: deserialize_keras_object(value) for name, value in config.items()}
        if config.get("steps_per_execution") == 1:
            config["steps_per_execution"] = "auto"
        self.compile(**config)
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)


def _serialized(value):
    if isinstance(value, dict) and not {"class_name", "config"} <= set(value):
        return {key: _serialized(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_serialized(item) for item in value]
    return serialize_keras_object(value)


def _loss_mean():
    return metrics.Mean(name="loss")
