"""The lines of text in a picture of a page, each with how sure the recogniser is of it.

Reads: a picture, uint8 [height, width, 3].  Gives: Seen, in no order. Next: scanned.py makes lines of a page of them.
RapidOCR runs two small networks (where are lines, what do they say; Chinese, English and their mixture) in ONNX
Runtime; its wheel holds them, and they are named by their paths here, so that nothing is ever fetched. A page that is
upside down or lies on its side is turned first: the way in which its longest lines read best.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Corners = NDArray[np.float64]  # [4, 2]: x, y of left top, right top, right bottom, left bottom

_SIDE = 2000  # pixels of the longer side in which lines are looked for; they are read in the picture's own
_SAMPLE = 6  # of the longest lines, to see which way up they are
_READS = 0.85  # mean confidence of lines that are the right way up; upside down they have .3 to .6
_TALL = 1.5  # height to width of a box whose line goes up or down
_STRIP, _WIDER = 8, 4  # height to width of a picture from which on it is made wider, and what it becomes


class Seen(NamedTuple):
    """A line. confidence: the recogniser's, the mean over its characters.  corners: of its box, in pixels."""

    text: str
    confidence: float
    corners: Corners


class Recognised(NamedTuple):
    """turn: how many quarters the picture was turned to the left; seen: in the picture as it was turned."""

    turn: int
    seen: list[Seen]


def recognise(picture: Picture) -> Recognised:
    """What is written in a picture of a page."""
    engine = _engine()
    boxes = _boxes(engine, picture)
    turn = _turn(engine, picture, boxes)
    if turn:
        picture = np.ascontiguousarray(np.rot90(picture, turn))
        boxes = _boxes(engine, picture)
    read = _read(engine, engine.crop_text_regions(picture, list(boxes)))
    return Recognised(turn, [Seen(text, confidence, corners.astype(np.float64))
                             for (text, confidence), corners in zip(read, boxes, strict=True) if text.strip()])


@lru_cache(maxsize=1)
def _engine() -> Any:
    import cv2
    import rapidocr

    cv2.setNumThreads(1)
    models = Path(rapidocr.__file__).parent / "models"
    runtime = "EngineConfig.onnxruntime"
    engine = rapidocr.RapidOCR(params={
        "Global.log_level": "critical", "Global.text_score": 0.0, "Global.max_side_len": _SIDE, "Global.use_cls": False,
        "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
        "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
        # One core: a process that forks must have no threads, and the machine has other work.
        f"{runtime}.intra_op_num_threads": 1, f"{runtime}.inter_op_num_threads": 1,
    })
    engine(np.full((64, 320, 3), 255, np.uint8), use_cls=False)  # loads both networks
    engine.recognize_txt([np.full((48, 320, 3), 255, np.uint8)])
    return engine


def _boxes(engine: Any, picture: Picture) -> Corners:
    """[n, 4, 2] in pixels of the picture. The network enlarges until the shorter side has 736 pixels, so that a strip
    of 9 x 3,000 would cost what a hundred pages do: it stands on a wider ground."""
    height, width = picture.shape[:2]
    if height > _STRIP * width:
        ground = np.full((height, height // _WIDER, 3), np.median(picture, axis=(0, 1)), np.uint8)
        ground[:, :width] = picture
        picture = ground
    found = engine(picture, use_det=True, use_cls=False, use_rec=False)
    boxes = getattr(found, "boxes", None)
    return np.zeros((0, 4, 2), np.float32) if boxes is None else np.asarray(boxes, np.float32)


def _read(engine: Any, crops: Sequence[Picture]) -> list[tuple[str, float]]:
    if not crops:
        return []
    read = engine.recognize_txt(list(crops))
    return list(zip(read.txts, map(float, read.scores), strict=True))


def _turn(engine: Any, picture: Picture, boxes: Corners) -> int:
    """Quarters to the left by which the picture is to be turned."""
    if not len(boxes):
        return 0
    widths = np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    heights = np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1)
    lengths, is_tall = np.maximum(widths, heights), heights > _TALL * widths
    on_side = bool(lengths[is_tall].sum() > lengths[~is_tall].sum())
    longest = sorted(np.flatnonzero(is_tall == on_side), key=lambda i: -lengths[i])[:_SAMPLE]
    crops = engine.crop_text_regions(picture, [boxes[i] for i in longest])  # tall ones are turned to the left by it
    upright = _confidence(_read(engine, crops))
    is_upside_down = upright < _READS and _confidence(_read(engine, [np.rot90(crop, 2) for crop in crops])) > upright
    return on_side + 2 * is_upside_down


def _confidence(read: Sequence[tuple[str, float]]) -> float:
    total = sum(len(text) for text, _ in read)
    return sum(confidence * len(text) for text, confidence in read) / total if total else 0.0
