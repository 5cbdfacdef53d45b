import pytest

from kb import KnowledgeBase, ingest
from kb.encoder.hashing import HashingEncoder
from kb.errors import EncoderError, LibraryError, NothingIndexed, UnknownDocument


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "papers"
    made.mkdir()
    write(
        made, one="# LoRA\n\nLoRA adds low-rank matrices to frozen weights.", two="# 剪枝\n\n剪枝是指移除不重要的权重。"
    )
    return made


def test_files_are_added_and_the_same_bytes_again_change_nothing(base, folder):
    first = base.add([folder])
    assert [added.title for added in first.added] == ["LoRA", "剪枝"]
    generation = base.status().generation
    again = base.add([folder])
    assert (len(again.added), len(again.unchanged)) == (0, 2)
    assert base.status().generation == generation


def test_the_same_bytes_under_another_name_are_unchanged(base, folder):
    (folder / "copy.md").write_bytes((folder / "one.md").read_bytes())
    report = base.add([folder])
    assert (len(report.added), len(report.unchanged)) == (2, 1)
    assert len(base.documents()) == 2


def test_a_changed_file_replaces_its_old_version(base, folder):
    old = base.add([folder]).added[0]
    write(folder, one="# LoRA\n\nLoRA trains a low-rank update.")
    report = base.add([folder])
    assert [added.replaced for added in report.added] == [old.document]
    assert len(base.documents()) == 2
    with pytest.raises(UnknownDocument):
        base.document(old.document)


def test_changed_metadata_beside_a_file_are_taken_in(base, folder):
    base.add([folder])
    (folder / "one.md.toml").write_text('title = "Low-rank adaptation"\nyear = 2021\n')
    report = base.add([folder])
    assert [added.title for added in report.added] == ["Low-rank adaptation"]
    assert {info.title for info in base.documents()} == {"Low-rank adaptation", "剪枝"}
    assert base.add([folder]).added == ()


def test_a_bad_file_stands_beside_the_good_ones(base, folder):
    (folder / "empty.md").write_bytes(b"")
    (folder / "fake.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 100)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "tune.mp3").write_bytes(b"ID3" + b"0" * 100)
    report = base.add([folder, folder / "missing.md"])
    assert len(report.added) == 2
    assert sorted(problem.code for problem in report.failed) == ["E_EMPTY", "E_NOT_FOUND", "E_TYPE"]
    assert sorted(problem.code for problem in report.skipped) == ["SKIP_PICTURE", "SKIP_TYPE"]
    assert all(problem.message and problem.hint for problem in (*report.failed, *report.skipped))


def test_every_file_seen_is_accounted_for(base, folder):
    for i in range(30):
        (folder / f"x{i}.txt").write_text(f"Text number {i % 7}." if i % 5 else "")
    report = base.add([folder])
    assert len(report.added) + len(report.unchanged) + len(report.skipped) + len(report.failed) == 32


def test_progress_ends_with_every_file_settled(base, folder):
    seen = []
    base.add([folder], on_progress=seen.append)
    assert {progress.phase for progress in seen} == {"scan", "read", "encode", "commit"}
    assert (seen[-1].phase, seen[-1].done, seen[-1].total) == ("commit", 2, 2)


def test_another_encoder_is_refused_before_anything_is_read_and_reindex_takes_it_in(base, folder, monkeypatch):
    base.add([folder])
    other = KnowledgeBase.open(base.home, encoder=HashingEncoder(64))
    for use in (lambda: other.add([folder]), lambda: other.ask("What is LoRA?")):
        with pytest.raises(EncoderError) as caught:
            use()
        assert caught.value.code == "E_ENCODER"
    assert other.reindex() == base.status().passages
    assert other.ask("What is LoRA?").status == "found"
    with pytest.raises(EncoderError):
        base.ask("What is LoRA?")


def test_a_killed_reindex_goes_on_where_it_was_and_the_old_vectors_answer_until_then(base, folder, monkeypatch):
    class Stops(HashingEncoder):
        n_calls = 0

        def encode(self, texts, role="passage"):
            Stops.n_calls += 1
            if Stops.n_calls == 2:
                raise KeyboardInterrupt
            return super().encode(texts, role)

    base.add([folder])
    monkeypatch.setattr(ingest, "GROUP_PASSAGES", 1)
    other = KnowledgeBase.open(base.home, encoder=Stops(64))
    with pytest.raises(KeyboardInterrupt):
        other.reindex()
    assert base.ask("What is LoRA?").status == "found"
    other.reindex()
    assert Stops.n_calls == 3  # one, the killed one, and the one that was left
    assert other.ask("什么是剪枝？").claims[0].text == "剪枝是指移除不重要的权重。"


def test_removed_documents_are_never_returned_quoted_or_cited(base, folder):
    added = base.add([folder]).added
    removed = base.remove([added[0].document]).documents
    assert [info.title for info in removed] == ["LoRA"]
    assert all(hit.document != added[0].document for hit in base.search("LoRA low-rank matrices", 10))
    assert base.ask("What is LoRA?").status == "not_found"
    with pytest.raises(UnknownDocument):
        base.remove(["nothing", added[1].document])
    assert len(base.documents()) == 1


def test_an_upload_is_kept_by_hash_and_goes_with_its_document(base):
    path = base.add_upload("../../evil\u202e.md", "# 上传\n\n这是一个上传的文件。".encode())
    assert path.is_relative_to(base.home / "files")
    document = base.add([path]).added[0].document
    base.remove([document])
    assert not path.exists()


def test_asking_an_empty_or_missing_library_says_so(base, tmp_path):
    with pytest.raises(NothingIndexed) as caught:
        base.ask("What is LoRA?")
    assert caught.value.exit_code == 3
    (tmp_path / "empty").mkdir()
    base.add([tmp_path / "empty"])
    with pytest.raises(NothingIndexed):
        base.search("x")
    with pytest.raises(LibraryError):
        base.document("abc")


class Counts(HashingEncoder):
    """Remembers what it was asked to encode; raises after as many texts as it is told."""

    def __init__(self, until=10**9):
        super().__init__(64)
        self.texts, self.until = [], until

    def encode(self, texts, role="passage"):
        if role == "passage":
            if len(self.texts) >= self.until:
                raise KeyboardInterrupt
            self.texts += texts
        return super().encode(texts, role)


def with_encoder(home, encoder):
    return KnowledgeBase.open(home, encoder=encoder)


def test_a_new_version_of_a_file_is_encoded_where_it_is_new(tmp_path, folder):
    long = "# {}\n\n" + "\n\n".join(
        f"## Part {i}\n\n" + f"Sentence number {i} of the paper on adapters. " * 8 for i in range(6)
    )
    (folder / "three.md").write_text(long.format("First"))
    encoder = Counts()
    library = with_encoder(tmp_path / "library", encoder)
    library.add([folder])
    encoder.texts.clear()
    (folder / "three.md").write_text(long.format("First").replace("Sentence number 4", "Statement number 4"))
    assert library.add([folder]).added[0].n_passages == 6
    assert len(encoder.texts) == 1 and "Statement number 4" in encoder.texts[0]
    assert library.verify().is_sound and library.status().ready == library.status().passages


def test_a_killed_add_leaves_text_that_is_found_by_its_words_and_the_next_one_makes_it_whole(tmp_path, folder):
    for i in range(6):
        (folder / f"x{i}.md").write_text(f"# Note {i}\n\nNumber {i} speaks of quantisation.")
    with pytest.raises(KeyboardInterrupt):
        with_encoder(tmp_path / "library", Counts(until=0)).add([folder])
    library = with_encoder(tmp_path / "library", Counts())
    status = library.status()
    assert (status.documents, status.passages, status.ready) == (8, 8, 0)
    assert "Note" in library.search("quantisation")[0].title
    report = library.add([folder])
    assert (len(report.added), len(report.unchanged)) == (0, 8)
    assert library.status().ready == 8
    assert library.search("Which note speaks of quantisation?")[0].dense is not None


def test_a_document_whose_vectors_were_still_to_come_can_be_replaced(tmp_path, folder):
    with pytest.raises(KeyboardInterrupt):
        with_encoder(tmp_path / "library", Counts(until=0)).add([folder])
    write(folder, one="# LoRA\n\nLoRA trains a low-rank update.")
    library = with_encoder(tmp_path / "library", Counts())
    assert len(library.add([folder]).added) == 1
    assert library.status().ready == library.status().passages == 2


def test_progress_comes_in_the_thread_that_asked(base, folder):
    import threading

    threads = set()
    base.add([folder], on_progress=lambda progress: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_files_are_settled_in_their_order_however_long_each_takes(base, folder):
    for i in range(12):
        (folder / f"y{i:02}.md").write_text(f"# Y{i}\n\n" + f"Words of text {i}. " * (400 if i % 3 == 0 else 2))
    settled = []
    report = base.add([folder], on_progress=lambda p: settled.append(p.item) if p.phase == "commit" else None)
    assert settled == sorted(settled) == [added.path for added in report.added]
