import json
import os
import subprocess
import sys

import pytest

from kb.cli.main import main
from kb.cli.progress import Progressbar
from kb.types import Progress


def run(capfdbinary, *arguments):
    """(exit code, stdout as JSON or text, stderr)"""
    code = main([str(argument) for argument in arguments])
    out, err = capfdbinary.readouterr()
    return code, json.loads(out) if "--json" in arguments else out.decode(), err.decode()


def test_add_search_ask_show_remove_in_json(capfdbinary, paper):
    code, report, _ = run(capfdbinary, "add", paper, "--json")
    assert code == 0
    assert set(report) == {"added", "unchanged", "skipped", "failed", "alike", "n_uncompared"}
    document = report["added"][0]["document"]

    code, answer, _ = run(capfdbinary, "ask", "What is LoRA?", "--json")
    assert code == 0
    assert {"question", "language", "status", "claims", "searched", "nearest"} <= set(answer)
    citation = answer["claims"][0]["citations"][0]
    assert {"document", "title", "path", "page", "start", "end", "quote", "score"} <= set(citation)
    assert citation["quote"] == "LoRA is a method that adds low-rank matrices."
    assert (citation["title"], citation["path"], citation["page"]) == ("LoRA", str(paper), None)

    code, found, _ = run(capfdbinary, "search", "LoRA", "--json", "-k", "3")
    assert {"document", "title", "path", "page", "start", "end", "text", "score"} <= set(found["hits"][0])

    main(["show", document, "--text"])
    text = capfdbinary.readouterr().out.decode()
    assert text[citation["start"]:citation["end"]] == citation["quote"]
    assert text == paper.read_text().split("---\n", 2)[2]

    code, listed, _ = run(capfdbinary, "list", "--json")
    assert [info["id"] for info in listed["documents"]] == [document]
    code, _, _ = run(capfdbinary, "remove", document, "--json")
    assert code == 0
    assert run(capfdbinary, "list", "--json")[1] == {"documents": []}


def test_exit_codes_tell_what_happened(capfdbinary, paper, tmp_path):
    (tmp_path / "library").mkdir()
    assert run(capfdbinary, "ask", "What is LoRA?")[0] == 3
    (tmp_path / "empty.md").write_bytes(b"")
    assert run(capfdbinary, "add", paper, tmp_path / "empty.md")[0] == 6
    assert run(capfdbinary, "ask", "What is LoRA?")[0] == 0
    assert run(capfdbinary, "ask", "特斯拉股价是多少？")[0] == 4
    assert run(capfdbinary, "ask", "  ")[0] == 2
    assert run(capfdbinary, "remove", "ffff")[0] == 1
    assert run(capfdbinary, "verify")[0] == 0
    with pytest.raises(SystemExit) as caught:
        main(["search", "x", "-k", "0"])
    assert caught.value.code == 2
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2


def test_errors_are_json_on_stdout_with_json_and_words_on_stderr_without(capfdbinary, monkeypatch):
    monkeypatch.delenv("KB_HOME")
    code, error, _ = run(capfdbinary, "ask", "x", "--json")
    assert code == 3
    assert set(error["error"]) == {"code", "message", "hint", "values"}
    code, out, err = run(capfdbinary, "ask", "x")
    assert out == ""
    assert "E_NOTHING_INDEXED" in err
    assert "kb add" in err


def test_messages_come_in_the_language_of_the_locale(capfdbinary, monkeypatch):
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    monkeypatch.delenv("KB_HOME")
    assert "还没有文档" in run(capfdbinary, "ask", "x")[2]


def test_an_answer_shows_its_sources_and_no_escapes_off_a_terminal(capfdbinary, paper):
    run(capfdbinary, "add", paper)
    _, out, _ = run(capfdbinary, "ask", "What is LoRA?")
    assert "LoRA is a method that adds low-rank matrices. [1]" in out
    assert "[1] LoRA" in out
    assert "\x1b" not in out
    _, out, _ = run(capfdbinary, "ask", "特斯拉股价？")
    assert "资料库中没有答案" in out
    assert "特斯拉股价" in out


def test_progress_is_json_lines_on_stderr_with_json(capfdbinary, paper):
    _, _, err = run(capfdbinary, "add", paper, "--json")
    lines = [json.loads(line) for line in err.splitlines()]
    assert (lines[-1]["phase"], lines[-1]["done"], lines[-1]["total"]) == ("commit", 1, 1)


def test_a_page_or_a_document_that_is_not_there_is_said(capfdbinary, paper):
    run(capfdbinary, "add", paper)
    document = run(capfdbinary, "list", "--json")[1]["documents"][0]["id"]
    code, _, err = run(capfdbinary, "show", f"{document}:2")
    assert code == 1
    assert "it has no pages" in err
    code, shown, _ = run(capfdbinary, "show", document)
    assert "Edward Hu, Yelong Shen" in shown


def test_status_and_doctor_say_where_things_are(capfdbinary, paper, tmp_path):
    run(capfdbinary, "add", paper)
    status = run(capfdbinary, "status", "--json")[1]
    assert (status["home"], status["documents"], status["encoder"]) == (str(tmp_path / "library"), 1, "hashing")
    code, check, _ = run(capfdbinary, "doctor", "--json")
    assert code == 0
    assert any(finding["what"] == "setting home" and "(environment)" in finding["message"]
               for finding in check["findings"])


def test_a_control_character_in_a_document_never_reaches_the_terminal(capfdbinary, tmp_path):
    (tmp_path / "evil.md").write_text("# T\n\nEvil is a word \x1b[31mred\x1b[0m \u202eback.\n")
    run(capfdbinary, "add", tmp_path / "evil.md")
    for command in (["ask", "What is evil?"], ["search", "evil"], ["list"]):
        out = run(capfdbinary, *command)[1]
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_a_file_name_that_is_not_unicode_is_added_and_shown_escaped(capfdbinary, tmp_path):
    name = os.fsencode(tmp_path) + b"/bad-\xff\n.md"
    with open(name, "wb") as file:
        file.write(b"# Odd\n\nAn odd name is accepted.")
    code, report, _ = run(capfdbinary, "add", tmp_path, "--json")
    assert code == 0
    assert "\\xff" in report["added"][0]["path"]


def test_kb_runs_as_a_module_and_survives_a_closed_pipe(paper):
    subprocess.run([sys.executable, "-m", "kb", "add", str(paper)], check=True, capture_output=True)
    piped = subprocess.run(
        f"{sys.executable} -m kb show $({sys.executable} -m kb list | cut -c1-12) --text | head -c 1", shell=True,
        capture_output=True, check=True)
    assert piped.stderr == b""


def test_an_encoder_that_cannot_be_adapted_is_a_usage_error(capfdbinary, paper):
    run(capfdbinary, "add", paper)
    code, found, _ = run(capfdbinary, "adapt", "--json")
    assert code == 2 and found["error"]["code"] == "E_SETTING" and "bundled" in found["error"]["message"]


def test_distill_names_the_broken_line_and_writes_nothing(capfdbinary, tmp_path):
    (tmp_path / "d.txt").write_text("漢 汉 [Han4] /Han/\nbroken\n", encoding="utf-8")
    (tmp_path / "p.tsv").write_text("cat\t猫\n", encoding="utf-8")
    code, found, _ = run(capfdbinary, "distill", "--dictionary", tmp_path / "d.txt", "--pairs", tmp_path / "p.tsv",
                         "--dev", tmp_path / "p.tsv", "--out", tmp_path / "out", "--json")
    assert code == 1 and found["error"]["code"] == "E_DATA" and "line 2" in found["error"]["message"]
    assert not (tmp_path / "out").exists()
    code, found, _ = run(capfdbinary, "distill", "--dictionary", tmp_path / "d.txt", "--dev", tmp_path / "p.tsv",
                         "--out", tmp_path / "out", "--set", "epochs=many", "--json")
    assert code == 2 and found["error"]["code"] == "E_SETTING"


def test_a_home_folder_is_not_added_as_a_whole_unless_confirmed(tmp_path, monkeypatch, capsys):
    home = tmp_path / "me"
    home.mkdir()
    (home / "note.md").write_text("# Note\n\nA note.\n")
    monkeypatch.setenv("HOME", str(home))
    library = ["--home", str(tmp_path / "library"), "--encoder", "hashing"]
    assert main(["add", str(home), *library]) == 10
    assert "E_PATH_WIDE" in capsys.readouterr().err
    assert main(["add", "--yes", str(home), *library]) == 0
    assert main(["remove", "--path", str(home), *library]) == 0
    assert "removed" in capsys.readouterr().out
    assert main(["remove", *library]) == 2


def test_many_files_are_announced_before_they_are_read(capsys):
    with Progressbar(as_json=False) as progress:
        progress(Progress("scan", 2001, 2001))
        progress(Progress("scan", 2000, 2000))
    assert capsys.readouterr().err == "2,001 files are about to be read; Ctrl-C stops\n"
