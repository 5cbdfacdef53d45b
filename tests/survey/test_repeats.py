import random

import numpy as np
import pytest

from kb import KnowledgeBase
from kb.survey.outline.repeats import DUPLICATE, likeness

SHARED = [
    "Pruning of {a} removes what matters least to {b} and keeps the rest as it was.",
    "Training of {a} goes on for a few epochs until {b} recover from the loss.",
    "A survey of {a} should say how {b} were measured, and on what machines.",
    "The cost of {a} is that {b} cannot be changed any more afterwards.",
    "In practice {a} halves the memory that {b} take during inference.",
]
THINGS = "weights heads layers tokens channels blocks neurons experts gates rows".split()


@pytest.fixture
def shared(tmp_path):
    """Sixty documents, each of eight sentences drawn from one pool and one sentence of its own."""
    random.seed(5)
    pool = sorted({random.choice(SHARED).format(a=a, b=b) for a in THINGS for b in THINGS if a != b})
    (tmp_path / "papers").mkdir()
    for i in range(60):
        own = (
            f"Study {i} looks at {THINGS[i % 10]} under condition {chr(97 + i % 26)}{chr(97 + i // 26)} with "
            f"instrument number {100 + i} of laboratory {200 + 7 * i}."
        )
        (tmp_path / "papers" / f"d{i:02}.md").write_text(f"# Study {i}\n\n{' '.join([*random.sample(pool, 8), own])}\n",
                                                         encoding="utf-8")
    with KnowledgeBase.open(tmp_path / "library", encoder="hashing") as base:
        base.add([tmp_path / "papers"])
        yield base


@pytest.mark.parametrize("length", ["medium", "long"])
def test_shared_text_is_said_once_and_every_document_still_speaks(shared, length):
    survey = shared.survey("pruning of networks", length=length, works=60)
    assert survey.audit["near_duplicates"] <= 0.06
    assert survey.audit["coverage"] == 1.0
    assert len(survey.references) == 60, [(row.title, row.reason) for row in survey.unused]
    assert survey.audit["section_reuse"] <= 0.15


def test_what_is_dropped_is_said_elsewhere(shared):
    from kb.survey.outline.plan import gather
    from kb.survey.sentences import units

    encoder = shared.encoder()
    documents = [shared.document(info.id) for info in shared.documents()]
    kept = gather(shared_request(), documents, encoder).units
    said = [unit for own in kept.values() for unit in own]
    vectors = encoder.encode([unit.text for unit in said])
    for document in documents[:10]:
        for unit in units(document):
            if unit not in kept[document.id]:
                near = float(np.max(vectors @ encoder.encode([unit.text])[0]))
                assert near >= 0.8 or any(likeness(unit, other) >= 0.7 for other in said)
    assert DUPLICATE == 0.85


def shared_request():
    from kb.survey import make_request

    return make_request("pruning of networks")
