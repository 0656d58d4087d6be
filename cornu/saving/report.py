"""What became of every array when weights were loaded."""

from dataclasses import dataclass, field


@dataclass
class LoadReport:
    """What `load_weights` did, by name.

    Attributes:
        loaded: paths of the variables that took their values from the file.
        missing: paths of the variables that the file has nothing for.
        mismatched: paths of the variables that have another shape or type in the file.
        unused: names of the arrays in the file that the model has no place for.

    Example:
        >>> import cornu, os, tempfile
        >>> model = cornu.Sequential([cornu.layers.Input((2,)), cornu.layers.Dense(1)])
        >>> path = os.path.join(tempfile.mkdtemp(), "model.weights.h5")
        >>> model.save_weights(path)
        >>> report = model.load_weights(path)
        >>> len(report.loaded), report.complete
        (2, True)
    """

    loaded: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    mismatched: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    @property
    def complete(self):
        """Whether file and model fitted each other exactly."""
        return not (self.missing or self.mismatched or self.unused)

    def __str__(self):
        counts = (
            f"{len(getattr(self, name))} {name}"
            for name in ("loaded", "missing", "mismatched", "unused")
        )
        return f"LoadReport: {', '.join(counts)}"
