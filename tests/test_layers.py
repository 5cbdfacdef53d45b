"""A lower layer never imports a higher one, and nobody below the door imports what is heavy at import time."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# From the bottom up; a module may import from its own rank or below.
RANKS = [
    {"sentence_vectors", "digests"}, {"types"}, {"errors", "text", "prompts"}, {"config", "endpoint"}, {"reply", "wire"}, {"llm", "cited", "figures"}, {"verify"},
    {"vocabulary", "evaluate", "graph", "fixed"}, {"tokens"}, {"readers", "chunk", "encode", "vector", "lexical"}, {"distill", "engine"}, {"adapt", "snapshot"},
    {"store"}, {"retrieve", "ingest", "check", "jobs"}, {"intent", "support", "answer"}, {"labs", "survey"}, {"generate", "conversation"}, {"deep"}, {"writing"},
    {"base"}, {"serve"}, {"terminal", "cli_survey", "cli", "__main__", "__init__"},
]
RANK = {name: rank for rank, names in enumerate(RANKS) for name in names}
LEAVES = {"readers", "chunk", "encode", "vector", "lexical"}
HEAVY = {"torch", "faiss", "transformers", "sentence_transformers", "streamlit", "pypdfium2", "pypdf", "lxml", "docx", "trafilatura", "safetensors", "tokenizers", "onnx", "onnxruntime", "openvino"}


def modules():
    for path in sorted((ROOT / "kb").rglob("*.py")):
        yield path, path.relative_to(ROOT / "kb").parts[0].removesuffix(".py")


def imports(tree, only_at_top=False):
    nodes = tree.body if only_at_top else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_type_checking(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_every_module_has_a_rank():
    assert {name for _, name in modules()} <= set(RANK)


def test_no_lower_layer_imports_a_higher_one():
    for path, name in modules():
        tree = ast.parse(path.read_text())
        for imported in imports(tree):
            if imported.startswith("kb."):
                other = imported.split(".")[1]
                assert RANK[other] <= RANK[name], f"{path} imports {imported}"


def test_the_leaves_do_not_know_each_other():
    for path, name in modules():
        if name in LEAVES:
            for imported in imports(ast.parse(path.read_text())):
                other = imported.split(".")[1] if imported.startswith("kb.") else ""
                assert other not in LEAVES - {name}, f"{path} imports {imported}"


def test_heavy_libraries_are_imported_where_they_are_used():
    for path, _ in modules():
        if path.name == "sandbox.py":
            continue
        for imported in imports(ast.parse(path.read_text()), only_at_top=True):
            assert imported.split(".")[0] not in HEAVY, f"{path} imports {imported} at import time"


def test_only_the_store_the_jobs_the_cache_and_the_training_write_files():
    for path, name in modules():
        if (name in ("store", "jobs", "digests", "engine", "vocabulary", "distill") and not path.match("store/view.py")) or path.match("labs/lab.py") or path.match("survey/folder.py"):
            continue
        text = path.read_text()
        for call in ("write_text(", "write_bytes(", "os.replace(", "os.rename(", ".unlink(", "mkdir(", '"wb"', '"w"'):
            assert call not in text, f"{path} uses {call}"


def test_the_app_and_the_scripts_use_the_public_names_only():
    for path in [*sorted((ROOT / "app").rglob("*.py")), ROOT / "corpus/index.py"]:
        for imported in imports(ast.parse(path.read_text())):
            assert imported.split(".")[0] not in {"torch", "faiss", "transformers", "sentence_transformers"}, f"{path} imports {imported}"
            if imported.startswith("kb."):
                assert imported.split(".")[1] in {"types", "errors", "text", "base", "jobs", "config", "terminal", "readers", "labs", "survey"}, f"{path} imports {imported}"


def test_nothing_is_unpickled_or_trusted():
    for path, _ in modules():
        text = path.read_text()
        for word in ("import pickle", "import joblib", "torch.load(", "allow_pickle=True", "trust_remote_code=True"):
            assert word not in text, f"{path}: {word}"
