"""Small sound files of every kind, and ways to spoil them: what the fuzzing of the readers begins with."""

from __future__ import annotations

import functools
import io
import random
import zipfile
from collections.abc import Callable

import pypdf
from PIL import Image

from tests.making import make_pdf
from tests.readers import making

# What reading a file may end in.
STATUSES = frozenset(("ok", "partial", "no_text", "unmapped"))
CODES = STATUSES | frozenset((
    "E_PARSE", "E_TYPE", "E_PASSWORD", "E_CIPHER", "E_ENCODING", "E_CPU", "E_MEMORY", "E_TOO_BIG", "E_BOMB", "E_EMPTY",
    "E_LOCKED", "E_MEMBER", "SKIP_NESTED", "SKIP_TYPE", "SKIP_HIDDEN", "SKIP_LINK", "SKIP_PICTURE"))


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes with some changed, cut out, doubled or moved."""
    spoiled = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20, 60])):
        at, n = rng.randrange(len(spoiled)), rng.choice([1, 2, 8, 40, 400])
        match rng.randrange(6):
            case 0:
                spoiled[at] ^= 1 << rng.randrange(8)
            case 1:
                del spoiled[at:at + min(n, len(spoiled) // 4)]
            case 2:
                spoiled[at:at] = spoiled[at:at + n] * rng.randrange(1, 4)
            case 3:
                spoiled[at:at + n] = rng.randbytes(n)
            case 4:
                spoiled[at:at] = rng.choice([
                    b"\0", b"\xff\xfe", b"<<", b">>", b"R ", b"99999999999", b"-1", b"[", b"{", b"$", b"\\", b"]]>",
                    b"<!--", b"\xed\xa0\x80", b"\r", b"```\n"
                ])
            case 5:
                spoiled = spoiled[:max(20, at)] if rng.random() < 0.3 else spoiled
    return bytes(spoiled)


def rich_pdf() -> bytes:
    """Two columns, an outline, labels, information, packed streams and packed objects."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(
        make_pdf(*[["# Heading", *[f"left column line {i} goes\tright column line {i} goes"
                                   for i in range(20)]]
                   for _ in range(4)])))
    writer.add_outline_item(title="Heading", page_number=0)
    writer.set_page_label(0, 3, style="/r")
    writer.add_metadata({"/Title": "Title", "/Author": "A B; C D"})
    for page in writer.pages:
        page.compress_content_streams()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def small_docx() -> bytes:
    import docx

    document = docx.Document()
    document.add_heading("标题", 1)
    document.add_paragraph("text", style="List Bullet")
    document.add_table(2, 2).rows[0].cells[0].text = "cell"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def small_picture(name: str) -> bytes:
    """A picture with some lines on it, in this format; a TIFF has two pages."""
    page = Image.effect_mandelbrot((90, 60), (-2, -1, 1, 1), 20)
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    more = {"save_all": True, "append_images": [page.convert("1")], "compression": "tiff_lzw"} if name == "TIFF" else {}
    page.save(out, name, **({} if name == "BMP" else {"exif": exif}), **more)
    return out.getvalue()


def _slides(presentation):  # type: ignore[no-untyped-def]
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text, first.placeholders[1].text = "标题", "words"
    first.notes_slide.notes_text_frame.text = "notes"
    first.shapes.add_table(2, 2, 0, 0, 9, 9).table.cell(0, 0).text = "cell"


SEEDS: dict[str, tuple[Callable[[], bytes], int]] = {
    "pdf": (rich_pdf, 150), "docx": (small_docx, 60), "md": (lambda: (
        "---\ntitle: T\nauthors: [甲, B]\n---\n# 标题\n\n- a\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$x = "
        "1$$\n\n```py\ncode\n```\n\n## Next\n\nwords 文字\n"
        .encode() * 3), 80,
                                                             ),
    "pptx": (lambda: making.pptx_with(_slides), 100),
    "xlsx": (lambda: making.xlsx({"表": making.rows_xml([["模型", "b"], ["x", 1.5], ["y", 2]],
                                                      '<mergeCells><mergeCell ref="A2:A3"/></mergeCells>')}), 100),
    "ods": (lambda: making.ods([["a", "b"], ["1", "2"]]), 100),
    "odt": (lambda: making.odt("<text:h>标题</text:h><text:p>a<text:s/>b</text:p><text:list><text:list-item>"
                               "<text:p>c</text:p></text:list-item></text:list>"), 100),
    "epub": (lambda: making.epub({"a.xhtml": "<h1>标题</h1><p>words</p><table><tr><td>1</td><td>2</td></tr></table>",
                                  "b.xhtml": "<p>more <i>w</i></p><math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>"}),
             100),
    "ipynb": (lambda: making.notebook(
        {"cell_type": "markdown", "source": ["# 标题\n", "text"]},
        {"cell_type": "code", "source": "1", "outputs": [{"output_type": "stream", "text": "out"}]}), 100),
    "csv": (lambda: "名称,b,c\n\"x, y\",1,2\nz,3,4\n".encode() * 5, 100),
    "tsv": (lambda: "名称\tb\nx\t1\n".encode("gb18030") * 5, 100),
    "rtf": (lambda: (
        rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}}{\info{\title T}}\pard\outlinelevel0\f0 \'d2\'fd"
        rb"\par\pard words \u21516?{\v x}\par\trowd a\cell b\cell\row\pard end\par}"), 100),
    "eml": (lambda: (
        "From: =?utf-8?b?5byg5LiJ?= <a@b.org>\r\nSubject: =?gb2312?B?yrXR6b3hufs=?=\r\nDate: Fri, 31 May 2024 10:00:00 "
        '+0800\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nWords =E4=B8=AD.\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        "<p>More <b>words</b></p>\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: 甲\r\n\r\ny\r\n--b--\r\n"
        ).encode(), 100),
    "html": (lambda: (
        "<html><head><meta charset=utf-8><title>T</title></head><body><article><h1>标题</h1><p>Words and <b>more</b> "
        "words.</p><table><tr><td>1</td></tr></table><pre>x</pre></article></body></html>"
        .encode()), 60,
             ),
    "tex": (lambda: (
        "\\documentclass{a}\\title{T}\\begin{document}\\section{标题} Words $x_1$ \\cite{a}. "
        "\\begin{equation}a=b\\end{equation}\\begin{itemize}\\item a\\end{itemize}\\end{document}"
        .encode()), 80,
            ), "txt": (lambda: "第一章 绪论\n\n正文。\n\n1 Introduction\n\nWords.\n".encode("gb18030") * 4, 80),
}




def spoiled_inside(data: bytes, rng: random.Random) -> bytes:
    """An archive with some of its entries spoiled, each packed again, so that what reads the entries gets to see it;
    any other file as `mutated` has it."""
    if not data.startswith(b"PK\x03\x04"):
        return mutated(data, rng)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = sorted(name for name, part in parts.items() if part)
    for name in rng.sample(names, min(len(names), rng.choice([1, 1, 1, 2, 4]))):
        kind = rng.random()
        parts[name] = b"" if kind < 0.03 else parts[rng.choice(names)] if kind < 0.08 else mutated(parts[name], rng)
    if rng.random() < 0.05:
        del parts[rng.choice(names)]
    return making.zipped(parts)


def archive_of_all() -> bytes:
    """An archive with one file of every other kind."""
    return making.zipped({f"files/a.{suffix}": make() for suffix, (make, _) in SEEDS.items() if suffix != "zip"})


SEEDS["odp"] = (
    lambda: making.odp("<draw:frame><draw:text-box><text:p>标题</text:p></draw:text-box></draw:frame>"), 100)
SEEDS["docm"] = (small_docx, 60)
SEEDS["zip"] = (archive_of_all, 30)  # each is thirty files
for _suffix, _format in (("png", "PNG"), ("jpg", "JPEG"), ("tif", "TIFF"), ("webp", "WEBP"), ("bmp", "BMP")):
    SEEDS[_suffix] = (functools.partial(small_picture, _format), 60)
