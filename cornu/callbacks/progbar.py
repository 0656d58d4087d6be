"""`Progbar`: a line of text that shows how far a loop has come."""

import math
import time

import numpy as np

from cornu.callbacks._output import is_dynamic, say
from cornu.serial.registry import export

BOLD, GREEN, WHITE, PLAIN = "\033[1m", "\033[32m", "\033[37m", "\033[0m"
MARK = "\u2501"


@export("keras.utils.Progbar")
class Progbar:
    """Shows how far a loop has come.

    On a terminal and in a notebook the line is written over; elsewhere it is written once, at the
    end, without colours.

    Args:
        target: number of steps, or None if unknown.
        width: of the bar, in characters.
        verbose: 0 silent, 1 a bar, 2 a line at the end.
        interval: least number of seconds between two updates.
        stateful_metrics: names of values that are shown as they are; of others, the mean over the
            steps is.
        stateless_metrics: names of values of which the mean is shown, all others being shown as
            they are; at most one of these two arguments is given.
        unit_name: what a step is called.

    Example:
        >>> import cornu
        >>> bar = cornu.utils.Progbar(target=2, verbose=0)
        >>> bar.add(1, values=[("loss", 0.5)])
    """

    def __init__(
        self,
        target,
        width=20,
        verbose=1,
        interval=0.05,
        stateful_metrics=None,
        stateless_metrics=None,
        unit_name="step",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Give `stateful_metrics` or `stateless_metrics`, not both.")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.stateful_metrics = set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self.unit_name = unit_name
        self.heading = ""
        self._dynamic = is_dynamic()
        self._values = {}
        self._seen = 0
        self._start = time.time()
        self._last_update = 0.0
        self._after_first = None
        self._shown_width = 0

    def due(self):
        """Whether an update now would show something."""
        if self.verbose == 1 and self._dynamic:
            return time.time() - self._last_update >= self.interval
        return False

    def add(self, n, values=None):
        """Go `n` steps further."""
        self.update(self._seen + n, values)

    def update(self, current, values=None, finalize=None):
        """Show that `current` steps are done.

        Args:
            current: number of steps.
            values: list of pairs of a name and a number.
            finalize: whether this is the end; by default, whether `target` is reached.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._take(current, values or (), finalize)
        self._seen = current
        now = time.time()
        shows = finalize or self.due()
        if self.verbose == 1 and self._dynamic and shows:
            self._write_over(current, now, finalize)
            self._last_update = now
        elif self.verbose and finalize and (self.verbose == 2 or not self._dynamic):
            self._write_line(current, now)
        if self._after_first is None and current > 0:
            self._after_first = now

    def _take(self, current, values, finalize):
        steps = max(current - self._seen, 1)
        for name, value in values:
            if finalize or self._is_stateful(name):
                self._values[name] = (value, 1)
            else:
                total, count = self._values.get(name, (0, 0))
                self._values[name] = (total + value * steps, count + steps)

    def _is_stateful(self, name):
        if self.stateless_metrics is not None:
            return name not in self.stateless_metrics
        return name in self.stateful_metrics

    # --- texts ------------------------------------------------------------------------------------

    def _write_over(self, current, now, finalize):
        before = "\b" * self._shown_width + "\r"
        bar, width = self._bar(current)
        per_step = self._time_per_step(current, now)
        if self.target is None or finalize:
            clock = f"{now - self._start:.0f}s"
        else:
            clock = _clock(per_step * (self.target - current))
        info = f" {self._rate(per_step)}{self._values_text()}"
        shown = width + 1 + len(clock) + len(info)
        padding = " " * max(0, self._shown_width - shown)
        self._shown_width = shown
        end = "\n" if finalize else ""
        say(f"{before}{bar} {BOLD}{clock}{PLAIN}{info}{padding}{end}", line_break=False)

    def _bar(self, current):
        """The count and the bar, and how wide they look."""
        if not self.target:
            text = f"{current:7d}/Unknown"
            return text, len(text)
        count = f"{current:>{len(str(self.target))}}/{self.target}"
        done = min(int(self.width * current / self.target), self.width)
        left = MARK * (self.width - done)
        green = f"{GREEN}{MARK * done}{PLAIN}" if done else ""
        return f"{BOLD}{count}{PLAIN} {green}{WHITE}{left}{PLAIN}", len(count) + 1 + self.width

    def _write_line(self, current, now):
        target = self.target if self.target else "Unknown"
        count = f"{current:>{len(str(target))}}/{target}"
        heading = f"{self.heading} - " if self.heading else ""
        rate = self._rate(self._time_per_step(current, now))
        seconds = f"{now - self._start:.0f}s"
        say(f"{heading}{count} - {seconds} - {rate}{self._values_text()}")

    def _time_per_step(self, current, now):
        """Seconds; the first step, which compiles, is left out once there are others."""
        if not current:
            return 0.0
        if self._after_first is not None and current > 1:
            return (now - self._after_first) / (current - 1)
        return (now - self._start) / current

    def _rate(self, seconds):
        if seconds >= 1 or seconds == 0:
            return f"{seconds:.0f}s/{self.unit_name}"
        if seconds >= 1e-3:
            return f"{seconds * 1e3:.0f}ms/{self.unit_name}"
        return f"{seconds * 1e6:.0f}us/{self.unit_name}"

    def _values_text(self):
        return "".join(f" - {name}: {_number(*pair)}" for name, pair in self._values.items())


def _number(total, count):
    try:
        value = float(np.mean(np.asarray(total, "float64"))) / max(1, count)
    except (TypeError, ValueError):
        return str(total)
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _clock(seconds):
    """Remaining time, as `1:02:03`, `2:03` or `3s`."""
    if not math.isfinite(seconds):
        return "?"
    if seconds > 3600:
        whole = int(seconds)
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
    return f"{int(seconds)}s"
