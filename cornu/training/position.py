"""Where a training stands, so that it can go on from there."""

from cornu.serial.errors import ModelFileError


class Position:
    """The next batch of a training.

    Args:
        epoch: its epoch, counted from 0.
        batch: its number in that epoch; more than 0 only where training goes on within an epoch.
        loader: what the data keep to give the same batches again: the random state that the order
            of the epoch was drawn from.
        plan: what of the call of `fit` decides which batches there are.

    Attributes:
        logs: those after the last batch that is done, where training goes on within an epoch.
        given: what `loader` was in a backup; used up by the first epoch.
        rest: the same for an epoch that goes on with what the last one left of the data, or None.
        data_wait: share of the time of the last epoch in which training waited for batches.
    """

    def __init__(self, epoch=0, batch=0, loader=None, plan=None):
        self.epoch, self.batch = epoch, batch
        self.loader, self.logs = loader, None
        self.given = self.rest = None
        self.data_wait = 0.0
        self.plan = {} if plan is None else plan

    def record(self, epoch, batch, logs):
        """All of it as plain values and arrays, at a batch that a callback was told of.

        Args:
            epoch: the epoch at work.
            batch: the last batch that is done, or None where the epoch is.
            logs: the logs after it.
        """
        if batch is None:
            next_epoch = {"epoch": epoch + 1, "batch": 0, "loader": self.rest, "logs": None}
            return {**next_epoch, "plan": self.plan}
        return {
            "epoch": epoch,
            "batch": batch + 1,
            "loader": self.loader,
            "logs": dict((logs or {}).items()),
            "plan": self.plan,
        }

    def go_to(self, record, path):
        """Take over a record of an earlier training.

        Raises:
            ModelFileError: if it was of other data; the message names what differs.
        """
        before = record.get("plan") or {}
        wrong = [
            f"{name} was {before[name]}, now it is {self.plan[name]}"
            for name in self.plan
            if name in before and before[name] != self.plan[name]
        ]
        if wrong:
            raise ModelFileError(
                f"The training that was backed up is another one: {'; '.join(wrong)}. Call `fit` as"
                " before to go on, or delete the backup to begin anew.",
                path=path,
            )
        self.epoch, self.batch = record["epoch"], record["batch"]
        self.given, self.logs = record.get("loader"), record.get("logs")
