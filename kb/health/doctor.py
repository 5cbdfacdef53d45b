"""What is installed, and is it what a library needs? `doctor`; whether the library is as it was written: verify.py.

Reads: a Store and an Encoder.  Gives: Check, a list of findings.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from kb import plugins
from kb.config import Settings
from kb.encoder.adapted_reader import LibraryReader
from kb.encoder.digests import forget
from kb.encoder.engine import LEAST_COSINE, EngineEncoder, for_many
from kb.encoder.open_reader import describe
from kb.errors import KBError, as_finding, finding
from kb.health.cache import index_words
from kb.health.gate import app_door
from kb.health.safety import safety
from kb.store import Store, View
from kb.types import Check, Encoder, Finding, Words

_PACKAGES = ("onnxruntime", "onnx", "torch", "faiss-cpu", "tokenizers", "sentence-transformers", "transformers",
             "streamlit", "pypdf", "pypdfium2")
_ORIGINS = {"flag": Words("flag", "命令行"), "environment": Words("environment", "环境变量"),
            "default": Words("default", "默认")}


def doctor(settings: Settings, store: Store, encoder: Callable[[], Encoder], readers: LibraryReader) -> Check:
    """What is installed, where each setting comes from, whether the encoder loads and the folder can be written."""
    forget()  # the encoder's files are hashed anew
    findings = [
        finding("ok", "python", "F_PYTHON", version=platform.python_version(),
                system=f"{platform.system()} {platform.machine()}", cores=os.cpu_count()),
        finding("ok", "sqlite", "F_VERSION", version=sqlite3.sqlite_version)
    ]
    for name in _PACKAGES:
        try:
            findings.append(finding("ok", name, "F_VERSION", version=importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            findings.append(finding("warning", name, "F_NOT_INSTALLED", package=name))
    for name, origin in settings.origins:
        findings.append(finding("ok", f"setting {name}", "F_SETTING", value=getattr(settings, name),
                                origin=_ORIGINS.get(origin, origin)))
    return Check(
        (*findings, *_plugins(), _encoder(encoder), *_reader(readers, encoder), *_openvino(settings, encoder),
         *_library(settings.home, store, encoder), *safety(settings), app_door()))


def _plugins() -> list[Finding]:
    """What other installed packages add: each is imported, and whatever keeps it from being used is said."""
    from kb import labs
    from kb.encoder.encode import BUILT_IN
    from kb.readers import READERS
    from kb.readers.claims import claims

    read = claims()
    findings = [as_finding("kb.readers", error, "warning") for error in read.errors]
    for suffix, several in sorted(read.by_suffix.items()):
        findings.append(_plugin("kb.readers", suffix, several, suffix in READERS))
    groups: tuple[tuple[plugins.Group, Collection[str]], ...] = (("kb.labs", labs.NAMES), ("kb.encoders", BUILT_IN))
    for group, built_in in groups:
        by_name: dict[str, list[plugins.Plugin]] = {}
        for plugin in plugins.installed(group):
            by_name.setdefault(plugin.name, []).append(plugin)
        findings += [_plugin(group, name, several, name in built_in) for name, several in by_name.items()]
    return findings


def _plugin(group: plugins.Group, name: str, claims: Sequence[plugins.Plugin], is_built_in: bool) -> Finding:
    packages = ", ".join(plugin.package for plugin in claims)
    if is_built_in:
        return finding("warning", group, "F_PLUGIN_OWN", name=name, packages=packages)
    if len(claims) > 1:
        return as_finding(group, plugins.twice(group, name, claims), "warning")
    try:
        _try(claims[0])
    except KBError as error:
        return as_finding(group, error, "warning")
    return finding("ok", group, "F_PLUGIN", name=name, packages=packages)


def _try(plugin: plugins.Plugin) -> None:
    """Imports what a package adds. Errors: PluginError."""
    from kb import labs

    if plugin.group == "kb.labs":
        labs.get(plugin.name)
    elif plugin.group == "kb.readers":
        if not callable(getattr(plugins.load(plugin), "read", None)):
            raise plugins.failed(plugin,
                                 Words("it has no read(data, limits, encoding)", "它没有 read(data, limits, encoding)"))
    elif not callable(plugins.load(plugin)):
        raise plugins.failed(plugin, Words("it cannot be called", "它无法调用"))


def _reader(readers: LibraryReader, encoder: Callable[[], Encoder]) -> list[Finding]:
    """Which trained reader is used and what it costs here; whether the library's own is sound."""
    findings: list[Finding] = []
    own = None
    try:
        own = readers.adapted(encoder())
        if own is None and readers.is_adapted:
            findings.append(finding("warning", "reader", "F_READER_UNUSED", path=readers.folder))
    except KBError as error:
        findings.append(as_finding("reader", error))
    try:
        found = own or readers.shipped(encoder())
    except KBError as error:
        return [*findings, as_finding("reader", error)]
    if found is None:
        return [*findings, finding("ok", "reader", "F_READER_OFF")]
    return [*findings, finding("ok", "reader", "F_READER_ADAPTED" if own else "F_READER", model=describe(found))]


def _encoder(encoder: Callable[[], Encoder]) -> Finding:
    try:
        found = encoder()
        reads = ", ".join(sorted(found.reads)) or Words("none of zh, en", "zh、en 都不识别")
        blind = {"zh", "en"} - found.reads
        is_far = isinstance(found, EngineEncoder) and found.is_far()  # measures what `describe` tells
        engine = found.describe() if isinstance(found, EngineEncoder) else None
        code = "F_ENCODER_FAR" if is_far else "F_ENCODER_BLIND" if blind else "F_ENCODER"
        return finding("warning" if blind or is_far else "ok", "encoder", code, name=found.name, dim=found.dim,
                       tokens=found.max_tokens, reads=reads, fingerprint=found.fingerprint,
                       blind=", ".join(sorted(blind)), least=LEAST_COSINE,
                       engine=Words(f"; {engine.en}", f"；{engine.zh}") if engine else "")
    except KBError as error:
        return as_finding("encoder", error)


def _openvino(settings: Settings, encoder: Callable[[], Encoder]) -> list[Finding]:
    """Where it is the engine: whether it is what adds to this library, and whether it is worth it here."""
    if settings.engine != "openvino" or settings.encoder != "bundled":
        return []
    try:
        found = for_many(encoder(), settings.engine)
    except KBError as error:
        return [as_finding("openvino", error)]
    if not isinstance(found, EngineEncoder) or not found.is_on_openvino:
        return [finding("warning", "openvino", "F_OPENVINO_UNUSED", fingerprint=found.fingerprint)]
    speed = found.engine.card()["tokens_per_second"]
    is_faster = speed["openvino"] > speed["int8"]
    return [finding("ok" if is_faster else "warning", "openvino", "F_OPENVINO" if is_faster else "F_OPENVINO_SLOW",
                    version=importlib.metadata.version("openvino"), engine=found.describe())]


def _library(home: Path, store: Store, encoder: Callable[[], Encoder]) -> list[Finding]:
    parent = next(path for path in (home, *home.parents) if path.exists())
    is_writable = os.access(parent, os.W_OK)
    findings = [
        finding("ok" if is_writable else "error", "library folder", "F_FOLDER" if is_writable else "F_FOLDER_READONLY",
                path=home, free=shutil.disk_usage(parent).free >> 20)
    ]
    if not store.exists():
        if home.is_dir():
            return [*findings, finding("warning", "library", "F_LIBRARY_EMPTY")]
        return [*findings, finding("warning", "library", "F_LIBRARY_NONE", path=home)]
    try:
        with store.read() as view:
            documents, passages = view.counts()
            saved = view.encoder()
            findings.append(finding("ok", "library", "F_LIBRARY", documents=documents, passages=passages,
                                    generation=view.generation()))
            if saved is not None:
                findings.append(_index(store, view))
            gone = [info for info in view.with_files(view.documents()) if info.is_gone]
            if gone:
                findings.append(finding("warning", "documents", "F_FILES_GONE", n=len(gone), path=gone[0].path))
        if saved is not None and saved.fingerprint != encoder().fingerprint:
            findings.append(finding("error", "library", "F_OTHER_ENCODER", saved=saved.fingerprint,
                                    now=encoder().fingerprint))
    except KBError as error:
        findings.append(as_finding("library", error))
    return findings


def _index(store: Store, view: View) -> Finding:
    is_building = store.index.is_building()
    if store.index.state(view) is None:
        return finding("ok" if is_building else "warning", "vector cache",
                       "F_NO_CACHE_BUILDING" if is_building else "F_NO_CACHE")
    return finding("ok", "vector cache", "F_CACHE_BUILDING" if is_building else "F_CACHE",
                   state=index_words(store, view))
