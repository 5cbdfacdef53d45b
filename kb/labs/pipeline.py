"""Any pipeline of the transformers library, with a model of yours (section 5.1: translation, dialogue, generation and
the rest).

Reads: a task, a model (a folder, or a name on the hub) and an input.  Gives: what the model answers, or exactly what is
missing. Transformers 5 removed five pipelines that older texts use; three of them (translation, summarization,
text2text-generation) run here through the model's own `generate`. Only safetensors weights are read, and never code
that comes with a model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kb.encoder.encode import minilm_folder
from kb.errors import LabError
from kb.labs.lab import Formula, Lab, Param
from kb.labs.run import Run
from kb.labs.tools.blocks import refuse
from kb.types import Words

# since transformers 5.0
GONE = ("image-to-text", "question-answering", "summarization", "text2text-generation", "translation",
        "visual-question-answering")
SEQUENCE = ("summarization", "text2text-generation", "translation")
# What runs here, and on what. The rest of the library's tasks are named and refused.
TEXT = ("feature-extraction", "fill-mask", "text-classification", "text-generation", "token-classification",
        "zero-shot-classification", *SEQUENCE)
PICTURE = ("image-classification", "object-detection", "image-text-to-text", "zero-shot-image-classification")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def needs(what: Words, advice: Words) -> LabError:
    """The error that says what is missing and how to supply it."""
    return LabError("E_LAB_NEEDS", what=what, advice=advice)


def find_model(name: str, task: str, download: bool) -> str:
    """A folder with a model, or a name on the hub that may be asked for. Errors: LabError E_LAB_NEEDS."""
    if not name:
        if task == "feature-extraction":
            return str(minilm_folder())
        raise needs(
            Words(f"a model for {task}", f"一个能做 {task} 的模型"),
            Words(
                "give a folder with --set model=FOLDER (config.json, tokenizer files and model.safetensors in it), "
                "or a "
                "name on the hub and --set download=true",
                "用 --set model=文件夹 指定（内有 config.json、tokenizer 文件和 model.safetensors），"
                "或指定模型名并加 --set download=true"))
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise needs(Words(f"config.json in {folder}", f"{folder} 中的 config.json"),
                        Words("give a model's whole folder", "给出完整的模型文件夹"))
        if not any(folder.glob("*.safetensors")):
            raise needs(
                Words(f"safetensors weights in {folder}", f"{folder} 中的 safetensors 权重"),
                Words("pickled weights (.bin, .pt) can carry code and are not read; look for a safetensors version",
                      "pickle 格式的权重（.bin、.pt）可能夹带代码，这里不读；请找 safetensors 版本"))
        return str(folder)
    if folder.is_absolute() or name.startswith((".", "~")) or not _HUB_NAME.fullmatch(name):
        raise needs(
            Words(f"the folder {name} (there is none)", f"文件夹 {name}（不存在）"), Words("check the path", "检查路径")
        )
    if not download and not _cached(name):
        raise needs(
            Words(f"a download of {name}", f"下载 {name}"),
            Words(
                "allow it with --set download=true (some hundred MB to some GB, over the network), or download it "
                "elsewhere and give the folder",
                "允许下载：--set download=true（几百 MB 到几 GB，需要网络）；或在别处下载后给出文件夹",
            ),
        )
    return name


def _cached(name: str) -> bool:
    """Whether the hub's cache on this machine has this model."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def load(name: str, task: str, download: bool) -> tuple[Any, list[str]]:
    """(model, names of weights that the files do not hold: a head that was never trained). Errors: SettingError
    E_LAB_NEEDS."""
    from transformers import AutoModelForSeq2SeqLM
    from transformers.pipelines import SUPPORTED_TASKS

    tasks: dict[str, Any] = SUPPORTED_TASKS
    kinds: tuple[Any, ...] = (AutoModelForSeq2SeqLM,) if task in SEQUENCE else tasks[task]["pt"]
    reason: Exception | None = None
    for kind in kinds:
        try:
            model, info = kind.from_pretrained(name, output_loading_info=True, use_safetensors=True,
                                               trust_remote_code=False, local_files_only=not download)
            model.eval()
            return model, sorted(info["missing_keys"])
        # not there, of another kind, needs a package, sizes that do not fit
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            reason = error
    said = str(reason).strip().splitlines()[0][:200] if str(reason).strip() else type(reason).__name__
    raise needs(Words(f"a model for {task} ({name}: {said})", f"能做 {task} 的模型（{name}：{said}）"),
                Words("choose another model, or check the network", "换一个模型，或检查网络")) from reason


def answer(model: Any, name: str, params: Mapping[str, Any]) -> Any:
    """What the model makes of the input, in the pipeline's own form."""
    import torch
    import transformers

    library: Any = transformers  # its classes are made on first use and have no types
    task, text = params["task"], params["text"]
    files = {"local_files_only": not params["download"], "trust_remote_code": False}
    if task in SEQUENCE:
        tokenizer = library.AutoTokenizer.from_pretrained(name, **files)
        inputs = tokenizer([text], return_tensors="pt", truncation=True)
        with torch.inference_mode():
            out = model.generate(**inputs, max_new_tokens=params["length"], do_sample=False)
        return [{"text": tokenizer.decode(out[0], skip_special_tokens=True)}]
    if task in PICTURE:
        return _of_picture(library, model, name, params, files)
    run = library.pipeline(task, model=model, tokenizer=library.AutoTokenizer.from_pretrained(name, **files))
    if task == "zero-shot-classification":
        return run(text, candidate_labels=_labels(params))
    if task == "text-generation":
        said: Any = [{"role": "user", "content": text}] if run.tokenizer.chat_template else text
        return run(said, max_new_tokens=params["length"], do_sample=False)
    return run(text, top_k=None) if task == "text-classification" else run(text)


def _of_picture(library: Any, model: Any, name: str, params: Mapping[str, Any], files: Mapping[str, Any]) -> Any:
    task, picture = params["task"], params["picture"]
    parts = {"image_processor": library.AutoImageProcessor.from_pretrained(name, **files)}
    if "text" in task or "zero-shot" in task:
        processor = library.AutoProcessor.from_pretrained(name, **files)
        parts["tokenizer"] = processor.tokenizer
        if task == "image-text-to-text":
            parts["processor"] = processor
    run = library.pipeline(task, model=model, **parts)
    if task == "image-text-to-text":
        return run(images=picture, text=params["text"])
    if "zero-shot" in task:
        return run(picture, candidate_labels=_labels(params))
    return run(picture)


def _labels(params: Mapping[str, Any]) -> list[str]:
    return [label.strip() for label in re.split("[,，]", params["labels"]) if label.strip()]


def as_rows(result: Any, most: int = 20) -> list[dict[str, Any]]:
    """A pipeline's result as rows of a table; vectors as their shape and first values."""
    if isinstance(result, list) and len(result) == 1 and isinstance(result[0], list):
        has_rows = bool(result[0]) and isinstance(result[0][0], dict)
        return as_rows(result[0], most) if has_rows else [_vectors(result[0])]
    if isinstance(result, dict) and isinstance(result.get("labels"), list):
        return [{"label": label, "score": round(float(score), 4)}
                for label, score in zip(result["labels"], result["scores"], strict=True)][:most]
    rows = result if isinstance(result, list) else [result]
    return [{name: _cell(value) for name, value in row.items()} for row in rows[:most]]


def _cell(value: Any) -> str | int | float:
    if isinstance(value, float):
        return round(value, 4)
    return value if isinstance(value, (str, int)) else str(value)


def _vectors(rows: list[list[float]]) -> dict[str, Any]:
    return {
        "shape": f"{len(rows)} x {len(rows[0])}", "first values": ", ".join(f"{value:.3f}" for value in rows[0][:6])
    }


def check(params: Mapping[str, Any]) -> None:
    """Errors: SettingError."""
    task = params["task"]
    if task in PICTURE and not params["picture"]:
        refuse("picture", Words(f"{task} wants a picture", f"{task} 需要一张图片"))
    if task in TEXT and not params["text"].strip():
        refuse("text", Words(f"{task} wants a text", f"{task} 需要一段文本"))
    if "zero-shot" in task and len(_labels(params)) < 2:
        refuse("labels", Words("two candidate labels at least, with commas between", "至少两个候选标签，用逗号分开"))


def work(params: Mapping[str, Any], run: Run) -> dict[str, Any]:
    check(params)
    task, download = params["task"], params["download"]
    name = find_model(params["model"], task, download)
    if task in GONE:
        run.event(
            "note", text=Words(
                f"Transformers 5 removed the pipeline {task} (and {', '.join(each for each in GONE if each != task)}); "
                "the model's own generate is called instead.",
                f"transformers 5 去掉了 {task} 这个 pipeline（还有 "
                f"{'、'.join(each for each in GONE if each != task)}）；"
                "这里直接调用模型的 generate。"))
    if not download:
        os.environ["HF_HUB_OFFLINE"] = "1"
    run.event("metric", step=0, loaded=0)
    model, missing = load(name, task, download)
    n_parameters = sum(tensor.numel() for tensor in model.parameters())
    run.event("metric", step=1, loaded=1)
    if missing and task not in ("feature-extraction", *SEQUENCE):
        run.event(
            "note",
            text=Words(
                f"Untrained head: the files do not hold {', '.join(missing[:4])}; the labels below are chance and mean "
                "nothing.",
                f"没有训练过的输出层：权重文件中没有 {'、'.join(missing[:4])}，下面的标签是随机的，不能当真。",
            ),
        )
    result = [] if run.stopped() else as_rows(answer(model, name, params))
    run.event("table", title=Words(f"what {task} gave", f"{task} 的结果"), rows=result)
    return {
        "task": task, "model": params["model"] or "all-MiniLM-L6-v2", "parameters": n_parameters,
        "untrained_weights": len(missing) if task != "feature-extraction" else 0, "rows": len(result)
    }


LAB = Lab(
    name="pipeline",
    title=Words("Any task with a model of yours", "用你的模型跑任意任务"),
    about=Words(
        "Translation, dialogue, generation, filling in, classification, pictures: name a task and a model's folder "
        "(or hub name); it runs, or says what is missing and how to supply it. The default reads vectors from the "
        "bundled encoder.",
        "翻译、对话、续写、填空、分类、图像：给出任务和模型文件夹（或模型名），能跑就跑，不能跑就说明缺什么、怎样补。"
        "默认用自带的编码器取词向量。",
    ),
    section="6.1",
    question=Words("Which tasks can a pre-trained model do as it is?", "预训练模型可以直接做哪些任务？"),
    params=(
        Param("task", "choice", "feature-extraction", Words("task", "任务"), choices=(*TEXT, *PICTURE)),
        Param(
            "model",
            "text",
            "",
            Words("model", "模型"),
            Words(
                "a folder, or a name on the hub; empty: the bundled encoder", "文件夹，或 hub 上的名字；空：自带编码器"
            ),
        ),
        Param("text", "text", "Attention is all you need.", Words("text", "文本")),
        Param("picture", "file", "", Words("picture", "图片"), Words("for tasks on pictures", "图像任务用")),
        Param(
            "labels",
            "text",
            "",
            Words("candidate labels", "候选标签"),
            Words("for zero-shot tasks, with commas between", "零样本分类用，逗号分开"),
        ),
        Param("length", "int", 60, Words("most new tokens", "最多生成的词元"), low=1, high=2000),
        Param("download", "bool", False, Words("allow a download", "允许下载"), Words("needs a network", "需要网络")),
    ),
    work=work,
    seconds=5,
    trains=False,
    formulas=(
        Formula(
            r"\hat y = \arg\max_y P(y | x)",
            'out = model.generate(**inputs, max_new_tokens=params["length"], do_sample=False)',
            Words(
                "The likeliest token at each step; the article does not say how text is generated.",
                "每一步取最可能的词元；文章没有说怎样生成。",
            ),
        ),
    ),
    modules=("kb.labs.tools.blocks",),
)
