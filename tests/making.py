"""Small true things that several tests need."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from kb import KnowledgeBase
from kb.answer.nearest import Snapshots
from kb.answer.rank import Ranker
from kb.answer.retrieve import Retrieval, Retriever
from kb.chunk import chunk
from kb.encoder.hashing import HashingEncoder
from kb.store import Store
from kb.text import guess_language, mend
from kb.types import Document, Encoder, Metadata, Prepared, Section

ZOTERO_TABLES = """
CREATE TABLE itemTypes(itemTypeID INTEGER PRIMARY KEY, typeName TEXT);
CREATE TABLE items(itemID INTEGER PRIMARY KEY, itemTypeID INT, libraryID INT, key TEXT);
CREATE TABLE fields(fieldID INTEGER PRIMARY KEY, fieldName TEXT);
CREATE TABLE itemData(itemID INT, fieldID INT, valueID INT);
CREATE TABLE itemDataValues(valueID INTEGER PRIMARY KEY, value TEXT);
CREATE TABLE creators(creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT);
CREATE TABLE creatorTypes(creatorTypeID INTEGER PRIMARY KEY, creatorType TEXT);
CREATE TABLE itemCreators(itemID INT, creatorID INT, creatorTypeID INT, orderIndex INT);
CREATE TABLE tags(tagID INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE itemTags(itemID INT, tagID INT);
CREATE TABLE collections(collectionID INTEGER PRIMARY KEY, collectionName TEXT, parentCollectionID INT);
CREATE TABLE collectionItems(collectionID INT, itemID INT);
CREATE TABLE itemAttachments(itemID INTEGER PRIMARY KEY, parentItemID INT, linkMode INT, contentType TEXT, path TEXT);
CREATE TABLE deletedItems(itemID INT);
"""  # what is read of the tables of a Zotero database


class Inside:
    """The same library one floor below the door: what the steps of a question give."""

    def __init__(self, base: KnowledgeBase | None = None, store: Store | None = None,
                 encoder: Encoder | None = None) -> None:
        """Of an opened library, or of a store and the encoder that filled it."""
        self.store = Store(base.home) if base else store
        self._encoder = base.encoder if base else lambda: encoder
        self._retriever = Retriever(Snapshots(self.store.index))

    def search(self, question: str, k: int = 16, *, keeps_copies: bool = True) -> Retrieval:
        """Copies included, as an answer asks for them."""
        with self.store.read() as view:
            return self._retriever.search(view, self._encoder(), question, k, keeps_copies=keeps_copies)

    @contextlib.contextmanager
    def ranker(self) -> Iterator[Ranker]:
        """What scores an answer's sentences."""
        with self.store.read() as view:
            yield Ranker(view, self._encoder())


def make_prepared(text: str, path: str = "a.md", encoder: HashingEncoder | None = None) -> Prepared:
    """A document of one section, cut and encoded, ready to be committed."""
    encoder = encoder or HashingEncoder()
    text = mend(text)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    document = Document(sha256[:12], sha256, path, "markdown", Metadata(title=path), guess_language(text), text,
                        (Section("", 0, 0, len(text)), ))
    passages = chunk(document, encoder.count_tokens, encoder.max_tokens)
    return Prepared(document, tuple(passages), encoder.encode([p.text for p in passages]), encoder.fingerprint,
                    path.encode())


def make_pdf(*pages: list[str], size: int = 12) -> bytes:
    """A PDF of these pages, each a list of lines in Helvetica, written by hand; "\\t" starts a second column at the
    same height."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{4 + 2 * i} 0 R' for i in range(len(pages)))}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for i, lines in enumerate(pages):
        shown = []
        for n, line in enumerate(lines):
            for column, part in enumerate(line.split("\t")):
                big = part.startswith("# ")
                part = part.removeprefix("# ").replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
                if part:
                    shown.append(
                        f"BT /F1 {size * 2 if big else size} Tf {60 + 260 * column} {760 - n * size * 1.4:.1f} Td "
                        f"({part}) Tj ET"
                    )
        text = "\n".join(shown)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * i} 0 R /Resources << /Font << "
            f"/F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    return _file_of(objects)


def placed_text(x: float, y: float, text: str, size: float = 10, *, bold: bool = False, angle: int = 0) -> str:
    """An operator that writes text at a place of a page of 612 by 792 points, Chinese or Latin, turned by degrees."""
    from math import cos, radians, sin

    a, b = cos(radians(angle)), sin(radians(angle))
    shown = f"<{text.encode('utf-16-be').hex()}>" if any(ord(c) > 255 for c in text) else (
        "(" + text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ")")
    font = ("F4" if bold else "F3") if shown.startswith("<") else "F2" if bold else "F1"
    return f"BT /{font} {size} Tf {a:.4f} {b:.4f} {-b:.4f} {a:.4f} {x} {y} Tm {shown} Tj ET"


def own_font(shown: dict[str, tuple[str, float, float]]) -> list[str]:
    """The objects of a font whose letters are boxes: character of the file -> (what its map says, left and right of the
    box in sizes). Every letter is a whole size wide, the first object is the font; "{n}" stands for the object n after
    it."""
    codes = [ord(letter) for letter in shown]
    names = " ".join(f"{code} /g{code}" for code in codes)
    boxes = [f"1000 0 {1000 * left:.0f} 0 {1000 * right:.0f} 700 d1 {1000 * left:.0f} 0 {1000 * (right - left):.0f} "
             "700 re f" for _, left, right in shown.values()]
    lines = "\n".join(f"<{code:02x}> <{text.encode('utf-16-be').hex()}>"
                      for code, (text, _, _) in zip(codes, shown.values(), strict=True))
    to_unicode = (f"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> endcodespacerange "
                  f"{len(codes)} beginbfchar\n{lines}\nendbfchar endcmap end")
    procs = " ".join(f"/g{code} {{{i + 2}}} 0 R" for i, code in enumerate(codes))
    font = (f"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 0 "
            f"/LastChar 255 /Widths [{' '.join(['1000'] * 256)}] /Encoding << /Type /Encoding /Differences [{names}] "
            f">> /CharProcs << {procs} >> /ToUnicode {{1}} 0 R >>")
    return [font, *(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream" for stream in (to_unicode, *boxes))]


def ruled(left: float, y: float, right: float) -> str:
    """An operator that draws a ruled line."""
    return f"0.5 w {left} {y} m {right} {y} l S"


def pdf_of(*pages: list[str], font: list[str] | str = "", crop: str = "") -> bytes:
    """A PDF of these pages, each a list of operators. font: what F5 is, the objects of own_font or a name; crop: the
    part of the page that is shown."""
    chinese = ("<< /Type /Font /Subtype /Type0 /BaseFont /{0} /Encoding /UniGB-UCS2-H /DescendantFonts [<< /Type /Font "
               "/Subtype /CIDFontType0 /BaseFont /{0} /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) "
               "/Supplement 2 >> /FontDescriptor << /Type /FontDescriptor /FontName /{0} /Flags 4 "
               "/FontBBox [0 -120 1000 880] "
               "/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 80 >> >>] >>")
    latin = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{7 + 2 * i} 0 R' for i in range(len(pages)))}] >>",
        latin.format("Helvetica"), latin.format("Helvetica-Bold"), chinese.format("STSong-Light"),
        chinese.format("SimHei"),
    ]
    first = 7 + 2 * len(pages)
    own = [latin.format(font or "Courier")] if isinstance(font, str) else [
        re.sub(r"\{(\d+)\}", lambda found: str(first + int(found[1])), body) for body in font]
    for i, page in enumerate(pages):
        text = "\n".join(page)
        shown = f"/CropBox [{crop}] " if crop else ""
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {shown}/Contents {8 + 2 * i} 0 R "
                       f"/Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R /F4 6 0 R /F5 {first} 0 R >> >> >>")
        objects.append(f"<< /Length {len(text.encode('cp1252'))} >>\nstream\n{text}\nendstream")
    return _file_of(objects + own)


def _file_of(objects: list[str]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for n, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{n} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R "
        f">>\nstartxref\n{len(out)}\n%%EOF"
    )
    return bytes(out) + trailer.encode()


WORDS = {
    "猫": "cat",
    "狗": "dog",
    "书": "book",
    "水": "water",
    "山": "mountain",
    "火车": "train",
    "天空": "sky",
    "学生": "student",
    "老师": "teacher",
    "苹果": "apple",
    "红": "red",
    "蓝": "blue",
    "大": "big",
    "小": "small",
    "看": "see",
    "喝": "drink",
    "读": "read",
    "爱": "love",
    "有": "have",
    "在": "at",
}


def make_small_bert(folder: Path) -> Path:
    """A random BERT of two layers whose English vocabulary is these words, in the files the real one has."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokens = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "a", "to", ".", ",", "?", "!", ":", ";", "(", ")", '"', "[", "]",
        *WORDS.values()
    ]
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(tokens)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2),
                                                                                               ("[SEP]", 3)])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(
        json.dumps({"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "layer_norm_eps": 1e-12}))
    g = torch.Generator().manual_seed(0)
    weights = {
        "embeddings.word_embeddings.weight": torch.randn(len(tokens), 16, generator=g),
        "embeddings.position_embeddings.weight": torch.randn(300, 16, generator=g) * 0.05,
        "embeddings.token_type_embeddings.weight": torch.zeros(2, 16),
    }
    for norm in ["embeddings.LayerNorm"] + [
        f"encoder.layer.{i}.{part}.LayerNorm" for i in range(2) for part in ("attention.output", "output")
    ]:
        weights |= {f"{norm}.weight": torch.ones(16), f"{norm}.bias": torch.zeros(16)}
    for i in range(2):
        for matrix, (n_out, n_in) in {
                "attention.self.query": (16, 16), "attention.self.key": (16, 16), "attention.self.value": (16, 16),
                "attention.output.dense": (16, 16), "intermediate.dense": (32, 16), "output.dense": (16, 32)
        }.items():
            weights |= {
                f"encoder.layer.{i}.{matrix}.weight": torch.randn(n_out, n_in, generator=g) * 0.2,
                f"encoder.layer.{i}.{matrix}.bias": torch.zeros(n_out),
            }
    save_file(weights, folder / "model.safetensors")
    return folder


@contextlib.contextmanager
def library_of(folder: Path, texts: Mapping[str, str]) -> Iterator[KnowledgeBase]:
    """A library of these files, opened: name -> text."""
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    with KnowledgeBase.open(folder / "home") as base:
        base.add([folder / name for name in texts])
        yield base
