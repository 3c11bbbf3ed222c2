"""The training loop of all built-in runs: progress, checkpoints, and going on where one stopped."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

import autograd
from autograd.data import DataLoader, Subset
from autograd.io import load, save
from autograd.kernels.compiled.late import choose
from autograd.viz import History

from .run import Run, Split

QUICK_SAMPLES = 200


@dataclass(frozen=True)
class Settings:
    """How a run is trained. Two runs with equal settings end with equal weights, to the bit."""

    epochs: int
    batch_size: int | None
    lr: float
    seed: int = 0
    data: str | None = None
    quick: bool = False


class Interrupted(Exception):
    """Training was stopped by Ctrl-C, after saving a checkpoint."""


class Training:
    """A run under way.

    Its whole state is: the weights, the optimizer's state, the global random state, the random state with which the
    current epoch was shuffled, how many batches of the epoch are done, their sums, and the history. All of it is in a
    checkpoint.
    """

    def __init__(self, run: Run, settings: Settings, out: Path, events: Path | None = None) -> None:
        self.run, self.settings, self.out = run, settings, out
        autograd.manual_seed(settings.seed)
        self.split = _quick(run.data(settings.data)) if settings.quick else run.data(settings.data)
        self.model = run.model()
        self.optimizer = run.optimizer(self.model.parameters(), settings.lr)
        self.generator = autograd.Generator().manual_seed(settings.seed)
        size = settings.batch_size or len(self.split.train)  # type: ignore[arg-type]
        self.loader: DataLoader[Any] = DataLoader(self.split.train, size, shuffle=True, generator=self.generator)
        self.epoch_state = self.generator.get_state()
        self.epoch = self.step = 0
        self.sums = Sums()
        self.history = History(run.title, log_dir=events)

    # --- checkpoints --------------------------------------------------------------------------------------

    @property
    def checkpoint(self) -> Path:
        """Where the state is kept."""
        return self.out / "checkpoint.npz"

    def save(self) -> None:
        """Keep the state."""
        save({
            "run": self.run.name, "settings": asdict(self.settings), "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(), "random": autograd.get_rng_state(), "shuffled": self.epoch_state,
            "epoch": self.epoch, "step": self.step, "sums": asdict(self.sums), "history": self.history.records,
        }, self.checkpoint)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint's state."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        autograd.set_rng_state(state["random"])
        self.epoch_state = state["shuffled"]
        self.generator.set_state(self.epoch_state)
        self.epoch, self.step = state["epoch"], state["step"]
        self.history.extend(state["history"])
        self.sums = Sums(**state["sums"])

    # --- the loop -----------------------------------------------------------------------------------------

    def train(self) -> dict[str, float]:
        """Train to the last epoch; keep the weights and a picture of the curves.

        Returns:
            The last epoch's losses and metrics.

        Raises:
            Interrupted: Ctrl-C came; the state is kept.
        """
        steps = len(self.loader)
        with _bar(self.run.name, self.settings.epochs * steps, self.epoch * steps + self.step) as bar, \
                _stop() as stop, choose(self.run.kernels):
            while self.epoch < self.settings.epochs:
                self._epoch(bar, stop)
                every = max(1, self.settings.epochs // 20)
                if stop or self.epoch % every == 0 or self.epoch == self.settings.epochs:
                    self.save()
                    bar.write(f"epoch {self.epoch}/{self.settings.epochs}  {_text(self.history.records[-1])}")
                if stop:
                    raise Interrupted
        save(self.model.state_dict(), self.out / "weights.npz")
        self.history.save(self.out / "curves.png")
        self.history.close()
        return self.history.records[-1]

    def _epoch(self, bar: Any, stop: list[int]) -> None:
        """The rest of the current epoch, and the test."""
        self.model.train()
        for input, target in islice(self.loader, self.step, None):
            self.optimizer.zero_grad()
            output = self.model(self.run.augment(input))
            loss = self.run.loss(output, target)
            loss.backward()
            self.optimizer.step()
            self.step += 1
            self._count(self.sums, output, target, loss)
            means = _text(self.sums.means(), ", ")
            bar.set_postfix_str(f"epoch {self.epoch + 1}/{self.settings.epochs}, {means}", refresh=False)
            if bar.n == bar.initial:
                bar.unpause()  # the first step, in which kernels are compiled, says nothing of the others' time
            bar.update()
            if stop and self.step < len(self.loader):
                self.save()
                raise Interrupted
        test = self.test()
        self.history.add(self.sums.means() | {f"test {name}": value for name, value in test.items()})
        self.epoch, self.step, self.sums = self.epoch + 1, 0, Sums()
        self.epoch_state = self.generator.get_state()

    def test(self) -> dict[str, float]:
        """Loss and metric on the test set."""
        self.model.eval()
        sums = Sums()
        with autograd.no_grad():
            for input, target in DataLoader(self.split.test, 256, generator=autograd.Generator()):
                output = self.model(input)
                self._count(sums, output, target, self.run.loss(output, target))
        return sums.means()

    def _count(self, sums: Sums, output: Any, target: Any, loss: Any) -> None:
        sums.add(len(target), loss.item(), None if self.run.metric is None else self.run.metric(output, target))


@dataclass
class Sums:
    """Sums over samples of the loss and of right answers."""

    count: int = 0
    loss: float = 0.0
    right: int | None = None

    def add(self, count: int, mean_loss: float, right: int | None) -> None:
        self.count += count
        self.loss += mean_loss * count
        if right is not None:
            self.right = (self.right or 0) + right

    def means(self) -> dict[str, float]:
        """The mean loss and, where there are right answers, the accuracy."""
        means = {"loss": self.loss / self.count}
        return means if self.right is None else means | {"accuracy": self.right / self.count}


def _text(values: dict[str, float], separator: str = "  ") -> str:
    return separator.join(f"{name} {value:.4f}" for name, value in values.items())


def _quick(split: Split) -> Split:
    parts = [Subset(d, range(min(QUICK_SAMPLES, len(d)))) for d in (split.train, split.test)]  # type: ignore[arg-type]
    return Split(parts[0], parts[1], f"{split.source}, the first {QUICK_SAMPLES} of each")


def _bar(name: str, total: int, done: int) -> Any:
    from tqdm import tqdm
    # Where nobody watches, a line now and then will do.
    pause = 0.1 if sys.stderr.isatty() else 10.0
    return tqdm(total=total, initial=done, desc=name, unit="batch", dynamic_ncols=True, mininterval=pause)


@contextmanager
def _stop() -> Iterator[list[int]]:
    """A list that gets an entry when Ctrl-C comes, so that no step is left half done; a second one interrupts."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, before)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The state in a checkpoint.

    Raises:
        FileNotFoundError: there is none.
        RuntimeError: it is damaged, or another file.
    """
    try:
        state = load(path)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no checkpoint at {path}: train without --resume first, or name the folder "
                                "with --out") from None
    if not isinstance(state, dict) or not {"run", "settings", "model", "optimizer", "shuffled"} <= state.keys():
        raise RuntimeError(f"{path} is not a checkpoint of a training run")
    return state
