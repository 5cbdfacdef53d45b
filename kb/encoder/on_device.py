"""The bundled encoder on a graphics processor, for nodes that have one: BundledEncoder's own arithmetic in fp32."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kb.encoder import encode, vocabulary
from kb.encoder.encode import BundledEncoder, bert_states, mean_of_states, pad, token_batches
from kb.encoder.vocabulary import Vocabulary
from kb.types import Vectors

if TYPE_CHECKING:
    import torch

_BATCH_TOKENS = 32_768  # of a batch: what is small keeps such a processor waiting


def open_on_gpu(folder: Path | None) -> DeviceEncoder | None:
    """The bundled encoder, with the shipped vocabulary or the one in `folder`, on the graphics processor that torch
    sees; None if it sees none."""
    import torch

    return open_on_device("cuda", folder) if torch.cuda.is_available() else None


def open_on_device(device: str, folder: Path | None = None) -> DeviceEncoder:
    """The same on any device that torch has."""
    return DeviceEncoder(device, encode.minilm_folder(), vocabulary.load(folder or encode.VOCABULARY))


class DeviceEncoder(BundledEncoder):
    """BundledEncoder whose layers run on a device; the vectors come back. fp32 throughout (torch multiplies in TF32
    only where it is asked to), so they are those of the processor to 1e-5."""

    def __init__(self, device: str, folder: Path, chinese: Vocabulary | None = None) -> None:
        super().__init__(folder, chinese)
        self._device = device

    @cached_property
    def _on_device(self) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
        """As `_weights_for`; what both kinds of texts share is there once."""
        moved: dict[int, torch.Tensor] = {}

        def move(tensor: torch.Tensor) -> torch.Tensor:
            if id(tensor) not in moved:
                moved[id(tensor)] = tensor.to(self._device)
            return moved[id(tensor)]

        english, chinese = self._weights_for
        return ({name: move(tensor) for name, tensor in english.items()},
                {name: move(tensor) for name, tensor in chinese.items()})

    def forward_states(self, rows: Sequence[Sequence[int]], is_chinese: bool) -> tuple[Vectors, Vectors]:
        """As BundledEncoder's."""
        import torch

        with torch.inference_mode():
            weights = self._on_device[is_chinese]
            tokens, mask = (tensor.to(self._device) for tensor in pad(rows))
            states = bert_states(weights, self.config, weights["embeddings.word_embeddings.weight"][tokens], mask)
            return mean_of_states(states, mask).cpu().numpy(), states.cpu().numpy()

    def _grouped(self, lengths: Sequence[int]) -> list[list[int]]:
        return token_batches(lengths, _BATCH_TOKENS)
