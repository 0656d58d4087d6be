"""What only losses of tf.keras 2 have."""


class Reduction:
    """Names of the ways to make one number of the losses of a batch.

    Example:
        >>> import cornu
        >>> cornu.losses.MeanSquaredError(reduction=cornu.losses.Reduction.SUM).reduction
        'sum'
    """

    # What tf.keras chose by itself outside of a distribution strategy.
    AUTO = "sum_over_batch_size"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls):
        """All names."""
        return (cls.AUTO, cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key):
        """Refuse what is none of the names.

        Raises:
            ValueError: for another name.
        """
        if key not in (*cls.all(), "auto"):
            raise ValueError(f"`reduction` must be one of {cls.all()}. Received: {key!r}")
