"""Workbooks and delimited tables: each row says alone what it says."""

import pytest

from kb.errors import FileProblem
from kb.readers import rows
from tests.readers.conftest import headings
from tests.readers.making import ods, rows_xml, xlsx


def test_a_row_has_its_header_a_sheet_is_a_section_and_the_file_gives_the_title(read):
    data = xlsx({"结果": rows_xml([["模型", "准确率"], ["BERT", 82.1], ["GPT-2", 79]]),
                 "Costs": rows_xml([["Item", "USD"], ["GPU", 1500]])})
    document = read("预算.xlsx", data)
    assert "- 模型：BERT; 准确率：82.1\n- 模型：GPT-2; 准确率：79" in document.text
    assert "- Item: GPU; USD: 1500" in document.text
    assert headings(document) == [(1, "结果"), (1, "Costs")]
    assert document.metadata.title == "预算"


def test_titles_above_a_header_are_paragraphs_and_an_empty_row_keeps_the_header(read):
    document = read("a.xlsx", xlsx({"S": rows_xml([["Table 1. Results of 2024"], [None], ["Model", "Dev", "Test"],
                                                   ["A", 1, 2], [None], ["B", 3, 4]])}))
    assert "Table 1. Results of 2024\n\n- Model: A; Dev: 1; Test: 2\n\n- Model: B; Dev: 3; Test: 4" in document.text


def test_merged_cells_are_filled_down_and_a_header_of_two_lines_is_joined(read):
    merged = '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="A3:A4"/></mergeCells>'
    document = read("a.xlsx", xlsx({"S": rows_xml([["Task", "Accuracy", None], [None, "dev", "test"], ["QA", 1, 2],
                                                   [None, 3, 4]], merged)}))
    assert "- Task: QA; Accuracy / dev: 1; Accuracy / test: 2" in document.text
    assert "- Task: QA; Accuracy / dev: 3; Accuracy / test: 4" in document.text


def test_dates_booleans_and_stored_values_of_formulas(read):
    document = read("a.xlsx", xlsx({"S": rows_xml([
        ["Day", "Sum", "Ok"], ["<@s=\"1\"><v>45443</v>", "<f>SUM(A1:A9)</f><v>12.5</v>", "<@t=\"b\"><v>1</v>"]])}))
    assert "- Day: 2024-05-31; Sum: 12.5; Ok: TRUE" in document.text
    assert document.notes == ()


def test_formulas_without_a_value_macros_and_hidden_sheets_are_told(read):
    data = xlsx({"Open": rows_xml([["A", "B"], ["x", "<f>1+1</f>"]]), "Secret": rows_xml([["hidden words"]])},
                {"Secret": "hidden"}, **{"xl/vbaProject.bin": b"Sub AutoOpen()"})
    document = read("a.xlsm", data)
    assert [note.code for note in document.notes] == ["N_HIDDEN_SHEETS", "N_MACROS", "N_FORMULAS"]
    assert "hidden words" not in document.text and "Secret" in document.note


def test_a_long_sheet_is_cut_and_says_where(read):
    n = rows.MAX_ROWS + 5
    document = read("a.xlsx", xlsx({"S": rows_xml([["N", "V"], *([i, i * i] for i in range(n))])}))
    assert document.status == "partial"
    assert f"S: the first {rows.MAX_ROWS:,} of {n + 1:,} rows" in document.note


def test_a_million_rows_end_in_a_named_cut(read):
    rows_of_it = "".join(f'<row r="{i}"><c r="A{i}"><v>{i * 7919 % 99991}</v></c></row>' for i in range(1, 1_000_001))
    document = read("a.xlsx", xlsx({"S": f"<sheetData>{rows_of_it}</sheetData>"}))
    assert document.status == "partial" and "of 1,000,000 rows" in document.note


@pytest.mark.parametrize("data", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 9000
                                  + "EncryptedPackage".encode("utf-16-le")])
@pytest.mark.parametrize("name", ["a.xlsx", "a.docx", "a.pptx"])
def test_an_encrypted_document_is_named_so(read, name, data):
    with pytest.raises(FileProblem) as caught:
        read(name, data)
    assert caught.value.code == "E_LOCKED"


def test_a_workbook_of_the_free_office(read):
    assert read("a.ods", ods([["城市", "人口"], ["苏州", "众多"]])).text == "# 表\n\n- 城市：苏州; 人口：众多"


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("a.csv", "name,score\nA,1.5\n\"B, the second\",2\n", "- name: A; score: 1.5\n- name: B, the second; score: 2"),
    ("a.csv", "name;score\nA;1,5\nB;2,5\n", "- name: A; score: 1,5\n- name: B; score: 2,5"),
    ("a.tsv", "名称\t分数\n甲\t3\n", "- 名称：甲; 分数：3"),
    ("a.csv", "id|note\n1|\"two\nlines\"\n", "- id: 1; note: two lines"),
    ("a.csv", "word\nalpha beta\ngamma\n", "word\n\nalpha beta\n\ngamma"),
    ("a.csv", "Country,2019,2020\nFrance,1,2\n", "- Country: France; 2019: 1; 2020: 2"),
])
def test_a_delimited_table(read, name, text, expected):
    assert read(name, text).text == expected


def test_a_quotation_mark_that_is_never_closed_takes_nothing_with_it(read):
    document = read("a.csv", 'name,size\nA,5"\nB,7\nC,9\n')
    assert document.text.count("\n- name") == 2 and [note.code for note in document.notes] == ["N_QUOTE"]


def test_cells_beyond_the_header_are_told(read):
    document = read("a.csv", "a,b\n1,2\n3,4,stray\n")
    assert "- a: 3; b: 4; C: stray" in document.text and document.notes[0].code == "N_UNEVEN"


def test_an_old_encoding_of_a_table(read):
    data = "姓名,成绩\n王小明,九十分以上\n李华,八十分以下\n".encode("gb18030")
    assert "- 姓名：王小明; 成绩：九十分以上" in read("a.csv", data).text


def test_raised_and_lowered_characters_of_cells_join_no_number(read):
    def run(words, place=""):
        looks = f'<rPr><vertAlign val="{place}script"/></rPr>' if place else ""
        return f'<r>{looks}<t xml:space="preserve">{words}</t></r>'

    cell = f'<@t="inlineStr"><is>{run("10")}{run("-5", "super")}{run(" &amp; H")}{run("2", "sub")}{run("O")}</is>'
    document = read("a.xlsx", xlsx({"S": rows_xml([["Model", "Rate"], ["a", cell]])}))
    assert "- Model: a; Rate: 10⁻⁵ & H₂O" in document.text
    style = '<style:style style:name="T1"><style:text-properties style:text-position="super 58%"/></style:style>'
    data = ods([["Model", "Rate"], ["a", '95<text:span text:style-name="T1">3</text:span>']], style)
    assert "- Model: a; Rate: 95³" in read("a.ods", data).text


@pytest.mark.parametrize(("encoding", "text", "line"), [
    ("shift_jis", "モデル,精度\n提案手法,85.6\n基準,70.1\n", "- モデル: 提案手法; 精度：85.6"),
    ("big5", "模型;準確率\n基線模型;70,1\n我們的;85,6\n", "- 模型：基線模型; 準確率：70,1"),
    ("gbk", "模型\t准确率\n基线模型\t70.1\n", "- 模型：基线模型; 准确率：70.1"),
    ("utf-16", "模型\t准确率\n基线模型\t70.1\n", "- 模型：基线模型; 准确率：70.1"),
    ("utf-16-be", "模型,准确率\n基线模型,70.1\n", "- 模型：基线模型; 准确率：70.1"),
    ("euc_kr", "모델,정확도\n기준 모델,70.1\n", "- 모델: 기준 모델; 정확도: 70.1"),
    ("cp1252", "Größe;Wert\nklein;1,5\n", "- Größe: klein; Wert: 1,5"),
    ("utf-8", "sep=;\na;b\n1;2\n", "- a: 1; b: 2")])
def test_tables_in_the_encodings_and_with_the_signs_of_other_countries(read, encoding, text, line):
    assert read("a.csv", text.encode(encoding)).text.split("\n")[0] == line


def test_a_column_of_sentences_is_not_cut_at_a_comma(read):
    document = read("a.csv", "words\nalpha beta, gamma\ndelta\nepsilon\n")
    assert document.text == "words\n\nalpha beta, gamma\n\ndelta\n\nepsilon"


def test_a_stray_cell_far_away_does_not_lose_the_sheet(read):
    near_by = rows_xml([["City", "People"], ["Suzhou", 12], ["Delft", 7]])
    far = '<row r="900000"><c r="A900000"><v>5</v></c><c r="XFD900000"><v>6</v></c></row></sheetData>'
    body = '<dimension ref="A1:XFD900000"/>' + near_by.replace("</sheetData>", far)
    document = read("a.xlsx", xlsx({"Cities": body, "Other": near_by}))
    assert document.status == "partial" and "Suzhou" in document.text and document.text.count("Delft") == 2
    assert [note.code for note in document.notes] == ["N_FAR_CELLS"] and "Cities" in document.note


def test_a_stray_cell_that_the_sheet_does_not_announce(read):
    body = rows_xml([["City", "People"], ["Suzhou", 12]]).replace(
        "</sheetData>", '<row r="1048576"><c r="ZZ1048576"><v>5</v></c></row></sheetData>')
    document = read("a.xlsx", xlsx({"Cities": body}))
    assert "Suzhou" in document.text and "N_FAR_CELLS" in [note.code for note in document.notes]
