"""What can't be converted is an error that names the line, the name, and what to write."""

# ruff: noqa: B007, RET503, SIM108 - the code under test is written as it comes

import numpy as np
import pytest

import cornu as keras
from cornu import ops
from cornu.control_flow import convert
from cornu.control_flow.errors import ControlFlowError

X = np.ones((4, 3), "float32")


class Within(keras.layers.Layer):
    def __init__(self, function):
        super().__init__(name="odd")
        self.function = function

    def call(self, x):
        return self.function(x)


def predict(function):
    return keras.Sequential([Within(function)]).predict(X, verbose=0)


def one_branch(x):
    if ops.sum(x) > 0:
        y = x
    return y


def one_branch_else(x):
    if ops.sum(x) > 100:
        z = x
    else:
        y = x
        z = y
    return z + y


def set_in_a_loop(x):
    while ops.sum(x) < 100:
        x = x * 2
        y = x
    return y


def grows(x):
    while ops.sum(x) < 100:
        x = ops.concatenate([x, x])
    return x


def scalar_becomes_a_vector(x):
    s = 0.0
    while ops.sum(s) < 100:
        s = s + x
    return s


def appended(x):
    found = []
    while ops.sum(x) < 100:
        x = x * 2
        found.append(x)
    return x


def appended_in_a_branch(x):
    found = {"n": 0}
    if ops.sum(x) > 0:
        found["n"] = 1
    return x * found["n"]


def shapes_of_branches(x):
    if ops.sum(x) > 0:
        y = x
    else:
        y = x[:1]
    return y


def none_or_a_tensor(x):
    if ops.sum(x) > 0:
        return x


def none_after_a_loop(x):
    for i in range(3):
        x = x * 2
        if ops.sum(x) > 100:
            return x


def checked(x):
    if ops.any(x > 10):
        raise ValueError("too large")
    return x


def elementwise(x):
    while ops.sum(x) < 0:
        x = x + 1
    if x > 0:
        return x
    return -x


def measured(x):
    return list(range(ops.cast(ops.sum(x), "int32")))


# The function, the line that is named, and what the message says.
CASES = [
    (one_branch, "if ops.sum(x) > 0:", ["`y` is set only if it is true", "before the `if`"]),
    (one_branch_else, "if ops.sum(x) > 100:", ["`y` is set only if it is false"]),
    (set_in_a_loop, "while ops.sum(x) < 100:", ["`y` is set in the `while` loop", "no round"]),
    (grows, "while ops.sum(x) < 100:", ["`x` is a float32 tensor of shape", "final shape"]),
    (scalar_becomes_a_vector, "while ops.sum(s) < 100:", ["`s` is 0.0", "of shape"]),
    (appended, "while ops.sum(x) < 100:", ["The list `found` is changed", "`keras.ops.scan`"]),
    (appended_in_a_branch, "if ops.sum(x) > 0:", ["The dict `found` is changed inside a `if`"]),
    (
        shapes_of_branches,
        "if ops.sum(x) > 0:",
        ["`y` is", "tensor of shape", "(1, 3)", "same shape"],
    ),
    (none_or_a_tensor, "if ops.sum(x) > 0:", ["The function returns", "None", "on every way"]),
    (none_after_a_loop, "none_after_a_loop", ["The function returns None on one way"]),
    (checked, 'raise ValueError("too large")', ["ValueError is raised inside", "too large"]),
    (elementwise, "if x > 0:", ["shape (None, 3), not one truth", "`keras.ops.where`"]),
    (measured, "range(", ["only a `for` loop", "for i in range(n)"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0].__name__)
def test_what_has_no_meaning_compiled_is_explained(case):
    pytest.importorskip("malt", reason="needs the package of cornu[control-flow]")
    function, line, said = case
    with pytest.raises(ControlFlowError) as caught:
        predict(function)
    text = str(caught.value)
    assert f"{__file__}:" in text and line in text
    assert all(part in text for part in said), text
    assert "retval_" not in text and len(text) < 2000


def test_the_line_of_other_errors_is_the_users_own():
    pytest.importorskip("malt", reason="needs the package of cornu[control-flow]")

    def odd(x):
        if ops.sum(x) > 0:
            x = x * 2
        return x * float(ops.sum(x))

    with pytest.raises(TypeError, match="asks for the value of a tensor") as caught:
        predict(odd)
    assert f"{__file__}:" in str(caught.value)
    assert "return x * float(ops.sum(x))" in str(caught.value)


def test_without_source_the_error_says_so():
    pytest.importorskip("malt", reason="needs the package of cornu[control-flow]")
    scope = {"ops": ops}
    exec("def made(x):\n    return x if ops.sum(x) > 0 else -x\n", scope)
    with pytest.raises(TypeError, match="`made` could not be converted"):
        predict(scope["made"])


def branch(x):
    return x if ops.sum(x) > 0 else -x


def test_conversion_can_be_switched_off(monkeypatch):
    monkeypatch.setenv("CORNU_CONTROL_FLOW", "0")
    with pytest.raises(TypeError, match=r"keras.ops.cond\(condition"):
        predict(branch)


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(type(convert.malt), "available", False)
    with pytest.raises(TypeError, match=r"pip install cornu\[control-flow\]") as caught:
        predict(branch)
    assert "keras.ops.cond(condition" in str(caught.value)
