"""A step of each recurrent cell, and its derivative as elementwise factors."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cornu.backend import engine, kernels
from cornu.ops._activation import sigmoid
from cornu.ops._elementwise import tanh


def _parts(x, count, axis=-1):
    return kernels.split(x, count, axis)


def _at(x, *places):
    """`x` cut at places along its last axis."""
    return kernels.split(x, list(places), -1)


def _with_slope(function, x):
    """An elementwise function and its derivative at `x`."""
    return engine.jvp(function, (x,), (kernels.ones(x.shape, x.dtype),))


class Step:
    """What a cell computes in a step, with elementwise functions.

    Attributes:
        axis: where the gates stand side by side, counted from the end.
        kernel: name of the engine's kernel that runs the cell over whole sequences, or None.
    """

    axis = -1
    kernel = None

    def project(self, x, kernel):
        """The product of inputs (batch, ...) and the kernel."""
        return kernels.matmul(x, kernel)

    def product(self, x, kernel):
        """The product of outputs (batch, ...) and the recurrent kernel."""
        return kernels.matmul(x, kernel)

    def inner(self, product, state, kernel, dropped):
        """What goes from the output before to the gates.

        Args:
            product: `self.product`, or what does the same for all steps.
            state: the output before.
            kernel: the recurrent kernel.
            dropped: factors of the output for each gate, or None.
        """
        return by_gates(product, state, kernel, dropped, self.axis)

    def step(self, projected, inner, states, kernel, dropped):
        """The list of new states, the output first.

        Args:
            projected: what `project` gave, with the bias.
            inner: what `inner` gave, with the recurrent bias.
            states: the states before.
            kernel, dropped: as `inner` gets them.
        """
        raise NotImplementedError

    def linearize(self, projected, inner, states, kernel, dropped):
        """The new states, and a list of factors for `tangent`. Arguments as of `step`."""
        raise NotImplementedError

    def changed_inner(self, product, states, kernel_change, factors, dropped):
        """The change of `inner` for one of the recurrent kernel alone, with all steps at once."""
        return self.inner(product, states, kernel_change, dropped)

    def source(self, projected, inner):
        """Changes that come from outside of the recurrence, in one tensor as `tangent` takes it."""
        return projected + inner

    def tangent(self, factors, source, inner, states, kernel):
        """The change of the new states, for that of `inner` and of the states before."""
        raise NotImplementedError


def by_gates(product, x, kernel, dropped, axis=-1):
    """`product(x, kernel)`, where each gate may see another part of `x`.

    Args:
        dropped: list of factors of `x`, one for each gate, or one for all; or None.
    """
    if dropped is None:
        return product(x, kernel)
    each = kernels.split(kernel, len(dropped), -1)
    pairs = zip(dropped, each, strict=True)
    return kernels.concatenate([product(x * factors, part) for factors, part in pairs], axis)


@dataclass(frozen=True)
class SimpleStep(Step):
    """A layer whose output is part of its input in the next step (Elman 1990)."""

    activation: Callable

    def step(self, projected, inner, states, kernel, dropped):
        return [self.activation(projected + inner)]

    def linearize(self, projected, inner, states, kernel, dropped):
        output, slope = _with_slope(self.activation, projected + inner)
        return [output], [slope]

    def tangent(self, factors, source, inner, states, kernel):
        return [factors[0] * (source + inner)]


@dataclass(frozen=True)
class LSTMStep(Step):
    """Long short-term memory (Hochreiter & Schmidhuber 1997, Gers et al. 2000).

    Its states are the output and the carry; its gates stand in the order input, forget, candidate,
    output along `axis`.
    """

    activation: Callable
    gate: Callable
    axis: int = -1

    def step(self, projected, inner, states, kernel, dropped):
        i, f, g, o = _parts(self._activated(projected + inner), 4, self.axis)
        carry = f * states[1] + i * g
        return [o * self.activation(carry), carry]

    def linearize(self, projected, inner, states, kernel, dropped):
        parts, slopes = _with_slope(self._activated, projected + inner)
        i, f, g, o = _parts(parts, 4, self.axis)
        carry = f * states[1] + i * g
        shown, shown_slope = _with_slope(self.activation, carry)
        factors = slopes * kernels.concatenate([g, states[1], i, shown], self.axis)
        return [o * shown, carry], [factors, f, o * shown_slope]

    @property
    def kernel(self):
        return "cornu_lstm" if self._is_usual() else None

    def _is_usual(self):
        return self.gate is sigmoid and self.activation is tanh

    def _activated(self, z):
        # All parts in one go: XLA's CPU code for parts of a tensor is half as fast.
        shape = [1] * z.ndim
        shape[self.axis] = z.shape[self.axis]
        candidate = np.repeat([False, False, True, False], z.shape[self.axis] // 4).reshape(shape)
        if self._is_usual():
            scale = np.where(candidate, 1, 0.5).astype(z.dtype)
            return kernels.tanh(z * scale) * scale + np.where(candidate, 0, 0.5).astype(z.dtype)
        return kernels.where(candidate, self.activation(z), self.gate(z))

    def tangent(self, factors, source, inner, states, kernel):
        by_gates, keep, show = factors
        i, f, g, o = _parts(by_gates * (source + inner), 4, self.axis)
        carry = keep * states[1] + i + f + g
        return [o + show * carry, carry]


@dataclass(frozen=True)
class ConvLSTMStep(LSTMStep):
    """`LSTMStep` with convolutions for products (Shi et al. 2015)."""

    kernel = None
    strides: tuple = ()
    padding: str = "valid"
    data_format: str = "channels_last"
    dilation_rate: tuple = ()

    def project(self, x, kernel):
        return kernels.conv(
            x, kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )

    def product(self, x, kernel):
        ones = (1,) * len(self.strides)
        return kernels.conv(x, kernel, ones, "same", self.data_format, ones)


@dataclass(frozen=True)
class GRUStep(Step):
    """Gated recurrent unit (Cho et al. 2014) whose reset gate acts after the recurrent product, as
    in cuDNN. Its gates stand in the order update, reset, candidate."""

    activation: Callable
    gate: Callable

    @property
    def kernel(self):
        return "cornu_gru" if self.gate is sigmoid and self.activation is tanh else None

    def step(self, projected, inner, states, kernel, dropped):
        z, r, g = _parts(projected, 3)
        inner_z, inner_r, inner_g = _parts(inner, 3)
        z, r = self.gate(z + inner_z), self.gate(r + inner_r)
        return [z * states[0] + (1 - z) * self.activation(g + r * inner_g)]

    def linearize(self, projected, inner, states, kernel, dropped):
        z, r, g = _parts(projected, 3)
        inner_z, inner_r, inner_g = _parts(inner, 3)
        z, z_slope = _with_slope(self.gate, z + inner_z)
        r, r_slope = _with_slope(self.gate, r + inner_r)
        g, g_slope = _with_slope(self.activation, g + r * inner_g)
        slope = (1 - z) * g_slope
        by_gates = [z_slope * (states[0] - g), r_slope * slope * inner_g]
        # Each in a tensor of its own: taking one apart would cost the loop another one before it.
        factors = [kernels.concatenate(by_gates, -1), slope, slope * r, z]
        return [z * states[0] + (1 - z) * g], factors

    def tangent(self, factors, source, inner, states, kernel):
        by_gates, by_candidate, by_inner, keep = factors
        units = keep.shape[-1]
        gates, candidate, inside = _at(source, 2 * units, 3 * units)
        inner_gates, inner_g = _at(inner, 2 * units)
        z, r = _parts(by_gates * (gates + inner_gates), 2)
        g = by_candidate * candidate + by_inner * (inside + inner_g)
        return [keep * states[0] + z + r + g]

    def source(self, projected, inner):
        # The candidate has two parts, of which the reset gate scales one.
        units = projected.shape[-1] // 3
        gates, candidate = _at(projected, 2 * units)
        inner_gates, inner_candidate = _at(inner, 2 * units)
        return kernels.concatenate([gates + inner_gates, candidate, inner_candidate], -1)


@dataclass(frozen=True)
class GRUResetBeforeStep(Step):
    """Gated recurrent unit (Cho et al. 2014) whose reset gate acts before the recurrent product, so
    that a step is two products, the second of what the reset gate lets through.
    Its gates stand in the order update, reset, candidate."""

    activation: Callable
    gate: Callable

    def inner(self, product, state, kernel, dropped):
        first = None if dropped is None else dropped[:2]
        return by_gates(product, state, _of_gates(kernel), first)

    def step(self, projected, inner, states, kernel, dropped):
        gates, g = self._cut(projected)
        z, r = _parts(self.gate(gates + inner), 2)
        seen = states[0] if dropped is None else states[0] * dropped[2]
        g = self.activation(g + self.product(r * seen, _of_candidate(kernel)))
        return [z * states[0] + (1 - z) * g]

    def linearize(self, projected, inner, states, kernel, dropped):
        gates, g = self._cut(projected)
        gates, slopes = _with_slope(self.gate, gates + inner)
        (z, r), (z_slope, r_slope) = _parts(gates, 2), _parts(slopes, 2)
        by_state = r if dropped is None else r * dropped[2]
        seen = states[0] if dropped is None else states[0] * dropped[2]
        g, g_slope = _with_slope(self.activation, g + self.product(r * seen, _of_candidate(kernel)))
        by_gates = kernels.concatenate([z_slope * (states[0] - g), r_slope * seen], -1)
        return [z * states[0] + (1 - z) * g], [by_gates, (1 - z) * g_slope, by_state, z]

    def tangent(self, factors, source, inner, states, kernel):
        by_gates, by_candidate, by_state, keep = factors
        gates, g = self._cut(source)
        z, r = _parts(by_gates * (gates + inner), 2)
        g = g + self.product(r + by_state * states[0], _of_candidate(kernel))
        return [keep * states[0] + z + by_candidate * g]

    def changed_inner(self, product, states, kernel_change, factors, dropped):
        gates = self.inner(product, states, kernel_change, dropped)
        candidate = product(factors[2] * states, _of_candidate(kernel_change))
        return kernels.concatenate([gates, candidate], -1)

    def _cut(self, x):
        """The parts of the gates and of the candidate."""
        return _at(x, x.shape[-1] // 3 * 2)


def _of_gates(kernel):
    return kernel[:, : kernel.shape[1] // 3 * 2]


def _of_candidate(kernel):
    return kernel[:, kernel.shape[1] // 3 * 2 :]
