"""Which encoder a library uses: the one that made its vectors, adapted to it or not, else the one that is set.

Reads: what the library says of the encoder it was built with.  Gives: an Encoder, loaded once.

    HOME/encoder/DIGEST/   the bundled encoder as `kb adapt` fitted it to this library; DIGEST is its fingerprint's
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from kb.encoder.encode import BUNDLED, BUNDLED_ENGLISH
from kb.encoder.engine import for_many, open_bundled
from kb.encoder.foreign import lacks
from kb.encoder.trusted import open_named
from kb.errors import SettingError
from kb.types import Encoder, EncoderRecord


class LibraryEncoder:
    """The encoder of one library. One object may be used from several threads."""

    def __init__(self, home: Path, chosen: str | Encoder | None, engine: str, *, is_asked: bool = True,
                 may_fetch: bool = False) -> None:
        """chosen: a name, an object with the members of Encoder, or None for the one the library was built with.
        is_asked: the user named it, not the library's own file.  may_fetch: then it may come from the hub.

        engine: what runs the bundled one (Settings.engine). Errors: SettingError for an object that lacks a member.
        """
        self.folder = home / "encoder"
        self._is_asked, self._may_fetch = is_asked, may_fetch
        self._given = None if chosen is None or isinstance(chosen, str) else checked(chosen)
        self._name = chosen if isinstance(chosen, str) else None
        self._engine = engine
        self._lock = threading.Lock()
        self._loaded: tuple[tuple[str, str | None], Encoder] | None = None

    def name(self, saved: EncoderRecord | None) -> str:
        """What is used: the object's name, the setting, or what the library remembers. saved: None for an empty one."""
        if self._given is not None:
            return self._given.name
        return self._name or (self._remembered(saved) if saved else BUNDLED)

    def of(self, saved: EncoderRecord | None) -> Encoder:
        """The encoder for questions to a library that was built with `saved`. Errors: EncoderError, SettingError."""
        if self._given is not None:
            return self._given
        with self._lock:
            name = self.name(saved)
            source = (name, saved.fingerprint if saved and name == BUNDLED else None)
            if self._loaded is None or self._loaded[0] != source:
                self._loaded = source, self._open(name, saved)
            return self._loaded[1]

    def for_adding(self, saved: EncoderRecord | None) -> Encoder:
        """The encoder for many passages: of the same vectors, on another engine if that is set."""
        return for_many(self.of(saved), self._engine)

    def for_reindexing(self, saved: EncoderRecord | None) -> Encoder:
        """The encoder that is to make all vectors again, whichever kind of it made them before."""
        if self.name(saved) != BUNDLED:
            return self.for_adding(saved)
        return for_many(open_bundled(self._engine, self.adapted(saved)), self._engine)

    def _open(self, name: str, saved: EncoderRecord | None) -> Encoder:
        if name != BUNDLED:
            is_asked = self._is_asked and self._name is not None
            return open_named(name, self.folder.parent, is_asked=is_asked, may_fetch=is_asked and self._may_fetch)
        return open_bundled(self._engine, self.adapted(saved), saved.fingerprint if saved else None)

    def _remembered(self, saved: EncoderRecord) -> str:
        if saved.fingerprint.startswith("all-MiniLM-L6-v2+zh") and self._home_of(saved.fingerprint).is_dir():
            return BUNDLED  # its name is that of the folder, which may have moved with the library
        # Libraries made before the English one had a name of its own say "bundled" of both.
        is_english = saved.name == BUNDLED and saved.fingerprint.startswith("all-MiniLM-L6-v2:")
        return BUNDLED_ENGLISH if is_english else saved.name

    # --- adapted to this library

    def adapted(self, saved: EncoderRecord | None) -> Path | None:
        """Where the adapted encoder is that made the vectors; None if another did.

        Which one made them is for the database to say, so that a cut adaptation can leave no mixture.
        """
        if saved is None or self.name(saved) != BUNDLED:
            return None
        folder = self._home_of(saved.fingerprint)
        return folder if folder.is_dir() else None

    def adopt(self, folder: Path, fingerprint: str, saved: EncoderRecord | None) -> tuple[Path, Encoder]:
        """Moves what `adapt` wrote to its place; gives that and the encoder for many passages."""
        place = folder.replace(self._home_of(fingerprint))
        kind = saved.fingerprint if saved else None
        return place, for_many(open_bundled(self._engine, place, kind), self._engine)

    def shipped(self, saved: EncoderRecord | None) -> Encoder:
        """The bundled encoder as it is shipped, for many passages."""
        return for_many(open_bundled(self._engine, None, saved.fingerprint if saved else None), self._engine)

    def forget(self, keep: Path | None) -> None:
        """Deletes all adapted encoders of this library but one."""
        for folder in self.folder.glob("*"):
            if folder != keep:
                shutil.rmtree(folder)

    def _home_of(self, fingerprint: str) -> Path:
        return self.folder / fingerprint.rpartition(":")[2]


def checked(encoder: object) -> Encoder:
    """The object, if it has the members of Encoder. Errors: SettingError E_ENCODER_OBJECT with what it lacks."""
    if lacking := lacks(encoder):
        raise SettingError("E_ENCODER_OBJECT", kind=type(encoder).__name__, lacking=", ".join(lacking))
    return encoder  # type: ignore[return-value]
