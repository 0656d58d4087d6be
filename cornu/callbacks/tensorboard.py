"""`TensorBoard`: logs, weights and profiles in files that TensorBoard shows."""

import numbers
import os
import time

import numpy as np

from cornu.backend import engine
from cornu.callbacks import _tensorboard_files as files
from cornu.callbacks.callback import Callback
from cornu.callbacks.learning_rate_scheduler import learning_rates_of
from cornu.core.errors import shorten
from cornu.serial.registry import export


@export("keras.callbacks.TensorBoard")
class TensorBoard(Callback):
    """Writes what TensorBoard shows. Needs the package `tensorboardX`; TensorFlow is not needed.

    `log_dir/train` gets `epoch_loss` and so on, `log_dir/validation` the same of the validation
    and, after each evaluation, `evaluation_loss_vs_iterations`. View them with
    `tensorboard --logdir LOG_DIR`.

    Args:
        log_dir: folder; each training should have one of its own.
        histogram_freq: after every so many epochs, a histogram of each weight is written; 0 for
            never.
        write_graph: whether the model's graph of layers is written.
        write_images: whether weights are written as images too, along with their histograms.
        write_steps_per_second: whether `epoch_steps_per_second` is written (and
            `batch_steps_per_second`, where batches are).
        update_freq: `"epoch"`, or `"batch"` or a number of batches, after which `batch_loss` and so
            on are written.
        profile_batch: number of the batch to profile, counted from 1 over all epochs, or a pair of
            the first and the last; 0 for none.
        embeddings_freq: after every so many epochs, the matrices of embedding layers are written
            for the projector; 0 for never.
        embeddings_metadata: file of labels, one line for each row of the matrix; or a dict from
            names of layers to such files.

    Raises:
        ImportError: when training or evaluation begins, if `tensorboardX` is not installed.
        ValueError: for another `update_freq` or `profile_batch`; for `embeddings_metadata` of
            layers that do not exist.

    Example:
        >>> import cornu
        >>> board = cornu.callbacks.TensorBoard("logs", histogram_freq=1)
    """

    state_names = ("_train_step", "_epoch")

    def __init__(
        self,
        log_dir="logs",
        histogram_freq=0,
        write_graph=True,
        write_images=False,
        write_steps_per_second=False,
        update_freq="epoch",
        profile_batch=0,
        embeddings_freq=0,
        embeddings_metadata=None,
    ):
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._start_batch, self._stop_batch = _profiled(profile_batch)
        self._check_update_freq()
        self._writers = {}
        self._graph_written = False
        self._profiling = False
        self._train_step = self._epoch = self._test_step = 0
        self._in_training = False
        self._ask_for_batches()

    def _check_update_freq(self):
        often = self.update_freq
        if often != "epoch" and (not isinstance(often, numbers.Integral) or often < 1):
            raise ValueError(
                "`update_freq` must be 'epoch', 'batch' or a number of batches. Received: "
                f"update_freq={often!r}"
            )

    def _ask_for_batches(self):
        # Attributes, so that writing by epochs does not ask for every batch.
        if self._start_batch:
            self.on_train_batch_begin = self._before_batch
        if self._start_batch or self.update_freq != "epoch":
            self.on_train_batch_end = self._after_batch

    @property
    def summary(self):
        """The `tensorboardX.SummaryWriter` of the training's files."""
        return self._writer("train")

    def _writer(self, name):
        if name not in self._writers:
            self._writers[name] = files.Writer(os.path.join(self.log_dir, name))
        return self._writers[name]

    def set_model(self, model):
        super().set_model(model)
        self._graph_written = False
        self._check_metadata()

    def _check_metadata(self):
        wanted = self.embeddings_metadata
        if not self.embeddings_freq or not isinstance(wanted, dict):
            return
        names = {layer.name for layer in self._embedding_layers()}
        unknown = sorted(set(wanted) - names)
        if unknown:
            raise ValueError(
                "Unrecognized `Embedding` layer names passed to `keras.callbacks.TensorBoard` "
                f"`embeddings_metadata` argument: {shorten(unknown)}. The model has "
                f"{shorten(sorted(names))}."
            )

    def _embedding_layers(self):
        return [layer for layer in self.model.layers if hasattr(layer, "embeddings")]

    # --- events -----------------------------------------------------------------------------------

    def on_train_begin(self, logs=None):
        if self._begins_anew():
            self._train_step = self._epoch = 0
        self._in_training = True
        if self.write_graph and not self._graph_written:
            self._writer("train").model(self.model)
            self._graph_written = True

    def on_train_end(self, logs=None):
        self._stop_profile()
        self._in_training = False
        self._close()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        self._steps_at_start, self._started = self._iterations(), time.perf_counter()

    def on_epoch_resume(self, epoch, batch):
        self.on_epoch_begin(epoch, {})

    def _collect_learning_rate(self, logs):
        """`logs` with the learning rates of the optimizers that have one."""
        optimizer = getattr(self.model, "optimizer", None)
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        if not (hasattr(optimizer, "learning_rate") or getattr(inner, "optimizers", None)):
            return logs
        return {**learning_rates_of(self.model), **logs}

    def on_epoch_end(self, epoch, logs=None):
        logs = {} if logs is None else dict(logs.items())
        if self.write_steps_per_second:
            steps = self._iterations() - self._steps_at_start
            logs["steps_per_second"] = steps / (time.perf_counter() - self._started)
        logs = self._collect_learning_rate(logs)
        for name, value in logs.items():
            run = "validation" if name.startswith("val_") else "train"
            self._writer(run).scalar(f"epoch_{name.removeprefix('val_')}", value, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            self._write_embeddings(epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_test_end(self, logs=None):
        step = self._iterations()
        for name, value in ({} if logs is None else logs).items():
            self._writer("validation").scalar(f"evaluation_{name}_vs_iterations", value, step)
        if not self._in_training:
            self._close()

    def _iterations(self):
        """Number of updates that the optimizer has done."""
        optimizer = getattr(self.model, "optimizer", None)
        return 0 if optimizer is None else int(np.asarray(optimizer.iterations))

    # --- batches ----------------------------------------------------------------------------------

    def _before_batch(self, batch, logs=None):
        if self._train_step + 1 == self._start_batch:
            engine.start_profile(self.log_dir)
            self._profiling = True

    def _after_batch(self, batch, logs=None):
        self._train_step += 1
        if self._profiling and self._train_step >= self._stop_batch:
            self._stop_profile()
        if self.update_freq == "epoch" or self._train_step % self.update_freq:
            return
        writer = self._writer("train")
        for name, value in ({} if logs is None else logs).items():
            writer.scalar(f"batch_{name}", value, self._train_step)
        if self.write_steps_per_second:
            rate = (batch + 1) / (time.perf_counter() - self._started)
            writer.scalar("batch_steps_per_second", rate, self._train_step)

    def _stop_profile(self):
        if self._profiling:
            engine.stop_profile()
            self._profiling = False

    # --- weights ----------------------------------------------------------------------------------

    def _write_weights(self, epoch):
        writer = self._writer("train")
        for layer in self.model.layers:
            for weight in layer.weights:
                name, values = weight.path.replace(":", "_"), np.asarray(weight.numpy(), "float32")
                writer.histogram(f"{name}/histogram", values, epoch)
                if self.write_images:
                    writer.weight_image(f"{name}/image", values, epoch)

    def _write_embeddings(self, epoch):
        for layer in self._embedding_layers():
            labels = self.embeddings_metadata
            labels = labels.get(layer.name) if isinstance(labels, dict) else labels
            matrix = np.asarray(layer.embeddings, "float32")
            self._writer("train").embedding(layer.name, matrix, labels, epoch)

    def _close(self):
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


def _profiled(profile_batch):
    """The first and the last batch to profile; 0 and 0 for none."""
    given = profile_batch
    if isinstance(given, str):
        given = [int(part) for part in given.split(",") if part.strip().isdigit()]
    pair = [given, given] if isinstance(given, numbers.Integral) else list(given)
    valid = len(pair) == 2 and all(isinstance(number, numbers.Integral) for number in pair)
    if not valid or not 0 <= pair[0] <= pair[1]:
        raise ValueError(
            "`profile_batch` must be a number of a batch, or a pair of the first and the last. "
            f"Received: profile_batch={profile_batch!r}"
        )
    return pair
