"""The rooms of the house: who may import whom, from one table; no circle; nothing heavy at import time."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GROUND = {"types", "errors", "messages", "words", "text", "config", "version", "sentence_vectors", "plugins", "outside",
          "works"}
# Room -> the rooms its files may import, besides itself and the ground. A room is a folder of kb/ or a file beside the
# folders; survey and labs have, in their own folder, what their rooms share (records, lab) and the door that uses them.
ROOMS = {
    "messages": set(), "types": {"sentence_vectors", "messages"}, "errors": {"types", "messages"}, "words": set(),
    "text": {"types", "words"}, "config": {"errors"}, "version": set(), "plugins": {"errors", "messages"},
    "sentence_vectors": set(),
    "outside": set(), "works": {"text"},
    # the leaves, which do not know each other
    "readers": set(), "chunk": set(), "encoder": set(), "index": set(), "verify": set(), "llm": set(), "runs": set(),
    "fetch": set(), "bibliography": set(),
    "store": {"index"},
    "answer": {"store", "index", "verify", "llm"},
    "ingest": {"readers", "chunk", "encoder", "store"},
    "ocr": {"ingest", "readers", "store"},
    "cluster": {"ingest", "readers", "encoder", "store"},
    "health": {"encoder", "store", "readers", "labs"},
    "labs.lab": {"runs", "labs.pages"}, "labs.pages": set(),
    "labs.tools": {"labs.lab", "encoder"},
    "labs": {"labs.lab", "labs.pages", "labs.tools", "encoder", "runs"},
    "survey.records": {"answer", "bibliography"},
    "survey.outline": {"survey.records", "answer"},
    "survey.write": {"survey.records", "survey.outline", "answer", "study"},
    "survey.model": {"survey.records", "survey.outline", "survey.write", "llm", "verify"},
    "survey.render": {"survey.records", "bibliography"},
    "survey": {"survey.records", "survey.outline", "survey.write", "survey.model", "survey.render", "answer",
               "bibliography", "study"},
    "study": {"answer", "store", "survey.records"},
    "base": {"answer", "bibliography", "cluster", "encoder", "fetch", "ingest", "ocr", "health", "llm", "readers",
             "runs", "store", "study", "survey", "survey.records", "survey.model", "verify"},
    "operations": {"base", "survey"},
    "serve": {"base", "operations"},
    "servers": {"base", "operations"},
    "kb": {"base", "llm", "serve", "labs"},
    "cli": {"kb", "base", "ocr", "serve", "servers", "operations", "encoder", "labs", "labs.pages", "survey",
            "survey.records", "survey.outline", "survey.model"},
    "__main__": {"cli"},
}
SHARED = {"labs": {"lab", "run"},
          "survey": {"records", "abstracts", "words", "glossary", "kinds", "roles", "sentences", "references", "citing",
                     "folder", "entries"}}
LEAVES = {"readers", "chunk", "encoder", "index", "verify", "llm", "fetch", "bibliography"}
HEAVY = {"torch", "faiss", "transformers", "sentence_transformers", "streamlit", "pypdfium2", "pypdf", "lxml", "docx",
         "pptx", "python_calamine", "striprtf", "trafilatura", "safetensors", "tokenizers", "onnx",
         "onnxruntime", "openvino", "rapidocr", "cv2", "ray"}


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Dotted name -> file, of every module of kb."""
    found = {}
    for path in sorted((root / "kb").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(tree: ast.Module, known=(), only_at_top: bool = False):
    """Dotted names: of `import a.b`, of `from a import b` the module a.b where there is one, else a."""
    for node in tree.body if only_at_top else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in whole)


def edges(root: Path = ROOT) -> list[tuple[str, str]]:
    """(module, module of kb that it imports), wherever the import stands."""
    known = modules(root)
    found = ((name, other) for name, path in known.items() for other in imports(ast.parse(path.read_text()), known))
    return sorted({(name, other) for name, other in found if other.split(".")[0] == "kb" and other != name})


def room(module: str, known) -> str:
    """The room of a module: what the table calls it."""
    _, *parts = module.split(".")
    if not parts:
        return "kb"
    if parts[0] not in SHARED or len(parts) == 1:
        return parts[0]
    if parts[1] in SHARED[parts[0]]:
        return {"labs": "labs.lab", "survey": "survey.records"}[parts[0]]
    is_folder = len(parts) > 2 or known[module].name == "__init__.py"
    return f"{parts[0]}.{parts[1]}" if is_folder else parts[0]


def strangers(root: Path = ROOT) -> list[str]:
    """Imports that the table does not allow."""
    known = modules(root)
    rooms = {name: room(name, known) for name in known}
    return [f"{name} imports {other}" for name, other in edges(root)
            if rooms[name] != rooms[other] and rooms[other] not in ROOMS[rooms[name]] | GROUND]


def order(pairs) -> list[str]:
    """What the pairs (one, what it needs) sort to, from the ground up. Errors: CycleError."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for one, other in pairs:
        sorter.add(one, other)
    return list(sorter.static_order())


def test_every_room_stands_in_the_table():
    known = modules()
    assert {room(name, known) for name in known} == set(ROOMS)


def test_no_room_imports_one_that_the_table_does_not_allow():
    assert strangers() == []


def test_neither_the_table_nor_the_modules_have_a_circle():
    order((name, other) for name, others in ROOMS.items() for other in others)
    order((name, other) for name in GROUND for other in ROOMS[name])
    order(edges())


@pytest.mark.parametrize("line", ["import kb.base", "from kb import base", "from kb.base import KnowledgeBase"])
def test_an_arrow_back_up_is_seen_however_it_is_written(tmp_path, line):
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb/__init__.py").write_text("")
    (tmp_path / "kb/base.py").write_text("import kb.text")
    (tmp_path / "kb/text.py").write_text(f"def f():\n    {line}\n")
    assert strangers(tmp_path) == ["kb.text imports kb.base"]


def test_a_circle_inside_a_room_is_seen(tmp_path):
    (tmp_path / "kb/answer").mkdir(parents=True)
    (tmp_path / "kb/answer/a.py").write_text("from kb.answer import b\n")
    (tmp_path / "kb/answer/b.py").write_text("def f():\n    from kb.answer.a import x\n")
    with pytest.raises(CycleError):
        order(edges(tmp_path))


def test_the_leaves_do_not_know_each_other():
    assert not [name for name in LEAVES if ROOMS[name] & LEAVES]


def test_few_modules_stand_beside_the_folders():
    assert len(list((ROOT / "kb").glob("*.py"))) <= 16


def test_heavy_libraries_are_imported_where_they_are_used():
    for path in modules().values():
        for imported in imports(ast.parse(path.read_text()), only_at_top=True):
            assert imported.split(".")[0] not in HEAVY, f"{path} imports {imported} at import time"


def test_a_library_is_opened_without_what_only_some_questions_need():
    """Each command pays for what the front door imports: the study's ways and surveys take .15 s."""
    code = "import sys, kb.base; print(*(name for name in sys.modules if name.startswith('kb.')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "kb.base" in loaded
    assert not {"kb.study.ways", "kb.study.tables", "kb.survey", "kb.survey.citing"} & set(loaded)


WRITERS = {"kb.cluster.node", "kb.encoder.adapt_reader", "kb.encoder.adapted", "kb.encoder.adapted_reader",
           "kb.encoder.digests", "kb.encoder.distill", "kb.encoder.engine", "kb.encoder.graph_cache",
           "kb.encoder.train_reader", "kb.encoder.training", "kb.encoder.trusted", "kb.encoder.vocabulary",
           "kb.labs.run", "kb.runs", "kb.runs.jobs", "kb.store", "kb.store.backup", "kb.store.cache",
           "kb.store.copying", "kb.store.files", "kb.store.history", "kb.store.postgres.store", "kb.store.private",
           "kb.store.restore", "kb.store.shards", "kb.store.tables", "kb.store.writer", "kb.survey.folder"}


def test_only_the_store_the_jobs_the_cache_and_the_training_write_files():
    calls = ("write_text(", "write_bytes(", "os.replace(", "os.rename(", ".unlink(", "mkdir(", '"wb"', '"w"', "rmtree(")
    for name, path in modules().items():
        if name not in WRITERS:
            text = path.read_text()
            assert not [call for call in calls if call in text], path


def test_the_app_and_the_scripts_use_the_public_names_only():
    allowed = {
        "kb", "types", "errors", "messages", "text", "base", "runs", "config", "cli", "readers", "labs", "survey",
        "health"
    }
    for path in [*sorted((ROOT / "app").rglob("*.py")), ROOT / "corpus/index.py"]:
        for imported in imports(ast.parse(path.read_text())):
            assert imported.split(".")[0] not in {"torch", "faiss", "transformers", "sentence_transformers"}, path
            if imported.startswith("kb."):
                assert imported.split(".")[1] in allowed, f"{path} imports {imported}"


def test_nothing_is_unpickled_or_trusted():
    for path in modules().values():
        text = path.read_text()
        for word in ("import pickle", "import joblib", "torch.load(", "allow_pickle=True", "trust_remote_code=True"):
            assert word not in text, f"{path}: {word}"


def test_the_list_of_packages_is_that_of_the_folders():
    import tomllib

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "kb").rglob("__init__.py")}
    assert listed == folders | {"kb_app"}
