"""Train the cross-encoder: the bundled encoder's layers go on from where they are, three heads begin from nothing.

Reads: Lessons (reading_lessons.py), and a larger reader to learn from, where there is one.  Gives: the folder that
cross_encoder.py opens. Loss of a group of four passages:

    listwise    -log of the share that the sentences which answer have of all sentences (the softmax over the group)
    sentence    whether each sentence answers, by itself: the score must mean the same in every group
    answerable  whether each passage has an answer, from [CLS]
    span        first and last token of the answer, where they are known

A smaller reader takes the first layers of a larger one, and half of its loss is what the larger one says (Hinton et al.
2015, temperature 2). The embedding table is not trained: it is the encoder's.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.encoder.cross_encoder import HIDDEN, WIDTH, shapes
from kb.encoder.encode import BundledEncoder, bert_states, bundled
from kb.encoder.reading_data import read_passages, read_questions
from kb.encoder.reading_lessons import GROUP, MAX_SENTENCES, Lessons, Row
from kb.encoder.teach import machine
from kb.encoder.training import Checkpoint, Step, train
from kb.encoder.vocabulary import mapped_tensors
from kb.errors import DataError
from kb.types import Progress, Vectors, Words

if TYPE_CHECKING:
    import torch

    Weights = dict[str, torch.Tensor]

OnProgress = Callable[[Progress], None]
_MOST_JUDGED = 100  # questions of a source: half a second each on one CPU core
_NEVER = -1e4  # the logit of what there is not
_WORD = "embeddings.word_embeddings.weight"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result besides the data."""

    layers: int = 6
    epochs: int = 7
    batch_tokens: int = 45_000  # about 57 groups of four
    rate: float = 2.5e-4
    warm_steps: int = 200
    decay: float = 0.01
    dropout: float = 0.1
    answer_weight: float = 2.0  # a sentence that answers counts so much more than one that does not
    sentence_weight: float = 4.0
    answerable_weight: float = 0.7
    span_weight: float = 0.7
    smoothing: float = 0.0  # of the labels of sentences: surer than that it need not be
    renamed: float = 0.35  # share of groups with the passage about another name
    temperature: float = 2.0
    seed: int = 1


RECIPE = Recipe()


class Packed(NamedTuple):
    """A batch: tokens, sentence int [B, T] (-1: none), is_read bool [B, T] (after the question), mask bool [B, T];
    gold, ignored bool [B, S]; span int [B, 2], -1 where there is none."""

    tokens: torch.Tensor
    sentence: torch.Tensor
    is_read: torch.Tensor
    mask: torch.Tensor
    gold: torch.Tensor
    ignored: torch.Tensor
    span: torch.Tensor


class Judged(NamedTuple):
    """What a reader says to a batch: logits of sentences [B, S], of first and last token [B, T, 2], answerable [B]."""

    sentences: torch.Tensor
    spans: torch.Tensor
    answerable: torch.Tensor


class Network:
    """A reader that learns: weights by the names of cross_encoder.shapes, beside the frozen table of the encoder.

    is_fast: matrix products run in bfloat16.
    """

    def __init__(self, encoder: BundledEncoder, weights: Mapping[str, NDArray[np.float32]], device: str = "cpu", *,
                 is_fast: bool = False) -> None:
        import torch

        self.device, self.is_fast = device, is_fast
        self.weights: Weights = {name: torch.tensor(values, device=device, requires_grad=True)
                                 for name, values in weights.items()}
        n_layers = sum(name.endswith("query.weight") for name in weights)
        self.config = {**encoder.config, "num_hidden_layers": n_layers}
        self._table = encoder.weights[_WORD].clone().to(device)

    def __call__(self, batch: Packed, dropout: float = 0.0) -> Judged:
        import torch
        from torch.nn import functional as F

        types = self.weights["embeddings.token_type_embeddings.weight"]
        embedded = self._table[batch.tokens] + batch.is_read[..., None] * (types[1] - types[0])
        drop = (lambda x: F.dropout(x, dropout)) if dropout else None
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.is_fast):
            states = bert_states(self.weights, self.config, embedded, batch.mask, drop=drop)
        return self._heads(states.float(), batch)

    def _heads(self, states: torch.Tensor, batch: Packed) -> Judged:
        """states: [B, T, d]"""
        import torch
        from torch.nn import functional as F

        member = F.one_hot(batch.sentence + 1, MAX_SENTENCES + 1)[..., 1:].float()  # [B, T, S]
        counts = member.sum(1)  # [B, S]
        means = torch.einsum("bts,btd->bsd", member, states) / counts.clamp(min=1)[..., None]
        pairs = torch.cat([means, states[:, :1].expand_as(means)], dim=-1)
        scores = self._product(F.gelu(self._product(pairs, "sentence.hidden")), "sentence.output")[..., 0]
        is_there = batch.mask & batch.is_read
        spans = self._product(states, "span").masked_fill(~is_there[..., None], _NEVER)
        return Judged(scores.masked_fill(counts == 0, _NEVER), spans, self._product(states[:, 0], "answerable")[:, 0])

    def _product(self, x: torch.Tensor, name: str) -> torch.Tensor:
        from torch.nn import functional as F

        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The weights as they are now."""
        return {name: tensor.detach().cpu().numpy() for name, tensor in self.weights.items()}


def first_weights(encoder: BundledEncoder, n_layers: int, seed: int) -> dict[str, NDArray[np.float32]]:
    """The bundled body as it is for Chinese texts, cut after n_layers; heads drawn at random."""
    rng = np.random.default_rng(seed)
    deltas = encoder.chinese.deltas if encoder.chinese else {}
    weights = {}
    for name, shape in shapes(n_layers).items():
        if name in encoder.weights:
            weights[name] = encoder.weights[name].numpy().copy()
            if name in deltas:
                b, a = deltas[name]
                weights[name] += b @ a
        else:  # as torch's Linear begins
            n_in = {"sentence.hidden": 2 * WIDTH, "sentence.output": HIDDEN}.get(name.rsplit(".", 1)[0], WIDTH)
            bound = 1 / np.sqrt(n_in)
            weights[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
    return weights


def load_weights(folder: Path, n_layers: int) -> dict[str, NDArray[np.float32]]:
    """The weights of a reader that is there, its first layers. Errors: OSError, KeyError if it has fewer."""
    tensors = mapped_tensors(folder / "reader.safetensors")
    return {name: tensors[name] * tensors[f"{name}.scale"][:, None] if f"{name}.scale" in tensors
            else tensors[name].copy() for name in shapes(n_layers)}


def train_reader(passages: Path, questions: Path, folder: Path, recipe: Recipe = RECIPE, *, begin: Path | None = None,
                 teacher: Path | None = None, licences: Mapping[str, str] = MappingProxyType({}),
                 on_progress: OnProgress = lambda progress: None) -> dict[str, Any]:
    """Train a reader and write it to `folder` with its card; gives the card.

    begin: folder of a reader of as many layers or more, to go on from. teacher: folder of a larger one, whose judgement
    it learns as well, and whose first layers it begins with if nothing else is said.
    licences: source of questions (`src`) -> where it is from and its licence, for the card.
    A killed run goes on from folder/state.safetensors when it is started again with the same arguments. On a CUDA
    machine training runs there. Errors: DataError with file and line.
    """
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(recipe.seed)
    encoder = bundled()
    assert encoder.chinese is not None
    texts = read_passages(passages)
    lessons = Lessons(encoder, texts, read_questions(questions, texts), recipe.renamed)
    chosen = [i for i, question in enumerate(lessons.questions) if not question.is_dev]
    if not chosen:
        raise DataError("E_TOO_LITTLE", what=Words("questions to train on", "训练问题"), found=0, needed=1,
                        advice=Words('give some with "split": "train"', '请给出 "split": "train" 的问题'))
    above = Network(encoder, load_weights(teacher, _n_layers(teacher)), device, is_fast=True) if teacher else None
    known = begin or teacher
    weights = load_weights(known, recipe.layers) if known else first_weights(encoder, recipe.layers, recipe.seed)
    network = Network(encoder, weights, device, is_fast=True)
    folder.mkdir(parents=True, exist_ok=True)
    losses, seconds = fit(network, lessons, chosen, recipe, above, folder / "state.safetensors", on_progress)
    card = {"layers": recipe.layers, "vocabulary": encoder.chinese.fingerprint, "recipe": asdict(recipe),
            "data": describe(lessons, licences), "losses": losses, "hours": round(seconds / 3600, 2),
            "begun_from": begin.name if begin else None, "teacher": teacher.name if teacher else None,
            "machine": machine(), "dev": scores(network, lessons, recipe)}
    save(folder, network.arrays(), card)
    (folder / "state.safetensors").unlink(missing_ok=True)
    return card


def _n_layers(folder: Path) -> int:
    return sum(name.endswith("query.weight") for name in mapped_tensors(folder / "reader.safetensors"))


def fit(network: Network, lessons: Lessons, chosen: Sequence[int], recipe: Recipe, teacher: Network | None,
        state: Path, on_progress: OnProgress) -> tuple[Sequence[float], float]:
    """(mean loss of each epoch, seconds)."""
    import torch

    parameters = list(network.weights.values())
    groups = [{"params": [x for x in parameters if (x.dim() > 1) == is_matrix], "weight_decay": decay}
              for is_matrix, decay in ((True, recipe.decay), (False, 0.0))]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.98))

    def loss_of(batch: tuple[int, list[int]]) -> torch.Tensor:
        seed, numbers = batch
        rng = np.random.default_rng([recipe.seed, seed])
        packed = pack([row for number in numbers for row in lessons.group(number, rng)], network.device)
        judged = network(packed, recipe.dropout)
        loss = own_loss(judged, packed, recipe)
        if teacher is None:
            return loss
        with torch.no_grad():
            said = teacher(packed)
        return 0.5 * loss + taught_loss(judged, said, packed, recipe)

    def show(step: Step) -> None:
        if step.number % 20 == 0:
            on_progress(Progress("train", step.number, step.n_steps, f"loss {step.mean_loss:.4f}"))

    n_batches = len(batches(lessons, chosen, recipe, 0))
    warm = min(recipe.warm_steps, recipe.epochs * n_batches // 10 + 1)
    done = train(lambda epoch: batches(lessons, chosen, recipe, epoch)[:n_batches], loss_of, parameters, [optimiser],
                 epochs=recipe.epochs, pace=lambda taken, n: min(1.0, (taken + 1) / warm) * max(0.01, 1 - taken / n),
                 clip=1.0, on_step=show, checkpoint=Checkpoint(state))
    return done.losses, done.seconds


def batches(lessons: Lessons, chosen: Sequence[int], recipe: Recipe, epoch: int) -> list[tuple[int, list[int]]]:
    """(seed, questions) of each batch of an epoch: questions of like length together, in an order of their own."""
    rng = np.random.default_rng([recipe.seed, epoch, 17])
    order = rng.permutation(np.array(chosen))
    found: list[list[int]] = []
    for part in np.array_split(order, max(1, len(order) // 20_000)):
        total = 0
        for number in sorted(part.tolist(), key=lessons.length):
            if total == 0 or total + lessons.length(number) > recipe.batch_tokens:
                found.append([])
                total = 0
            found[-1].append(number)
            total += lessons.length(number)
    return [(epoch * len(found) + i, found[i]) for i in rng.permutation(len(found))]


def pack(rows: Sequence[Row], device: str = "cpu") -> Packed:
    """Rows as one batch, filled up to the longest, and to a multiple of 32: kernels are kept for each width."""
    import torch

    shape = (len(rows), -(-max(len(row.tokens) for row in rows) // 32) * 32)
    tokens, sentence = np.zeros(shape, np.int64), np.full(shape, -1)
    is_read, mask = np.zeros(shape, bool), np.zeros(shape, bool)
    gold, ignored = np.zeros((len(rows), MAX_SENTENCES), bool), np.zeros((len(rows), MAX_SENTENCES), bool)
    for i, row in enumerate(rows):
        n = len(row.tokens)
        tokens[i, :n], sentence[i, :n], mask[i, :n], is_read[i, row.n_asked:n] = row.tokens, row.sentence, True, True
        gold[i, [j for j in row.gold if j < MAX_SENTENCES]] = True
        ignored[i, [j for j in row.ignored if j < MAX_SENTENCES]] = True
    span = np.array([row.span for row in rows])
    return Packed(*(torch.from_numpy(x).to(device) for x in (tokens, sentence, is_read, mask, gold, ignored, span)))


def own_loss(judged: Judged, batch: Packed, recipe: Recipe) -> torch.Tensor:
    """The four losses of the labels, weighed. Every GROUP rows of the batch are a group."""
    import torch
    from torch.nn import functional as F

    is_there = judged.sentences > _NEVER / 2
    gold = batch.gold & is_there
    counted, y = (is_there & ~(batch.ignored & ~gold)).float(), gold.float()
    scores, answers = _by_group(judged.sentences, batch, gold), gold.view(-1, GROUP * MAX_SENTENCES)
    share = torch.logsumexp(scores, 1) - torch.logsumexp(scores.masked_fill(~answers, _NEVER), 1)
    loss = _mean(share, answers.any(1))
    target = y * (1 - recipe.smoothing) + recipe.smoothing / 2
    each = F.binary_cross_entropy_with_logits(judged.sentences, target, reduction="none")
    weight = counted * (1 + recipe.answer_weight * y)
    loss = loss + recipe.sentence_weight * (each * weight).sum() / counted.sum()
    has_answer = gold.any(1).float()
    loss = loss + recipe.answerable_weight * F.binary_cross_entropy_with_logits(judged.answerable, has_answer)
    edges = [F.cross_entropy(judged.spans[..., k], batch.span[:, k].clamp(min=0), reduction="none") for k in (0, 1)]
    return loss + recipe.span_weight * _mean((edges[0] + edges[1]) / 2, batch.span[:, 0] >= 0)


def taught_loss(judged: Judged, said: Judged, batch: Packed, recipe: Recipe) -> torch.Tensor:
    """How far a reader is from what a larger one says of the same batch."""
    from torch.nn import functional as F

    t = recipe.temperature
    is_there = judged.sentences > _NEVER / 2
    gold = batch.gold & is_there
    counted = (is_there & ~(batch.ignored & ~gold)).float()
    own, others = (_by_group(x.sentences, batch, gold) / t for x in (judged, said))
    loss = F.kl_div(F.log_softmax(own, 1), F.softmax(others, 1), reduction="batchmean") * t * t
    apart = (judged.sentences.sigmoid() - said.sentences.sigmoid()) ** 2
    loss = loss + 8 * (apart * counted).sum() / counted.sum()
    loss = loss + 0.1 * ((judged.answerable - said.answerable) ** 2).mean()
    for k in (0, 1):
        own, others = F.log_softmax(judged.spans[..., k] / t, 1), F.softmax(said.spans[..., k] / t, 1)
        loss = loss + _mean(F.kl_div(own, others, reduction="none").sum(1), batch.span[:, 0] >= 0)
    return loss


def _by_group(sentences: torch.Tensor, batch: Packed, gold: torch.Tensor) -> torch.Tensor:
    """[G, GROUP * S]: the logits of a group's sentences, without those that may answer too."""
    return sentences.masked_fill(batch.ignored & ~gold, _NEVER).view(-1, GROUP * MAX_SENTENCES)


def _mean(values: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """The mean of those that count, 0 if none does."""
    return (values * counts).sum() / counts.sum().clamp(min=1)


def scores(network: Network, lessons: Lessons, recipe: Recipe) -> dict[str, dict[str, float]]:
    """Source -> n, first: share of its first dev questions whose best sentence of four passages answers; masked and
    renamed: how often a passage scores above what is left of it without its answer, above itself about another name."""
    rng = np.random.default_rng(recipe.seed)
    outcomes: dict[str, list[tuple[bool, float, float]]] = {}
    for number, question in enumerate(lessons.questions):
        judged = outcomes.setdefault(question.source, []) if question.is_dev and question.gold else None
        if judged is not None and len(judged) < _MOST_JUDGED:
            judged.append(_outcome(network, lessons, number, rng))
    return {source: {"n": len(found), "first": round(float(np.mean([first for first, _, _ in found])), 3),
                     "masked": _above([x for _, x, _ in found]), "renamed": _above([x for _, _, x in found])}
            for source, found in outcomes.items()}


def _outcome(network: Network, lessons: Lessons, number: int, rng: np.random.Generator) -> tuple[bool, float, float]:
    """(the best sentence answers; by how much the passage is above itself masked, and renamed: nan if neither is)."""
    import torch

    rows = lessons.group(number, rng, is_training=False)
    is_titled = bool(lessons.passages[lessons.questions[number].passage].title)
    others = [change(number, rng, is_titled, is_training=False) for change in (lessons.masked, lessons.renamed)]
    with torch.no_grad():
        batch = pack(rows + [row for row in others if row], network.device)
        found = network(batch).sentences.cpu().numpy()
    best = int(found[:GROUP].argmax())
    tops = iter(found[0].max() - found[GROUP:].max(axis=1))
    masked, renamed = (float(next(tops)) if row else float("nan") for row in others)
    return best < MAX_SENTENCES and best in rows[0].gold, masked, renamed


def _above(differences: Sequence[float]) -> float:
    known = [x for x in differences if not np.isnan(x)]
    return round(float(np.mean([x > 0 for x in known])), 3) if known else float("nan")


def save(folder: Path, tensors: Mapping[str, Vectors], card: Mapping[str, Any]) -> None:
    """Write a reader: matrices rounded to int8 with a scale for each row, an error of at most 1/254 of the row's
    largest value. Both files are renamed into place, the card with the hash last.

    tensors: by the names of `shapes`; card: what is known of its making, with "layers" and "vocabulary".
    """
    from safetensors.numpy import save as to_bytes

    data = to_bytes(dict(_rounded(tensors)))
    hashes = {"reader.safetensors": hashlib.sha256(data).hexdigest()}
    text = json.dumps({**card, "sha256": hashes}, ensure_ascii=False, indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("reader.safetensors", data), ("card.json", text.encode())):
        part = folder / f"{name}.part"
        part.write_bytes(content)
        part.replace(folder / name)


def _rounded(tensors: Mapping[str, Vectors]) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, values in tensors.items():
        if values.ndim == 2 and len(values) > 2:  # the heads of one and two rows are small, and stay as they are
            scale = (np.abs(values).max(axis=1).clip(min=1e-12) / 127).astype(np.float32)
            yield name, np.rint(values / scale[:, None]).astype(np.int8)
            yield f"{name}.scale", scale
        else:
            yield name, values.astype(np.float32)


def describe(lessons: Lessons, licences: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Source -> its questions to train on and to judge by, and its licence, or that none is stated."""
    counts = Counter((question.source, question.is_dev) for question in lessons.questions)
    return {source: {"train": counts[source, False], "dev": counts[source, True],
                     "licence": licences.get(source, "not stated")}
            for source in sorted({source for source, _ in counts})}
