"""Einstein's notation of a layer with one kernel: where the sizes of its axes come from."""

import re

from cornu.core.errors import shorten

_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class Equation:
    """An equation such as `"abc,cd->abd"`: letters of the axes of inputs, kernel and outputs.

    Dots stand for any number of axes, before the letters of both inputs and outputs or behind them.

    Args:
        text: the equation.

    Attributes:
        inputs, kernel, outputs: the letters.
        summed: the kernel's letters that outputs lack.
        made: the kernel's letters that inputs lack.

    Raises:
        ValueError: if it is malformed, or a letter comes from nowhere.
    """

    def __init__(self, text):
        found = _FORM.fullmatch(text.replace(" ", "")) if isinstance(text, str) else None
        if found is None or (found[1], found[3]) != (found[5], found[7]) or (found[1] and found[3]):
            raise ValueError(
                f"Invalid einsum equation {shorten(text)}. Equations must be in the form"
                " '[X],[Y]->[Z]', '...[X],[Y]->...[Z]', or '[X]...,[Y]->[Z]...', where X, Y and Z"
                " are letters: the axes of inputs, kernel and outputs."
            )
        self.text = text
        self.leading, self.trailing = bool(found[1]), bool(found[3])
        self.inputs, self.kernel, self.outputs = found[2], found[4], found[6]
        if len(set(self.outputs)) != len(self.outputs):
            raise ValueError(f"Einsum equation '{text}' names an axis of the outputs twice.")
        for letter in self.outputs:
            if letter not in self.inputs + self.kernel:
                raise ValueError(
                    f"Dimension '{letter}' was specified in the output '{self.outputs}' of"
                    f" '{text}' but has no corresponding dimension in the input"
                    f" '{self.inputs}' or the kernel '{self.kernel}'."
                )
        for letter in self.kernel:
            if letter not in self.inputs + self.outputs:
                raise ValueError(
                    f"Kernel dimension '{letter}' of '{text}' did not have a match in either the"
                    f" input '{self.inputs}' or the output '{self.outputs}'."
                )
        self.summed = "".join(letter for letter in self.kernel if letter not in self.outputs)
        self.made = "".join(letter for letter in self.kernel if letter not in self.inputs)

    def _input_sizes(self, shape):
        """By letter, the sizes of the inputs' axes."""
        count = len(self.inputs)
        if len(shape) < count:
            raise ValueError(
                f"Inputs of '{self.text}' have the axes '{self.inputs}'. Received: shape"
                f" {tuple(shape)}"
            )
        own = shape[len(shape) - count :] if self.leading else shape[:count]
        found = {}
        for letter, size in zip(self.inputs, own, strict=True):
            if found.setdefault(letter, size) != size:
                raise ValueError(
                    f"The axes '{letter}' of the inputs of '{self.text}' have different sizes."
                    f" Received: shape {tuple(shape)}"
                )
        return found

    def _given_sizes(self, output_shape):
        """By letter, the sizes of the outputs' axes that the user gave."""
        letters = self.outputs if self.leading else self.outputs[1:]
        if self.leading and len(output_shape) < len(letters):
            letters = letters[len(letters) - len(output_shape) :]
        if len(letters) > len(output_shape):
            raise ValueError(
                f"`output_shape` must give the sizes of the axes '{letters}' of the outputs of"
                f" '{self.text}' (None where the inputs have it). Received:"
                f" output_shape={tuple(output_shape)}"
            )
        return dict(zip(letters, output_shape, strict=False))

    def sizes(self, input_shape, output_shape):
        """By letter, the sizes of all axes.

        Raises:
            ValueError: if shapes do not fit the equation, or contradict each other.
        """
        found = self._input_sizes(input_shape)
        for letter, size in self._given_sizes(output_shape).items():
            known = found.get(letter)
            if size is not None and known is not None and size != known:
                raise ValueError(
                    f"Input shape and output shape do not match at shared dimension '{letter}' of"
                    f" '{self.text}'. Input shape is {tuple(input_shape)}, and output shape is"
                    f" {tuple(output_shape)}."
                )
            found[letter] = size if known is None else known
        return found

    def shapes(self, input_shape, output_shape, bias_axes):
        """Shapes of the kernel, of the bias (None without `bias_axes`) and of the outputs.

        Raises:
            ValueError: if they can't be known, or `bias_axes` names an axis that outputs lack.
        """
        sizes = self.sizes(input_shape, output_shape)
        kernel = tuple(sizes.get(letter) for letter in self.kernel)
        if None in kernel:
            unknown = "".join(x for x, n in zip(self.kernel, kernel, strict=True) if n is None)
            raise ValueError(
                f"The sizes of the kernel's axes '{unknown}' in '{self.text}' must be known."
                f" Received: input shape {tuple(input_shape)}, output_shape={tuple(output_shape)}"
            )
        outputs = self.output_shape(input_shape, output_shape)
        return kernel, self._bias_shape(sizes, bias_axes, len(outputs)), outputs

    def _bias_shape(self, sizes, bias_axes, rank):
        if not bias_axes:
            return None
        wrong = [letter for letter in bias_axes if letter not in self.outputs]
        if wrong:
            raise ValueError(
                f"Bias dimension '{wrong[0]}' was requested, but is not part of the output"
                f" '{self.outputs}'. Received: bias_axes={bias_axes!r}"
            )
        first = min(self.outputs.index(letter) for letter in bias_axes)
        shape = [sizes[letter] if letter in bias_axes else 1 for letter in self.outputs[first:]]
        if None in shape:
            raise ValueError(
                f"The sizes of the bias's axes '{bias_axes}' in '{self.text}' must be known: give"
                " them in `output_shape`."
            )
        return (*shape, *(1,) * (rank - len(self.outputs) if self.trailing else 0))

    def output_shape(self, input_shape, output_shape):
        """The whole shape of the outputs."""
        sizes = self.sizes(input_shape, output_shape)
        own = tuple(sizes[letter] for letter in self.outputs)
        count = len(self.inputs)
        if self.leading:
            return (*input_shape[: len(input_shape) - count], *own)
        return (*own, *input_shape[count:]) if self.trailing else own
