"""The training loop: the one that distillation, adaptation and every lab that trains go through.

    for epoch, for batch:   rate -> loss -> backward -> clip -> step       stop, diverge, tell, save
    after each epoch:       evaluate, and keep the best

Reads: batches, and the loss of one.  Gives: the parameters, trained in place, and what it came to.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kb.errors import DataError
from kb.outside import read_object

if TYPE_CHECKING:
    import torch

Batch = TypeVar("Batch")


@dataclass(slots=True)
class Count:
    """How far a training is. epoch: finished ones; step: taken in the present one; total: sum of its losses; losses:
    the mean of each finished epoch; seconds: of training, those before a kill included."""

    epoch: int = 0
    step: int = 0
    total: float = 0.0
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken. number: from 1, of n_steps; loss: of its batch; mean_loss: of the epoch so far."""

    number: int
    n_steps: int
    loss: float
    mean_loss: float


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to. losses: the mean of each epoch; best_epoch: the one that was kept, from 1; 0 if none was
    evaluated."""

    steps: int
    losses: tuple[float, ...]
    seconds: float
    best_epoch: int


def train(batches_of: Callable[[int], Sequence[Batch]], loss_of: Callable[[Batch], torch.Tensor],
          parameters: Sequence[torch.Tensor], optimisers: Sequence[torch.optim.Optimizer], *, epochs: int,
          pace: Callable[[int, int], float], clip: float | None = None, should_stop: Callable[[], bool] = lambda: False,
          on_step: Callable[[Step], None] = lambda step: None,
          evaluate: Callable[[int, int], float] | None = None, checkpoint: Checkpoint | None = None) -> Trained:
    """Minimise loss_of over the batches of each epoch; leaves the parameters as they are at the end, or at their best.

    batches_of: epoch from 0 -> its batches, as many in every epoch. pace: (steps taken, steps in all) -> the share of
    the optimisers' own rates for the next step. clip: the greatest norm of the gradients together. should_stop: asked
    before each step. evaluate: (epoch from 1, steps taken) -> what is to be highest; asked after each epoch, one that
    was stopped included, and the best parameters are put back. checkpoint: where a killed training goes on.
    Errors: DataError D_DIVERGED for a loss that is no number; the parameters are then the best so far.
    """
    rates = [[group["lr"] for group in optimiser.param_groups] for optimiser in optimisers]
    count = checkpoint.resume(parameters, optimisers) if checkpoint else Count()
    best = Best(parameters) if evaluate else None
    n_taken, is_stopped = 0, False
    clock = time.monotonic() - count.seconds
    while count.epoch < epochs and not is_stopped:
        batches = batches_of(count.epoch)
        for batch in batches[count.step :]:
            is_stopped = should_stop()
            if is_stopped:
                break
            n_taken, n_steps = count.epoch * len(batches) + count.step, epochs * len(batches)
            set_rates(optimisers, rates, pace(n_taken, n_steps))
            loss = loss_of(batch)
            value = float(loss.detach())
            if not math.isfinite(value):
                if best:
                    best.put_back()
                raise DataError("D_DIVERGED", step=n_taken + 1, rate=rates[0][0])
            descend(loss, parameters, optimisers, clip)
            count.total, count.step, n_taken = count.total + value, count.step + 1, n_taken + 1
            on_step(Step(n_taken, n_steps, value, count.total / count.step))
            count.seconds = time.monotonic() - clock
            if checkpoint and checkpoint.is_due(count.seconds, is_last=count.step == len(batches)):
                checkpoint.save(parameters, optimisers, count)
        if best and evaluate:
            best.keep(evaluate(count.epoch + 1, n_taken), count.epoch + 1)
        count.losses.append(count.total / max(1, count.step))
        count.epoch, count.step, count.total = count.epoch + 1, 0, 0.0
    if best:
        best.put_back()
    return Trained(n_taken, tuple(count.losses), time.monotonic() - clock, best.epoch if best else 0)


def set_rates(optimisers: Sequence[torch.optim.Optimizer], rates: Sequence[Sequence[float]], share: float) -> None:
    """Every group of every optimiser learns at this share of its own rate."""
    for optimiser, own in zip(optimisers, rates, strict=True):
        for group, rate in zip(optimiser.param_groups, own, strict=True):
            group["lr"] = rate * share


def descend(loss: torch.Tensor, parameters: Sequence[torch.Tensor], optimisers: Sequence[torch.optim.Optimizer],
            clip: float | None) -> None:
    """One step down the gradient of the loss."""
    import torch

    for optimiser in optimisers:
        optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if clip is not None:
        torch.nn.utils.clip_grad_norm_(parameters, clip)
    for optimiser in optimisers:
        optimiser.step()


class Best:
    """The parameters as they were after the best epoch; as they began, while there is none."""

    def __init__(self, parameters: Sequence[torch.Tensor]) -> None:
        self.parameters, self.value, self.epoch = parameters, -math.inf, 0
        self.kept = self._copies()

    def keep(self, value: float, epoch: int) -> None:
        """Keeps the present ones if the value is higher than any before."""
        if value > self.value:
            self.value, self.epoch, self.kept = value, epoch, self._copies()

    def put_back(self) -> None:
        for parameter, kept in zip(self.parameters, self.kept, strict=True):
            parameter.data.copy_(kept)

    def _copies(self) -> list[torch.Tensor]:
        return [parameter.detach().clone() for parameter in self.parameters]


class Checkpoint:
    """A file that a killed training goes on from: the parameters, both moments of each, and the count.

    every: seconds between two writings; the end of an epoch is always written. One safetensors file, renamed into
    place. A count that training was started with belongs to the same batches in the same order.
    """

    def __init__(self, path: Path, every: float = 120.0) -> None:
        self.path, self.every = path, every
        self._saved_at = 0.0

    def is_due(self, seconds: float, *, is_last: bool) -> bool:
        """Whether to write now, `seconds` into the training."""
        return is_last or seconds - self._saved_at > self.every

    def save(self, parameters: Sequence[torch.Tensor], optimisers: Sequence[torch.optim.Optimizer],
             count: Count) -> None:
        from safetensors.torch import save_file

        tensors = {f"parameter.{i}": parameter.detach().contiguous() for i, parameter in enumerate(parameters)}
        for n, optimiser in enumerate(optimisers):
            for i, state in optimiser.state_dict()["state"].items():
                tensors |= {f"{n}.{i}.{name}": _tensor(value) for name, value in state.items()}
        part = self.path.with_suffix(".part")
        save_file(tensors, part, {"counts": json.dumps(asdict(count))})
        part.replace(self.path)
        self._saved_at = count.seconds

    def resume(self, parameters: Sequence[torch.Tensor], optimisers: Sequence[torch.optim.Optimizer]) -> Count:
        """Puts everything back as it was saved; a fresh count where nothing was."""
        from safetensors import safe_open

        if not self.path.exists():
            return Count()
        with safe_open(self.path, "pt") as file:
            for i, parameter in enumerate(parameters):
                parameter.data.copy_(file.get_tensor(f"parameter.{i}"))
            for n, optimiser in enumerate(optimisers):
                states = {key: file.get_tensor(key) for key in file.keys() if key.startswith(f"{n}.")}  # noqa: SIM118
                _load_state(optimiser, states)
            count = Count(**read_object(file.metadata()["counts"]))
        self._saved_at = count.seconds
        return count


def _load_state(optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """tensors: "OPTIMISER.PARAMETER.NAME" -> value, as `Checkpoint.save` names them."""
    import torch

    saved = optimiser.state_dict()
    for key, value in tensors.items():
        _, i, name = key.split(".")
        # SparseAdam counts its steps in a plain number, AdamW in a tensor.
        is_plain = name == "step" and isinstance(optimiser, torch.optim.SparseAdam)
        saved["state"].setdefault(int(i), {})[name] = int(value) if is_plain else value
    optimiser.load_state_dict(saved)


def _tensor(value: Any) -> torch.Tensor:
    import torch

    return value.detach().contiguous() if isinstance(value, torch.Tensor) else torch.tensor(value)
