"""Which trained reader reads on this machine: six layers, or three where six would take too long.

Reads: Settings.reader, and how long six layers take here, measured once.  Gives: a TrainedReader with the bundled
encoder's rows, loaded once per process.
"""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from kb.encoder.cross_encoder import TrainedReader
from kb.encoder.encode import BundledEncoder
from kb.encoder.engine import EngineEncoder, open_bundled
from kb.encoder.graph import Kind
from kb.errors import SettingError
from kb.messages import one_of
from kb.text import statements
from kb.types import Candidate, Encoder, Words

Choice = Literal["auto", "six", "three", "off"]
READERS = Path(__file__).resolve().parents[1] / "data" / "reader"
MOST_MS = 150  # that a question may cost of one core
_SAMPLE = ("A method that adds low-rank matrices to each layer is trained on a tenth of the parameters. " * 14).strip()
_N_SAMPLES, _N_READ, _N_TURNS = 2, 6, 3  # passages that are read to measure, that a question reads, times
_N_MEASURED = 5  # starts at which it is measured, where it is too much
_MEASURED: set[tuple[str, str]] = set()  # in this process


def reader_beside(choice: str, encoder: Encoder) -> TrainedReader | None:
    """What reads for a library with this encoder; None where nothing does: "off", or "auto" beside an encoder that is
    not the bundled one, with which its support was fitted.

    Errors: SettingError for a name that is none of Choice; EncoderError E_CROSS_ENCODER for damaged weights.
    """
    if not is_used(choice, encoder):
        return None
    kind = kind_beside(encoder)
    if choice != "auto":
        return open_reader(choice, kind)
    six = open_reader("six", kind)
    return six if milliseconds(six) <= MOST_MS else open_reader("three", kind)


def is_used(choice: str, encoder: Encoder) -> bool:
    """Whether any reader reads beside this encoder. Errors: SettingError for a name that is none of Choice."""
    if choice not in get_args(Choice):
        raise SettingError("E_SETTING", name="reader", value=choice, detail=one_of(get_args(Choice)))
    return choice != "off" and (choice != "auto" or isinstance(encoder, BundledEncoder))


def kind_beside(encoder: Encoder) -> Kind:
    """The kind of numbers that a reader beside this encoder has."""
    return encoder.kind if isinstance(encoder, EngineEncoder) else "fp32"  # the same answers on every machine


@lru_cache(maxsize=4)
def open_reader(name: str, kind: Kind) -> TrainedReader:
    """The reader of "six" or "three" layers. Errors: EncoderError E_CROSS_ENCODER for damaged weights."""
    encoder = open_bundled(kind)
    assert isinstance(encoder, EngineEncoder)
    return TrainedReader(READERS / name, encoder, kind)


def milliseconds(reader: TrainedReader) -> float:
    """Of one core, for a question of usual passages; measured on this machine, and kept. A busy machine takes twice as
    long: where it is too much, it is measured again at the next starts, and the least of _N_MEASURED counts."""
    card = reader.cache.card()
    known = card.get("milliseconds", {}).get(reader.kind)
    times = card.get("measured", {}).get(reader.kind, 0)
    key = (str(reader.folder), reader.kind)
    if known is None or (known > MOST_MS and times < _N_MEASURED and key not in _MEASURED):
        _MEASURED.add(key)
        took = _measured(reader)
        known = took if known is None else min(known, took)
        reader.cache.record("milliseconds", {reader.kind: known})
        reader.cache.record("measured", {reader.kind: times + 1})
    found: float = known
    return found


def _measured(reader: TrainedReader) -> float:
    sample = [Candidate("", (), _SAMPLE, statements(_SAMPLE))] * _N_SAMPLES
    reader.score("What is trained?", sample)
    took = []
    for _ in range(_N_TURNS):
        start = time.thread_time()
        reader.score("What is trained?", sample)
        took.append(time.thread_time() - start)
    return round(1000 * min(took) * _N_READ / _N_SAMPLES, 1)


def describe(reader: TrainedReader) -> Words:
    """For `kb doctor`."""
    took = f"{milliseconds(reader):.0f}"
    return Words(f"{reader.n_layers} layers, {reader.kind}, {took} ms of one core for a question",
                 f"{reader.n_layers} 层，{reader.kind}，每个问题占用单核 {took} 毫秒")
