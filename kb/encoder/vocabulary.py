"""The Chinese vocabulary of the bundled encoder: which tokens, and one row of the embedding table for each.

Reads: a dictionary (CC-CEDICT's format) and word frequencies.  Gives: Vocabulary, and the folder it is shipped in.
Next: encode.py looks a Chinese token's row up where it looks an English token's up in the model's own table.

A folder holds three files:
    rows.safetensors   rows int8 [n, d], scale float32 [n]: row i of the table is rows[i] * scale[i];
                       delta.* and shared.* float16: low-rank changes of the layers, for Chinese text or for all
    tokens.tsv         token TAB row, one per line: 漢語 and 汉语 are two tokens of one row
    card.json          what it was made from and how, its scores, the sha-256 of the other two files
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.encoder.digests import file_sha256
from kb.errors import DataError, EncoderError
from kb.outside import LARGEST, read_file, read_object
from kb.types import Words

# A Chinese mark and the ASCII mark whose row it starts from. Marks that English text has too (“ ” — …) stay as they
# are.
PUNCTUATION = dict(zip("，。？！：；（）、《》「」『』【】", ",.?!:;(),\"\"\"\"\"\"[]", strict=True))
_ENTRY = re.compile(r"(\S+) (\S+) \[([^\]]*)\] /(.+)/\s*$")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_REFERENCE = re.compile(r"[^\s,;|]*\|?[^\s,;|\[]*\[[^\]]*\]")  # 漢語|汉语[Han4 yu3]
_NOT_A_MEANING = re.compile(
    r"CL:|Taiwan pr\.|also pr\.|Mainland pr\.|\(?onom|variant of|old variant|see also|see \S|used in |also written",
    re.I)
_NAME_SHARE = 0.2  # a surname or a place that is written like a common word is rarely what is meant


@dataclass(frozen=True, slots=True)
class Entry:
    """One reading of one headword; `meanings` are short English phrases, the most usual first; `see` are headwords it
    points to."""

    traditional: str
    simplified: str
    meanings: tuple[str, ...]
    see: tuple[str, ...]
    is_name: bool


Deltas = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


class _Halves(Deltas):
    """Deltas of a mapped file, as float32 when one is asked for: whoever runs a graph that is built already needs none
    of them."""

    def __init__(self, pairs: Mapping[str, tuple[NDArray[np.float16], NDArray[np.float16]]]) -> None:
        self._pairs = pairs

    def __getitem__(self, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        b, a = self._pairs[name]
        return b.astype(np.float32), a.astype(np.float32)

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Tokens that are added to an encoder's own, and their rows.

    tokens: [n_tokens]; row_of: int32 [n_tokens], the row of each token; row i of the table is codes[i] * scale[i], int8
    [n_rows, d] and float32 [n_rows], as a file holds them (a quarter of the memory);
    deltas: name of a weight matrix [out, in] -> (b [out, r], a [r, in]), to be added as b @ a for texts with Chinese in
    them;
    shared: the same for every text (an adapted encoder has these, the shipped one does not: its English stays as it was
    published).
    card: what is known of its making; fingerprint: sha-256 of rows and tokens, 16 hex digits.
    """

    tokens: tuple[str, ...]
    row_of: NDArray[np.int32]
    codes: NDArray[np.int8]
    scale: NDArray[np.float32]
    deltas: Deltas
    shared: Deltas
    card: Mapping[str, Any]
    fingerprint: str

    @property
    def rows(self) -> NDArray[np.float32]:
        """float32 [n_rows, d]."""
        return self.rows_at(slice(None))

    def rows_at(self, which: NDArray[np.int64] | slice) -> NDArray[np.float32]:
        """float32 [n, d]: these rows."""
        found: NDArray[np.float32] = self.codes[which] * self.scale[which, None]
        return found


def make(tokens: Sequence[str], row_of: NDArray[np.int32], rows: NDArray[np.float32], deltas: Deltas | None = None,
         shared: Deltas | None = None, card: Mapping[str, Any] | None = None) -> Vocabulary:
    """A vocabulary with these rows, rounded to int8 with a scale each: an error of at most 1/254 of a row's largest
    value."""
    scale = (np.abs(rows).max(axis=1).clip(min=1e-8) / 127).astype(np.float32)  # [n]
    codes = np.rint(rows / scale[:, None]).astype(np.int8)
    return Vocabulary(tuple(tokens), row_of, codes, scale, deltas or {}, shared or {}, card or {}, "unsaved")


def open_text(path: Path) -> io.TextIOWrapper:
    """The file as UTF-8 text; .gz is unpacked. Errors: DataError."""
    try:
        return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    except OSError as error:
        raise DataError("E_DATA", path=path, line=0, detail=error.strerror or str(error)) from error


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, text without its line end) of each line that is neither empty nor a comment. Errors:
    DataError."""
    number = 0
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not line.startswith("#"):
                    yield number, line.rstrip("\r\n")
    except (UnicodeDecodeError, EOFError, OSError) as error:  # not UTF-8, a cut or damaged .gz
        raise DataError("E_DATA", path=path, line=number + 1, detail=str(error)) from error


def not_like(form: str, found: str) -> Words:
    """Says that something else stands where this form is wanted."""
    return Words(f"not {form}: {found[:60]}", f"不是 {form} 的形式：{found[:60]}")


def read_dictionary(path: Path) -> list[Entry]:
    """The entries of a dictionary in CC-CEDICT's format: `traditional simplified [reading] /meaning/meaning/`.

    Errors: DataError, naming the first line that is not of this form.
    """
    entries = []
    for number, line in lines_of(path):
        match = _ENTRY.match(line)
        if match is None:
            raise DataError("E_DATA", path=path, line=number,
                              detail=not_like("`traditional simplified [reading] /meaning/`", line))
        traditional, simplified, reading, glosses = match.groups()
        meanings: list[str] = []
        see: list[str] = []
        for gloss in glosses.split("/"):
            meanings.extend(_meanings(gloss))
            see.extend(part.split("[")[0].split("|")[-1] for part in _REFERENCE.findall(gloss) if "CL:" not in gloss)
        is_name = reading[:1].isupper() or (bool(meanings) and glosses.startswith("surname "))
        entries.append(
            Entry(traditional, simplified, tuple(dict.fromkeys(meanings)), tuple(dict.fromkeys(see)), is_name))
    if not entries:
        raise DataError("E_DATA", path=path, line=0, detail=Words("no entry in it", "其中没有词条"))
    return entries


def _meanings(gloss: str) -> list[str]:
    if _NOT_A_MEANING.match(gloss.strip()):
        return []
    gloss = re.sub(r"\([^()]*(\([^()]*\)[^()]*)*\)", " ", gloss)
    gloss = re.sub(r"^\s*(abbr\. for|lit\.|fig\.|idiom)\s*", "", _REFERENCE.sub(" ", gloss))
    meanings = []
    for part in gloss.split(";"):
        part = _HAN.sub(" ", part).strip(" ,.|")
        part = re.sub(r"^(to be|to|an?|the)\s+", "", re.sub(r"\s+", " ", part))
        if re.search(r"[A-Za-z]", part):
            meanings.append(part)
    return meanings


def read_frequencies(path: Path) -> dict[str, float]:
    """word -> how often it occurs, from lines `word TAB number`. Errors: DataError."""
    frequencies = {}
    for number, line in lines_of(path):
        word, _, value = line.partition("\t")
        try:
            frequencies[word] = float(value)
        except ValueError:
            raise DataError("E_DATA", path=path, line=number, detail=not_like("`word TAB number`", line)) from None
    return frequencies


def choose_tokens(entries: Sequence[Entry], frequencies: Mapping[str, float],
                  n_words: int) -> tuple[list[str], dict[str, int]]:
    """(headword of each row, token -> row): every character of the dictionary and its `n_words` most frequent words.

    A row is named by its simplified form; the traditional forms are tokens of the same row. Where two simplified
    characters share a traditional form the first entry of the dictionary has it.
    """
    characters = dict.fromkeys(
        entry.simplified for entry in entries if len(entry.simplified) == 1 and _HAN.match(entry.simplified)
    )
    words = dict.fromkeys(
        entry.simplified for entry in entries if len(entry.simplified) > 1 and all(map(_HAN.match, entry.simplified))
    )
    frequent = sorted((word for word in words if frequencies.get(word, 0) > 0), key=lambda word:
                      (-frequencies[word], word))[:n_words]
    heads = [*PUNCTUATION, *characters, *frequent]
    row_of = {head: row for row, head in enumerate(heads)}
    for entry in entries:
        if entry.simplified in row_of and all(map(_HAN.match, entry.traditional)):
            row_of.setdefault(entry.traditional, row_of[entry.simplified])
    return heads, row_of


def meanings_of(heads: Sequence[str], entries: Sequence[Entry]) -> list[list[tuple[str, float]]]:
    """(meaning, weight) of each headword: the k-th meaning of a reading weighs 1 / k, a name's a fifth; a bare pointer
    is followed once."""
    readings: dict[str, list[Entry]] = {}
    for entry in entries:
        readings.setdefault(entry.simplified, []).append(entry)
        if entry.traditional != entry.simplified:
            readings.setdefault(entry.traditional, []).append(entry)

    def own(head: str) -> list[tuple[str, float]]:
        return [(meaning, (_NAME_SHARE if entry.is_name else 1.0) / k)
                for entry in readings.get(head, ()) for k, meaning in enumerate(entry.meanings, 1)]

    found = []
    for head in heads:
        if head in PUNCTUATION:
            found.append([(PUNCTUATION[head], 1.0)])
        else:
            found.append(
                own(head)
                or [
                    item
                    for entry in readings.get(head, ())
                    for other in entry.see
                    if other != head
                    for item in own(other)
                ]
            )
    return found


_FILES = ("rows.safetensors", "tokens.tsv")
_DTYPES = {"F32": np.float32, "F16": np.float16, "I8": np.int8, "I32": np.int32}


def save(folder: Path, made: Vocabulary, card: Mapping[str, Any]) -> None:
    """Write the three files; each is renamed into place, the card with the hashes last, so that a cut leaves no valid
    mixture."""
    from safetensors.numpy import save as to_bytes

    tensors: dict[str, NDArray[Any]] = {"rows": made.codes, "scale": made.scale}
    for kind, pairs in (("delta", made.deltas), ("shared", made.shared)):
        for name, (b, a) in pairs.items():
            tensors |= {f"{kind}.b.{name}": b.astype(np.float16), f"{kind}.a.{name}": a.astype(np.float16)}
    files = {
        "rows.safetensors": to_bytes(tensors), "tokens.tsv": "".join(
            f"{token}\t{row}\n" for token, row in zip(made.tokens, made.row_of, strict=True)).encode()
    }
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files["card.json"] = (json.dumps({**card, "sha256": hashes}, ensure_ascii=False, indent=1) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        part = folder / f"{name}.part"
        part.write_bytes(data)
        part.replace(folder / name)


def load(folder: Path) -> Vocabulary:
    """The vocabulary in a folder, its files checked against the hashes of its card.

    Errors: EncoderError E_VOCABULARY, naming the file and what is wrong with it.
    """
    try:
        card = read_file(folder / "card.json")
        hashes = card["sha256"]
        for name in _FILES:
            if file_sha256(folder / name) != hashes[name]:
                raise EncoderError("E_VOCABULARY", path=folder / name,
                                   detail=Words("its bytes do not have the sha-256 that card.json gives",
                                                "内容的 sha-256 与 card.json 所记不符"))
        tensors = mapped_tensors(folder / "rows.safetensors")
        cells = (folder / "tokens.tsv").read_text(encoding="utf-8").removesuffix("\n").replace("\n", "\t").split("\t")
        tokens = tuple(cells[::2])
        indices = np.fromstring("\t".join(cells[1::2]), dtype=np.int32, sep="\t")
        if len(tokens) != len(indices):
            raise ValueError("a token without its row")
        if not 0 <= indices.min() <= indices.max() < len(tensors["rows"]):
            raise ValueError("a token points past the last row")
        deltas, shared = (_Halves({
            name.removeprefix(f"{kind}.b."): (tensors[name], tensors[name.replace(".b.", ".a.", 1)])
            for name in tensors
            if name.startswith(f"{kind}.b.")
        })
                          for kind in ("delta", "shared"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError("E_VOCABULARY", path=folder, detail=f"{type(error).__name__}: {error}") from error
    fingerprint = hashlib.sha256("".join(sorted(hashes[name] for name in _FILES)).encode()).hexdigest()[:16]
    return Vocabulary(tokens, indices, tensors["rows"], tensors["scale"], deltas, shared, card, fingerprint)


def mapped_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file, mapped: what is not read costs no memory. Format: 8 bytes of length, JSON
    header, data.

    Errors: ValueError for a file that is cut or no such file.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = read_object(file.read(min(size, LARGEST + 1)))
    # as a memmap each slice of a slice costs 30 us
    data = np.asarray(np.memmap(path, dtype=np.uint8, mode="r", offset=8 + size))
    return {name: data[slice(*item["data_offsets"])].view(_DTYPES[item["dtype"]]).reshape(item["shape"])
            for name, item in header.items() if name != "__metadata__" and item["dtype"] in _DTYPES}


def count_words(entries: Sequence[Entry], texts: Iterable[str]) -> dict[str, float]:
    """headword -> occurrences in the texts, found longest first as the tokenizer finds them."""
    heads = {head for entry in entries for head in (entry.simplified, entry.traditional) if len(head) > 1}
    longest = max(map(len, heads), default=0)
    simplified = {entry.traditional: entry.simplified for entry in entries}
    counts: Counter[str] = Counter()
    for text in texts:
        for run in re.findall(f"{_HAN.pattern}+", text):
            at = 0
            while at < len(run):
                pieces = (run[at:end] for end in range(min(len(run), at + longest), at + 1, -1))
                word = next((piece for piece in pieces if piece in heads), run[at])
                counts[simplified.get(word, word)] += 1
                at += len(word)
    return dict(counts)
