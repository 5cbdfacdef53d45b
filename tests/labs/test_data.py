import json

import pytest

from kb.errors import DataError
from kb.labs.run import Run
from kb.labs.tools import data
from kb.labs.tools.data import read_examples, split

from .conftest import sentences, write_csv, write_jsonl


@pytest.fixture
def run(tmp_path):
    made = Run(tmp_path / "run")
    made.begin("test", {})
    return made


def refused(code, call, *arguments, **options):
    with pytest.raises(DataError) as caught:
        call(*arguments, **options)
    assert caught.value.code == code
    for language in ("zh", "en"):
        message, hint = caught.value.describe(language)
        assert message and hint and "{" not in message + hint
    return caught.value


def cut(examples, run, test=None, **options):
    return split(examples, test, run, **{"n_train": 100, "n_test": 100, "seed": 0, "path": "x", **options})


@pytest.mark.parametrize(("name", "content"),
                         [("a.csv", 'text,label\n"good, very",1\nbad,0\n'),
                          ("a.tsv", "text\tlabel\ngood, very\t1\nbad\t0\n"),
                          ("b.csv", "text;label\ngood, very;1\nbad;0\n"),
                          ("a.jsonl", '{"text": "good, very", "label": 1}\n\n{"text": "bad", "label": "0"}\n'),
                          ("bom.csv", '\ufefftext,label\r\n"good, very",1\r\nbad,0\r\n')])
def test_the_usual_files_are_read_alike(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    assert [(e.text, e.label) for e in read_examples(tmp_path / name, "text", "label")] == [
        ("good, very", "1"),
        ("bad", "0"),
    ]


def test_rows_without_text_or_label_are_refused_by_number_and_left_out_when_asked(tmp_path):
    path = write_csv(tmp_path / "a.csv", [("good", "1"), ("  ", "0"), ("bad", ""), ("fine", "1")])
    error = refused("D_EMPTY_ROWS", read_examples, path, "text", "label")
    assert error.values["count"] == 2 and error.values["lines"] == "3, 4"
    assert len(read_examples(path, "text", "label", drop_empty=True)) == 2


def test_text_that_is_no_text_is_refused(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": 3, "label": "x"}, {"text": None, "label": "x"},
                                              {"text": "ok", "label": ["x"]}, {"text": "ok", "label": "x"}])
    assert refused("D_EMPTY_ROWS", read_examples, path, "text", "label").values["count"] == 3


def test_a_wrong_encoding_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\n房间很干净,好\n".encode("gb18030"))
    assert refused("D_ENCODING", read_examples, path, "text", "label").values["guess"] == "gb18030"
    assert read_examples(path, "text", "label", encoding="gb18030")[0].label == "好"


def test_a_line_of_fifty_megabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + b"a" * (50 << 20) + b",1\n")
    assert refused("D_LONG_LINE", read_examples, path, "text", "label").values["line"] == 2


def test_a_text_as_long_as_a_book_is_refused(tmp_path):
    path = write_csv(tmp_path / "a.csv", [("word " * 30_000, "1")])
    refused("D_LONG_TEXT", read_examples, path, "text", "label")


@pytest.mark.parametrize(("content", "code"), [(b"", "D_EMPTY"), (b" \n\n", "D_EMPTY"),
                                               (b"words,label\na,1\n", "D_COLUMN"),
                                               (b"text,text,label\na,b,1\n", "D_COLUMN_TWICE"),
                                               (b'text,label\n"a,1\n', "E_DATA")])
def test_a_table_that_is_none_is_refused(tmp_path, content, code):
    (tmp_path / "a.csv").write_bytes(content)
    refused(code, read_examples, tmp_path / "a.csv", "text", "label")


@pytest.mark.parametrize("content", ["[1]\n", "{\n", '"text"\n', "[" * 100_000 + "\n"])
def test_lines_that_are_no_json_objects_are_refused(tmp_path, content):
    (tmp_path / "a.jsonl").write_text(content)
    refused("E_DATA", read_examples, tmp_path / "a.jsonl", "text", "label")


def test_what_cannot_be_learnt_from_is_refused(run):
    good = [data.Example(text, label) for text, label in sentences("en", 100)]
    refused("D_FEW", cut, good[:19], run)
    refused("D_ONE_CLASS", cut, [data.Example(e.text, "same") for e in good], run)
    refused("D_MANY_LABELS", cut, [data.Example(e.text, str(i)) for i, e in enumerate(good)], run)
    refused("D_SMALL_CLASS", cut, [*good, data.Example("the only one", "rare")], run)
    refused("D_LABEL", cut, good, run, test=[data.Example("new", "unseen")])
    refused("D_FEW", cut, good, run, test=[])


def test_the_parts_share_no_text_and_keep_the_shares_of_the_labels(run):
    examples = [data.Example(text, label) for text, label in sentences("en", 300)]
    found = cut(examples, run, n_train=150)
    texts = [{e.text for e in part} for part in (found.train, found.validation, found.test)]
    assert not (texts[0] & texts[1] or texts[0] & texts[2] or texts[1] & texts[2])
    assert (len(found.train), len(found.test)) == (150, 60)
    share = sum(e.label == "pos" for e in examples) / len(examples)
    for part in (found.train, found.validation, found.test):
        assert abs(sum(e.label == "pos" for e in part) / len(part) - share) < 0.05
    assert cut(examples, run, n_train=150) == found
    assert cut(examples, run, n_train=150, seed=1) != found


def test_a_column_cannot_be_two_things_and_a_test_file_needs_its_data(tmp_path):
    from kb import labs
    from kb.errors import SettingError

    path = str(write_csv(tmp_path / "a.csv", sentences("en", 30)))
    for values, code in (({"data": path, "text": "text",
                           "label": "text"}, "E_LAB_SAME"), ({"test": path}, "E_LAB_ALONE")):
        with pytest.raises(SettingError) as caught:
            labs.get("finetune").run(values, home=tmp_path)
        assert caught.value.code == code


def test_what_stands_twice_or_in_the_test_set_is_told_and_left_out(run):
    good = [data.Example(text, label) for text, label in sentences("en", 100)]
    found = cut(
        [*good, *good[:5], data.Example(good[0].text, "neg" if good[0].label == "pos" else "pos")], run,
        test=[*good[:10], good[20]])
    assert good[0].text not in {e.text for e in (*found.train, *found.validation)}
    assert not {e.text for e in found.test} & {e.text for e in (*found.train, *found.validation)}
    told = (run.folder / "log.txt").read_text()
    assert "two labels" in told and "count once" in told and "test set too" in told


def test_lone_surrogates_and_odd_bytes_do_no_harm(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "bad \ud800 half", "label": "x"}) + "\n")
    read_examples(tmp_path / "a.jsonl", "text", "label")[0].text.encode()


@pytest.mark.parametrize(("content", "line", "found"), [
    ("text,label\nfine words,1\nslow, dull and long,0\n", 3, 3), ("label,text\n0,slow, dull\n", 2, 3),
    ("text\tlabel\na\tb\t1\n", 2, 3), ("text;label\na;b;c;1\n", 2, 4), ("文本,label\n很慢,很闷,0\n", 2, 3),
])
def test_a_row_with_more_cells_than_the_header_is_refused(tmp_path, content, line, found):
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    text = "文本" if content.startswith("文本") else "text"
    values = refused("D_CELLS", read_examples, tmp_path / "a.csv", text, "label").values
    assert (values["line"], values["found"], values["wanted"]) == (line, found, 2)


def test_empty_cells_at_the_end_of_a_row_are_none(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\ngood,1,,\nbad,0,\n")
    assert [e.label for e in read_examples(tmp_path / "a.csv", "text", "label")] == ["1", "0"]


@pytest.mark.parametrize(("labels", "right"), [
    (["1", "1.0", "0", "0.00"], ["1", "1", "0", "0"]),
    (["True", "true", "FALSE", "False"], ["true", "true", "false", "false"]),
    (["-1.0", "+1.0", "1", "2.5"], ["-1", "1", "1", "2.5"]), (["1.0.0", "v1.0", "Truth", "true story"], None),
])
def test_labels_that_mean_the_same_are_one_and_told(tmp_path, labels, right):
    path = write_csv(tmp_path / "a.csv", [(f"text {i}", label) for i, label in enumerate(labels)])
    told = []
    assert [e.label for e in read_examples(path, "text", "label", tell=told.append)] == (right or labels)
    assert len(told) == (right is not None)


def test_true_of_json_and_true_in_words_are_one_label(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": f"t{i}", "label": label}
                                              for i, label in enumerate([True, "true", "True", 1, 1.0, "1"])])
    assert {e.label for e in read_examples(path, "text", "label")} == {"true", "1"}


@pytest.mark.parametrize("missing", ["NaN", "nan", "NULL", "<NA>", "#N/A", " "])
def test_what_programs_write_for_no_value_is_missing_and_told(tmp_path, missing):
    path = write_csv(tmp_path / "a.csv", [("good", "1"), ("bad", missing), (missing, "0"), ("fine", "0")])
    assert refused("D_EMPTY_ROWS", read_examples, path, "text", "label").values["lines"] == "3, 4"
    told = []
    assert len(read_examples(path, "text", "label", drop_empty=True, tell=told.append)) == 2
    assert told[0].en.startswith("2 rows without a text or a label")


@pytest.mark.parametrize("missing", ["NaN", "nan", "N/A", "n/a", "NA", "None", "NULL", "#N/A", "<NA>", "NaT", ""])
def test_what_tables_write_for_no_value_is_no_label(tmp_path, missing):
    path = tmp_path / "a.csv"
    path.write_text(f"text,label\na,1\nb,{missing}\nc,none\n")
    assert [item.label for item in read_examples(path, "text", "label", drop_empty=True)] == ["1", "none"]


def test_whole_numbers_are_one_label_however_they_are_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,1\nb,1.00\nc,+1\nd,-0.0\ne,0\nf,1.5\n")
    assert [item.label for item in read_examples(path, "text", "label")] == ["1", "1", "1", "0", "0", "1.5"]


def test_columns_that_nobody_named_are_found_where_they_can_be_no_others(tmp_path):
    rows = [(i, f"A sentence about the room, number {i}", "good" if i % 2 else "bad") for i in range(60)]
    path, told = tmp_path / "a.csv", []
    path.write_text("id,review,stars\n" + "".join(f'{i},"{text}",{label}\n' for i, text, label in rows))
    found = read_examples(path, "text", "label", tell=told.append)
    assert (found[0].text, found[0].label) == (rows[0][1], "bad")
    assert "review" in told[0].en and "stars" in told[0].en
    lines = write_jsonl(tmp_path / "a.jsonl", [{"id": i, "review": text, "stars": label} for i, text, label in rows])
    assert read_examples(lines, "text", "label") == found
    refused("D_COLUMN", read_examples, path, "texts", "label")  # somebody named it, and wrongly


def test_columns_that_may_be_others_are_not_guessed(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("title,review,stars\n" + "".join(f"A title that is long {i},A sentence about it {i},{i % 2}\n"
                                                     for i in range(60)))
    assert "review" in refused("D_COLUMN", read_examples, path, "text", "label").values["known"]
