import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from kb.encoder import vocabulary
from kb.encoder.vocabulary import (
    PUNCTUATION,
    choose_tokens,
    count_words,
    load,
    make,
    meanings_of,
    read_dictionary,
    read_frequencies,
    save,
)
from kb.errors import DataError, EncoderError

LINES = """# a comment
漢 汉 [Han4] /Han ethnic group/Chinese (language)/the Han dynasty (206 BC-220 AD)/
漢語 汉语 [Han4 yu3] /Chinese language/CL:門|门[men2]/
語 语 [yu3] /speech; language/
學習 学习 [xue2 xi2] /to learn/to study/
年 年 [Nian2] /surname Nian/
年 年 [nian2] /year/CL:個|个[ge4]/
囯 国 [guo2] /variant of 國|国[guo2]/
國 国 [guo2] /country; nation/
哦 哦 [o4] /(particle)/
"""


@pytest.fixture
def dictionary(tmp_path):
    path = tmp_path / "dictionary.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_a_dictionary_gives_readings_with_short_meanings(dictionary):
    entries = {entry.simplified: entry for entry in read_dictionary(dictionary)}
    assert entries["汉"].meanings == ("Han ethnic group", "Chinese", "Han dynasty")
    assert entries["汉语"].meanings == ("Chinese language",)
    assert entries["语"].meanings == ("speech", "language")
    assert entries["学习"].meanings == ("learn", "study")
    assert entries["哦"].meanings == ()


def test_a_packed_dictionary_reads_the_same(dictionary, tmp_path):
    packed = tmp_path / "dictionary.txt.gz"
    packed.write_bytes(gzip.compress(dictionary.read_bytes()))
    assert read_dictionary(packed) == read_dictionary(dictionary)


def test_traditional_and_simplified_forms_are_tokens_of_one_row(dictionary):
    heads, tokens = choose_tokens(read_dictionary(dictionary), {"汉语": 3, "学习": 2}, 10)
    assert tokens["漢語"] == tokens["汉语"] == heads.index("汉语")
    assert tokens["漢"] == tokens["汉"] and tokens["國"] == tokens["囯"] == tokens["国"]


def test_only_the_most_frequent_words_get_a_row(dictionary):
    heads, tokens = choose_tokens(read_dictionary(dictionary), {"汉语": 3, "学习": 2}, 1)
    assert "汉语" in heads and "学习" not in tokens and "学" not in heads and "汉" in heads


def test_marks_that_english_text_has_are_no_tokens(dictionary):
    _, tokens = choose_tokens(read_dictionary(dictionary), {}, 10)
    assert not set("“”‘’—…·") & set(tokens)
    assert all(token in PUNCTUATION or all(c >= "\u3400" for c in token) for token in tokens)


def test_a_name_weighs_less_than_a_word_and_a_variant_means_what_it_points_to(dictionary):
    entries = read_dictionary(dictionary)
    (year,), = [meanings_of(["年"], entries)]
    assert dict(year)["year"] == 1.0 and dict(year)["surname Nian"] == pytest.approx(0.2)
    assert ("country", 1.0) in meanings_of(["国"], entries)[0]


def test_words_are_counted_longest_first_and_traditional_ones_as_simplified(dictionary):
    counts = count_words(read_dictionary(dictionary), ["漢語和汉语 학", "汉学习"])
    assert counts["汉语"] == 2 and counts["汉"] == 1 and counts["学习"] == 1 and "语" not in counts


@pytest.mark.parametrize(("content", "line"), [("漢 汉 [Han4] /x/\nbroken\n", 2), ("漢 汉 Han4 /x/\n", 1)])
def test_a_broken_dictionary_line_is_named(tmp_path, content, line):
    path = tmp_path / "d.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_dictionary(path)
    assert str(path) in str(caught.value) and f"line {line}" in str(caught.value)
    assert caught.value.describe("zh")[1]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00broken", gzip.compress(LINES.encode(), mtime=0)[:60]])
def test_a_dictionary_that_is_empty_cut_or_not_text_is_a_clear_error(tmp_path, content):
    path = tmp_path / ("d.txt.gz" if content[:2] == b"\x1f\x8b" else "d.txt")
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_dictionary(path)
    assert caught.value.code == "E_DATA" and str(path) in str(caught.value)


def test_a_missing_file_and_a_broken_frequency_are_named(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_dictionary(tmp_path / "none.txt")
    (tmp_path / "f.tsv").write_text("汉\t3\n语\tmany\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        read_frequencies(tmp_path / "f.tsv")


# --- the folder


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (2, 8)).astype(np.float32)
    delta = {"layer.weight": (rng.normal(size=(4, 2)).astype(np.float32), rng.normal(size=(2, 4)).astype(np.float32))}
    save(tmp_path / "zh", make(("汉", "漢", "语"), np.array([0, 0, 1], np.int32), rows, delta), {"made": "here"})
    return tmp_path / "zh"


def test_a_saved_vocabulary_comes_back_within_what_eight_bits_hold(folder):
    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (2, 8)).astype(np.float32)
    found = load(folder)
    assert found.tokens == ("汉", "漢", "语") and found.row_of.tolist() == [0, 0, 1]
    assert np.abs(found.rows - rows).max() <= np.abs(rows).max() / 254 + 1e-6
    assert found.card["made"] == "here" and found.deltas["layer.weight"][0].shape == (4, 2) and found.shared == {}


def test_the_same_content_has_the_same_fingerprint(folder, tmp_path):
    found = load(folder)
    save(tmp_path / "again", found, {"made": "elsewhere"})
    assert load(tmp_path / "again").fingerprint == found.fingerprint


@pytest.mark.parametrize("name", ["rows.safetensors", "tokens.tsv"])
def test_one_changed_bit_is_found(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(EncoderError) as caught:
        load(folder)
    assert caught.value.code == "E_VOCABULARY" and name in str(caught.value) and "sha-256" in str(caught.value)


@pytest.mark.parametrize("harm", ["cut", "missing", "card", "no hash", "empty card"])
def test_a_cut_or_incomplete_artefact_is_a_clear_error(folder, harm):
    if harm == "cut":
        data = (folder / "rows.safetensors").read_bytes()
        (folder / "rows.safetensors").write_bytes(data[: len(data) // 2])
    elif harm == "missing":
        (folder / "tokens.tsv").unlink()
    elif harm == "card":
        (folder / "card.json").write_text("{not json", encoding="utf-8")
    elif harm == "no hash":
        (folder / "card.json").write_text("{}", encoding="utf-8")
    else:
        (folder / "card.json").write_text("[]", encoding="utf-8")
    with pytest.raises(EncoderError) as caught:
        load(folder)
    assert caught.value.code == "E_VOCABULARY" and str(folder) in str(caught.value)


def test_a_token_past_the_last_row_is_found_even_with_right_hashes(folder):
    import hashlib

    (folder / "tokens.tsv").write_text("汉\t0\n语\t9\n", encoding="utf-8")
    card = json.loads((folder / "card.json").read_text())
    card["sha256"]["tokens.tsv"] = hashlib.sha256((folder / "tokens.tsv").read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(EncoderError, match="past the last row"):
        load(folder)


# --- what is shipped

SHIPPED = Path(vocabulary.__file__).parents[1] / "data" / "zh"


def test_the_shipped_vocabulary_is_sound_small_and_says_where_it_came_from():
    found = load(SHIPPED)
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 24_000_000
    assert {"average_of", "after", "hours", "machine"} <= set(found.card)
    for run in found.card["average_of"]:
        assert {"recipe", "data", "losses", "before", "after", "hours", "machine", "licences"} <= set(run)
    notice = (SHIPPED.parents[2] / "NOTICE").read_text(encoding="utf-8")
    assert "CC-CEDICT" in notice and "CC BY-SA 4.0" in notice


def test_the_shipped_vocabulary_covers_simplified_and_traditional_characters():
    tokens = set(load(SHIPPED).tokens)
    common = ("的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她"
              "里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老"
              "从动两长")
    for character in common:
        assert character in tokens
    for character in "這國個說們為時學過會對裡後麼發還當無開來經頭動兩長書車門馬東風電話語":
        assert character in tokens
