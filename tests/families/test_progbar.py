"""The progress bar's text, as Keras 3.15.1 prints it."""

import io
import sys
import time

import pytest

import cornu

BAR = "\u2501"


class Terminal(io.StringIO):
    """What can be written over."""

    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until moved."""
    now = [100.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def show(monkeypatch, clock, steps, seconds, target, stream=None, **settings):
    stream = Terminal() if stream is None else stream
    monkeypatch.setattr(sys, "stdout", stream)
    finalize = settings.pop("finalize", None)
    bar = cornu.utils.Progbar(target, **settings)
    for step, passed in zip(steps, seconds, strict=True):
        clock[0] += passed
        bar.update(step, [("loss", 1.0 / step), ("acc", 0.5)], finalize)
    return stream.getvalue()


def line(count, green, clock, rest, width=20):
    """A line on the terminal."""
    done = f"\033[32m{BAR * green}\033[0m" if green else ""
    left = f"\033[37m{BAR * (width - green)}\033[0m"
    return f"\033[1m{count}\033[0m {done}{left} \033[1m{clock}\033[0m {rest}"


def plain(text):
    """Only the lines, without what goes back over them."""
    return text.replace("\b", "").split("\r")[1:]


def test_terminal(monkeypatch, clock):
    text = show(monkeypatch, clock, [1, 2, 5, 10], [1, 1, 1, 1], 10)
    assert plain(text) == [
        line(" 1/10", 2, "9s", "1s/step - loss: 1.0000 - acc: 0.5000"),
        line(" 2/10", 4, "8s", "1s/step - loss: 0.7500 - acc: 0.5000"),
        line(" 5/10", 10, "2s", "500ms/step - loss: 0.4200 - acc: 0.5000"),
        line("10/10", 20, "4s", "333ms/step - loss: 0.1000 - acc: 0.5000\n"),
    ]
    assert text.count("\b") == 66 + 66 + 69


def test_updates_that_come_too_soon(monkeypatch, clock):
    text = show(monkeypatch, clock, [1, 2, 5, 10], [0.01, 0.01, 0.01, 0.1], 10)
    assert plain(text) == [
        line(" 1/10", 2, "0s", "10ms/step - loss: 1.0000 - acc: 0.5000"),
        line("10/10", 20, "0s", "13ms/step - loss: 0.1000 - acc: 0.5000\n"),
    ]


def test_shorter_lines_are_padded(monkeypatch, clock):
    names = ["loss", "acc"]
    steps, seconds = [1, 2, 500, 1875], [0.001, 0.06, 0.4, 1]
    text = show(monkeypatch, clock, steps, seconds, 1875, stateful_metrics=names)
    assert plain(text) == [
        line("   1/1875", 0, "1s", "1ms/step - loss: 1.0000 - acc: 0.5000"),
        line("   2/1875", 0, "1:52", "60ms/step - loss: 0.5000 - acc: 0.5000"),
        line(" 500/1875", 5, "1s", "922us/step - loss: 0.0020 - acc: 0.5000 "),
        line("1875/1875", 20, "1s", "779us/step - loss: 5.3333e-04 - acc: 0.5000\n"),
    ]


def test_long_times(monkeypatch, clock):
    text = show(monkeypatch, clock, [1, 10], [5000, 200000], 10)
    assert plain(text) == [
        line(" 1/10", 2, "12:30:00", "5000s/step - loss: 1.0000 - acc: 0.5000"),
        line("10/10", 20, "205000s", "22222s/step - loss: 0.1000 - acc: 0.5000\n"),
    ]


def test_unknown_target(monkeypatch, clock):
    text = show(monkeypatch, clock, [1, 2], [1, 1], None)
    assert plain(text) == [
        "      1/Unknown \033[1m1s\033[0m 1s/step - loss: 1.0000 - acc: 0.5000",
        "      2/Unknown \033[1m2s\033[0m 1s/step - loss: 0.7500 - acc: 0.5000",
    ]


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["terminal", "file"])
def test_one_line(monkeypatch, clock, stream):
    text = show(monkeypatch, clock, [1, 10], [1, 1], 10, stream=stream, verbose=2)
    assert text == "10/10 - 2s - 111ms/step - loss: 0.1000 - acc: 0.5000\n"


def test_file_gets_one_plain_line(monkeypatch, clock):
    text = show(monkeypatch, clock, [1, 2, 10], [1, 1, 1], 10, stream=io.StringIO())
    assert text == "10/10 - 3s - 222ms/step - loss: 0.1000 - acc: 0.5000\n"


def test_silent(monkeypatch, clock):
    assert show(monkeypatch, clock, [1, 10], [1, 1], 10, verbose=0) == ""


def test_logging_instead(monkeypatch, clock, caplog):
    cornu.config.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", logger="cornu"):
            assert show(monkeypatch, clock, [1, 10], [1, 1], 10) == ""
    finally:
        cornu.config.enable_interactive_logging()
    assert caplog.messages == ["10/10 - 2s - 111ms/step - loss: 0.1000 - acc: 0.5000"]


def test_means_of_some(monkeypatch, clock):
    text = show(monkeypatch, clock, [1, 2], [1, 1], 5, stateless_metrics=["acc"])
    assert "loss: 0.5000" in text
    with pytest.raises(ValueError, match="not both"):
        cornu.utils.Progbar(1, stateful_metrics=[], stateless_metrics=[])
