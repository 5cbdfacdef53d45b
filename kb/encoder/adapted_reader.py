"""Which trained reader a library uses: its own, which `kb adapt --reader` fitted to it, else one that is shipped.

    HOME/reader/adapted/      in use
    HOME/reader/new-DIGEST/   in training; DIGEST stands for questions, library and recipe
"""

from __future__ import annotations

import logging
import shutil
from functools import lru_cache
from pathlib import Path
from typing import cast

from kb.encoder.cross_encoder import TrainedReader
from kb.encoder.engine import EngineEncoder, open_bundled
from kb.encoder.graph import Kind
from kb.encoder.open_reader import is_used, kind_beside, reader_beside
from kb.errors import EncoderError
from kb.types import Encoder

log = logging.getLogger(__name__)


class LibraryReader:
    """The trained reader of one library. choice: Settings.reader."""

    def __init__(self, home: Path, choice: str) -> None:
        self.folder, self._choice = home / "reader", choice

    @property
    def is_adapted(self) -> bool:
        """Whether this library has a reader of its own, sound or not."""
        return self._place.is_dir()

    def beside(self, encoder: Encoder) -> TrainedReader | None:
        """What reads for a library with this encoder: its own, else the shipped one where its own is damaged or has
        not as many layers as are set; None where nothing does. Errors: SettingError, EncoderError E_CROSS_ENCODER."""
        try:
            return self.adapted(encoder) or self.shipped(encoder)
        except EncoderError as error:
            if error.code != "E_ADAPTED_READER":
                raise
            log.warning("%s", error)
            return self.shipped(encoder)

    def shipped(self, encoder: Encoder) -> TrainedReader | None:
        """The shipped one that is used here. Errors: as `beside`."""
        return reader_beside(self._choice, encoder)

    def adapted(self, encoder: Encoder) -> TrainedReader | None:
        """This library's own, if it is to be used. Errors: SettingError, EncoderError E_ADAPTED_READER if it is
        damaged."""
        if not is_used(self._choice, encoder) or not self.is_adapted:
            return None
        try:
            found = _opened(self._place, _state(self._place), kind_beside(encoder))
        except (EncoderError, OSError) as error:
            raise EncoderError("E_ADAPTED_READER", path=self._place, detail=str(error)) from error
        layers = {"six": 6, "three": 3}.get(self._choice, found.n_layers)
        return found if found.n_layers == layers else None

    # --- made and undone

    def adopt(self, folder: Path) -> None:
        """Has the library use the reader in this folder, which is inside its own, from now on. Between the two moves
        the shipped one answers."""
        old = self.folder / "old"
        shutil.rmtree(old, ignore_errors=True)
        if self.is_adapted:
            self._place.replace(old)
        folder.replace(self._place)
        self.forget_others()

    def forget_others(self, keep: str = "") -> None:
        """Deletes what is not in use: earlier readers, trainings that were begun; but one."""
        for path in self.folder.glob("*"):
            if path != self._place and path.name != keep:
                shutil.rmtree(path)

    def forget(self) -> bool:
        """Deletes everything that was fitted to this library; whether it had a reader of its own."""
        had_one = self.is_adapted
        shutil.rmtree(self.folder, ignore_errors=True)
        return had_one

    @property
    def _place(self) -> Path:
        return self.folder / "adapted"


def _state(folder: Path) -> tuple[int, ...]:
    """Changes whenever the reader's files do. Errors: OSError where one is missing."""
    found = [(folder / name).stat() for name in ("card.json", "reader.safetensors")]
    return tuple(value for s in found for value in (s.st_ino, s.st_size, s.st_mtime_ns))


@lru_cache(maxsize=2)
def _opened(folder: Path, state: tuple[int, ...], kind: Kind) -> TrainedReader:
    return TrainedReader(folder, cast(EngineEncoder, open_bundled(kind)), kind)
