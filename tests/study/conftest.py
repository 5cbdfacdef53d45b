"""A small library of papers about pots, for questions about the library itself."""

import pytest

from kb import KnowledgeBase
from kb.study.papers import Paper

PAPERS = {
    "kiln.md": ("Kiln: A Slow Method for Firing Pots", "[Ada Okoro, Bao Lin, Carla Mendes]", "2019", "POTS 2019",
                "We propose Kiln, which fires pots slowly. Kiln is trained with the Glaze optimiser and evaluated on "
                "ClayBench, where it breaks 3 of 100 pots."),
    "wheel.md": ("Throwing Wheels Compared", "[Ada Okoro]", "2021", "Journal of Pottery",
                 "We compare five wheels on ClayBench. Our best wheel extends Kiln with a cooler flame.\n\n"
                 "## References\n\n[1] A. Okoro, B. Lin, C. Mendes. Kiln: A Slow Method for Firing Pots. POTS, 2019.\n"
                 "[2] D. Ruiz. Stones and how to lift them. Quarry Press, 2001.\n"),
    "glaze.zh.md": ("陶瓷釉料优化方法研究", "[林宝, 王小明]", "2021", "陶瓷学报",
                    "本文提出一种釉料优化方法 GlazeNet，在 ClayBench 数据集上进行实验。"),
    "letter.md": ("A Letter on Cracks", "", "", "", "Cracks come from haste. A letter says no more than this."),
    "salt.md": ("Salt on Clay", "[Cai Lin]", "2010", "Clay Letters", "Cai Lin, University of Ely\n\n## Introduction\n\n"
                "Salt makes the clay shine.\n\n## Experiments\n\nWe compare our salted pots with Kiln as a baseline."),
    "twin.md": ("Throwing Wheels Compared", "[Bao Lin]", "1998", "Old Pots", "Wheels of wood were compared by hand."),
}


def paper(title: str, authors: str, year: str, venue: str, text: str) -> str:
    """A file that says of itself what is given."""
    fields = {"title": f'"{title}"', "authors": authors, "year": year, "venue": venue}
    head = "\n".join(f"{name}: {value}" for name, value in fields.items() if value)
    return f"---\n{head}\n---\n# {title}\n\n{text}\n"


@pytest.fixture(scope="session")
def pots(tmp_path_factory):
    """The library, opened."""
    folder = tmp_path_factory.mktemp("pots")
    for name, parts in PAPERS.items():
        (folder / name).write_text(paper(*parts), encoding="utf-8")
    with KnowledgeBase.open(folder / "home") as base:
        base.add([folder / name for name in PAPERS])
        yield base


@pytest.fixture
def paper_of(base, tmp_path):
    """Reads a text as the paper of a library."""
    def read(text: str) -> Paper:
        path = tmp_path / "paper.md"
        path.write_text(text, encoding="utf-8")
        base.add(path)
        info = next(info for info in base.documents() if info.path.endswith(str(path)))
        return Paper(base.document(info.id))
    return read
