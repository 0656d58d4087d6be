"""What a layer's kernel may be in place of a matrix of floats."""

from contextlib import contextmanager


@contextmanager
def changing(layer):
    """Within, a built layer may be given new variables."""
    locked, layer._tracker.locked = layer._tracker.locked, None
    try:
        yield
    finally:
        layer._tracker.locked = locked


class Strategy:
    """The kernel of one layer in another form; layers call these methods.

    The variables stay attributes of the layer, under Keras's names, so that they are tracked, saved
    and found by users as all others.

    Args:
        shape: shape of the kernel of floats.
        config: a `QuantizationConfig`, or None.
        policy: the layer's quantised dtype policy.
    """

    mode = None
    # The variables in the order in which files hold them; braces stand for the kernel's name.
    files = ("{}", "bias")
    # Whether the kernel of floats stays a variable.
    keeps_kernel = False

    def __init__(self, shape, config, policy):
        self.shape = tuple(shape)
        self.config = config
        self.policy = policy

    def fit(self, layer):
        """Learn from the layer what it does with its kernel; called once, before all others."""

    def build(self, layer):
        """Make the variables."""
        raise NotImplementedError

    def values(self, layer, kernel):
        """The values of variables, by attribute, that stand for a kernel of floats."""
        raise NotImplementedError

    def floats(self, layer):
        """The kernel of floats that the variables stand for."""
        raise NotImplementedError

    def contract(self, layer, inputs, training):
        """What the kernel makes of `inputs`."""
        return layer._apply_kernel(inputs, self.floats(layer))

    def reverse(self, layer, inputs):
        """What a table that also goes back makes of vectors."""
        return layer._apply_reversed(inputs, self.floats(layer))

    def kernel(self, layer):
        """What the layer shows as its kernel."""
        return self.floats(layer)

    def bias(self, layer):
        """The bias as it is added."""
        return layer.bias

    def refuse_lora(self):
        """Raise if low-rank adaptation of such a kernel is not possible."""

    @classmethod
    def spec(cls, name):
        """The names of a layer's variables in the order of files; `name` is the kernel's."""
        return [entry.format(name) for entry in cls.files]

    def in_file_order(self, layer, own):
        """The layer's own variables in the order of files; what is no part of the form comes
        last."""
        name = layer.kernel_name
        attributes = [f"_{name}" if entry == name else entry for entry in self.spec(name)]
        found = [getattr(layer, attribute, None) for attribute in attributes]
        first = [variable for variable in found if variable is not None]
        held = {id(variable) for variable in (*first, *self.unsaved(layer))}
        return [*first, *(variable for variable in own if id(variable) not in held)]

    def unsaved(self, layer):
        """Variables that files don't hold."""
        return []

    def saved_values(self, layer, variables):
        """What files hold for these variables."""
        return variables

    def after_load(self, layer):
        """What is to be done after variables were loaded."""


def assign(layer, values):
    """Assign values to variables of a layer by attribute."""
    for attribute, value in values.items():
        getattr(layer, attribute).assign(value)
