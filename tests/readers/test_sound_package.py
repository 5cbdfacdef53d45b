"""Office packages that programs leave unsound: a part without a type, a reference to a part that is not there."""

from __future__ import annotations

import io
import zipfile

import docx
import pptx
import pytest
from PIL import Image

from kb.readers.sound_package import sound

SAID = "The glaze melts at 1,240 degrees."


def picture():
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return io.BytesIO(out.getvalue())


def document():
    made = docx.Document()
    made.add_paragraph(SAID)
    made.add_picture(picture())
    return saved(made)


def slides():
    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = SAID
    slide.shapes.add_picture(picture(), 0, 0)
    return saved(made)


def saved(made):
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def changed(data, old, new, *, renames):
    """The package with other words in its references, and the part itself under the new name or as it was."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            words = before.read(name)
            after.writestr(name.replace(old, new) if renames else name,
                           words.replace(old.encode(), new.encode()) if name.endswith(".rels") else words)
    return out.getvalue()


@pytest.mark.parametrize(("name", "make"), [("a.docx", document), ("a.pptx", slides)])
@pytest.mark.parametrize(("new", "renames"), [("image1.", True), ("image1", True), ("a b/image1.pngx", True),
                                              ("../../NULL", False), ("/word/media/lost.png", False), ("NULL", False)])
def test_a_package_that_is_not_sound_is_read(read, name, make, new, renames):
    assert SAID in read(name, changed(make(), "image1.png", new, renames=renames)).text


@pytest.mark.parametrize("make", [document, slides])
def test_a_sound_package_stays_as_it_is(make):
    data = make()
    assert sound(data) is data


def test_what_the_document_needs_is_not_invented(read):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document())) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            if name != "word/document.xml":
                after.writestr(name, before.read(name))
    with pytest.raises(Exception, match=r"E_PARSE|damaged"):
        read("a.docx", out.getvalue())


@pytest.mark.parametrize(("made", "part"), [(document, "word/document.xml"), (slides, "ppt/slides/slide1.xml")])
def test_text_behind_an_entity_of_a_part_is_not_lost(made, part, read):
    """It is not replaced, which could fill the memory; its name stands there."""
    data, out = made(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "x") as after:
        for name in before.namelist():
            words = before.read(name)
            if name == part:
                words = words.replace(b"melts", b"melts &e; slowly").replace(
                    b"?>", b'?><!DOCTYPE x [<!ENTITY e "AGAIN &amp; AGAIN">]>', 1)
            after.writestr(name, words)
    text = read("a.docx" if made is document else "a.pptx", out.getvalue()).text
    assert "The glaze melts &e; slowly at 1,240 degrees." in text and "AGAIN" not in text
