"""Threads and processes that make the batches of a `PyDataset`, in order."""

import contextlib
import contextvars
import itertools
import multiprocessing
import os
import pickle
import signal
import time
import traceback
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from multiprocessing import connection
from multiprocessing.reduction import ForkingPickler

TASKS = 2  # batches that a process is asked for at a time: one to make, one to go on with
GRACE = 0.5  # seconds in which a process may end by itself
POLL = 0.2  # seconds between two looks at whether batches are still wanted


class WorkerDiedError(RuntimeError):
    """A process that makes batches ended unexpectedly."""


def by_threads(dataset, order, workers):
    """Batches in the order of their numbers, made by threads.

    Args:
        dataset: gives batches by number.
        order: iterator over numbers.
        workers: number of threads.
    """
    under_way = deque()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="cornu-data")
    try:
        while True:
            for index in itertools.islice(order, workers - len(under_way)):
                run = contextvars.copy_context().run
                under_way.append(executor.submit(run, dataset.__getitem__, index))
            if not under_way:
                return
            yield under_way.popleft().result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


class Worker:
    """One process, and the numbers of the batches that it was asked for.

    Args:
        number: from 0.
    """

    def __init__(self, number):
        self.number = number
        self.asked = deque()
        self.ready = False
        # A new interpreter: a forked copy of a process in which JAX runs threads may lock up.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=serve, args=(theirs,), name=f"cornu-data-{number}", daemon=True
        )
        with _on_the_processor(), _without_interrupts():
            self.process.start()
        theirs.close()

    def send(self, *message):
        """Send a message; that nobody is there to read it shows when an answer is waited for."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send(message)

    def stop(self, deadline):
        """End the process, by force after the deadline."""
        self.connection.close()
        self.process.join(max(0.0, deadline - time.monotonic()))
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(GRACE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


class ProcessPool:
    """Processes that make batches; they live until `close`, over several epochs.

    Args:
        dataset: gives batches by number; each process has a copy of it.
        workers: number of processes.
    """

    def __init__(self, dataset, workers):
        self.dataset = dataset
        self._digest = None  # of the dataset as the processes have it
        self.workers = []
        try:
            for number in range(workers):
                self.workers.append(Worker(number))
        except BaseException:
            self.close()
            raise

    def batches(self, order, ahead, is_wanted):
        """Batches in the order of their numbers.

        Args:
            order: iterator over numbers.
            ahead: how many batches may be under way.
            is_wanted: `() -> bool`, asked now and then while there is nothing to do but wait.
        """
        self._drain(is_wanted)
        self._share()
        tasks = zip(itertools.count(), order, strict=False)
        made, next_place, under_way = {}, 0, 0
        while is_wanted():
            under_way += self._ask(tasks, ahead - under_way)
            if not under_way:
                return
            while next_place not in made:
                found = self._answer(is_wanted)
                if found is None:
                    return
                made[found[0]] = found[1:]
            batch, error = made.pop(next_place)
            next_place, under_way = next_place + 1, under_way - 1
            if error is not None:
                raise error
            yield batch

    def _ask(self, tasks, room):
        """Hand out tasks to those with the fewest; returns how many."""
        given = 0
        while given < room:
            worker = min(self.workers, key=lambda each: len(each.asked))
            task = next(tasks, None) if len(worker.asked) < TASKS else None
            if task is None:
                break
            place, index = task
            worker.asked.append((place, index))
            worker.send("batch", place, int(index))
            given += 1
        return given

    def _answer(self, is_wanted):
        """`(place, batch, error)` of the next batch that is made; None if none is wanted.

        Raises:
            WorkerDiedError: if a process ended.
        """
        while is_wanted():
            handles = {worker.connection: worker for worker in self.workers}
            for handle in connection.wait(list(handles), timeout=POLL):
                worker = handles[handle]
                try:
                    kind, place, content, trace = handle.recv()
                except (EOFError, ConnectionResetError):
                    raise self._died(worker) from None
                worker.ready = True
                if kind == "ready":
                    continue
                if kind == "error":
                    content.add_note(f"Raised in the process {worker.number} of data:\n{trace}")
                if kind == "unfit":
                    raise content
                worker.asked.popleft()
                return (place, None, content) if kind == "error" else (place, content, None)
        return None

    def _drain(self, is_wanted):
        """Take and drop what an epoch that was left early had asked for."""
        while any(worker.asked for worker in self.workers):
            if self._answer(is_wanted) is None:
                return

    def _share(self):
        """Send the dataset to the processes unless they have it as it is now."""
        try:
            content = bytes(ForkingPickler.dumps(self.dataset))
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                f"The {type(self.dataset).__name__} can't be sent to other processes: {error}. Keep"
                " what can't be pickled out of it, or use threads: `use_multiprocessing=False`."
            ) from error
        digest = blake2b(content).digest()
        if digest != self._digest:
            for worker in self.workers:
                worker.send("dataset", content, None)
            self._digest = digest

    def _died(self, worker):
        worker.process.join(GRACE)
        code = worker.process.exitcode
        name = type(self.dataset).__name__
        if worker.asked and worker.ready:
            when = f"while it made batch {worker.asked[0][1]}"
        else:
            when = (
                "while it started. A script that uses processes must keep what it runs under"
                " `if __name__ == '__main__':`, since each process imports it"
            )
        return WorkerDiedError(
            f"Process {worker.number} of the {name} ended with exit code {code}{_meaning(code)}"
            f" {when}. Its own output may say more; `use_multiprocessing=False` makes batches here."
        )

    def close(self):
        """End all processes."""
        workers, self.workers = self.workers, []
        deadline = time.monotonic() + GRACE
        for worker in workers:
            worker.stop(deadline)


def _meaning(code):
    if code is None or code >= 0:
        return ""
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f" ({name}{', often for want of memory' if name == 'SIGKILL' else ''})"


@contextlib.contextmanager
def _on_the_processor():
    """Have new processes compute on the CPU: the accelerator's memory belongs to this one."""
    before = os.environ.get("JAX_PLATFORMS")
    os.environ["JAX_PLATFORMS"] = "cpu"
    try:
        yield
    finally:
        if before is None:
            del os.environ["JAX_PLATFORMS"]
        else:
            os.environ["JAX_PLATFORMS"] = before


@contextlib.contextmanager
def _without_interrupts():
    """Ctrl-C in a terminal goes to all processes: new ones take no notice, not even while they
    import what they need; who asked for them ends them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve(link):
    """What a process does: answer messages until nobody sends any.

    Args:
        link: connection to the process that asks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all; who asked ends this one
    with contextlib.suppress(EOFError, ConnectionError):  # nobody asks any more
        _answer_all(link)


def _answer_all(link):
    dataset = None
    while True:
        kind, content, index = link.recv()
        if kind == "dataset":
            try:
                dataset = pickle.loads(content)
            except Exception as error:
                link.send(("unfit", None, _unfit(error), None))
                return
            link.send(("ready", None, None, None))
        else:
            link.send_bytes(_made(dataset, content, index))


def _made(dataset, place, index):
    """The message with a batch, or with the exception that it ended in."""
    try:
        return ForkingPickler.dumps(("batch", place, dataset[index], None))
    except Exception as error:
        trace = traceback.format_exc()[-1500:]
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an exception that can't travel: its text does
            error = RuntimeError(f"{type(error).__name__}: {error}")
        return ForkingPickler.dumps(("error", place, error, trace))


def _unfit(error):
    return WorkerDiedError(
        f"A process can't load the dataset ({type(error).__name__}: {error}). Its class must stand"
        " in a module that can be imported, or in the main script outside of any function."
    )
