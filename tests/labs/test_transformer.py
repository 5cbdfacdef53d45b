import datetime
import random

import pytest
import torch

from kb import labs
from kb.errors import DataError, SettingError
from kb.labs import read_events
from kb.labs import transformer as lab
from kb.labs.tools import rewriting

SMALL = {"steps": 5, "batch": 4, "width": 16, "heads": 2, "layers": 1}


def into(module, weights, name):
    """Puts our projections into a torch.nn.MultiheadAttention."""
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.cat([weights[f"{name}.{which}.weight"] for which in "qkv"]))
        module.in_proj_bias.copy_(torch.cat([weights[f"{name}.{which}.bias"] for which in "qkv"]))
        module.out_proj.weight.copy_(weights[f"{name}.o.weight"])
        module.out_proj.bias.copy_(weights[f"{name}.o.bias"])


def copy(module, weights, name):
    with torch.no_grad():
        module.weight.copy_(weights[f"{name}.weight"])
        module.bias.copy_(weights[f"{name}.bias"])


def stirred(shape):
    """Weights without zeros and ones, so that a forgotten bias or norm is noticed."""
    g = torch.Generator().manual_seed(1)
    return {
        name: (tensor.detach() + 0.1 * torch.randn(tensor.shape, generator=g))
        for name, tensor in lab.new(shape, 0).items()
    }


@pytest.mark.parametrize("formula", ["pre-norm", "post-norm"])
def test_encoder_and_decoder_agree_with_torchs_own_transformer(formula):
    shape = lab.Shape("abcdefgh", 16, 1, 4, formula)
    w = stirred(shape)
    options = {"dim_feedforward": 64, "dropout": 0.0, "batch_first": True, "norm_first": formula == "pre-norm"}
    enc, dec = torch.nn.TransformerEncoderLayer(16, 4, **options), torch.nn.TransformerDecoderLayer(16, 4, **options)
    into(enc.self_attn, w, "encoder.0.self")
    into(dec.self_attn, w, "decoder.0.self")
    into(dec.multihead_attn, w, "decoder.0.cross")
    for module, side in ((enc, "encoder.0"), (dec, "decoder.0")):
        copy(module.linear1, w, f"{side}.up")
        copy(module.linear2, w, f"{side}.down")
        copy(module.norm1, w, f"{side}.self.norm")
    copy(enc.norm2, w, "encoder.0.norm")
    copy(dec.norm2, w, "decoder.0.cross.norm")
    copy(dec.norm3, w, "decoder.0.norm")

    source, before = lab.numbers(shape.letters, ["abc", "hgfed"]), torch.tensor([[1, 3, 4], [1, 5, 6]])
    padding = source == lab.PAD
    c = enc(lab.embed(w, shape, source), src_key_padding_mask=padding)
    if formula == "pre-norm":
        c = torch.nn.functional.layer_norm(c, (16,), w["encoder.norm.weight"], w["encoder.norm.bias"])
    own_c = lab.encoder(w, shape, source)
    assert torch.allclose(own_c[~padding], c[~padding], atol=1e-5)
    x = dec(lab.embed(w, shape, before), own_c, tgt_mask=torch.nn.Transformer.generate_square_subsequent_mask(3),
            memory_key_padding_mask=padding)
    if formula == "pre-norm":
        x = torch.nn.functional.layer_norm(x, (16,), w["decoder.norm.weight"], w["decoder.norm.bias"])
    logits, _ = lab.decoder(w, shape, own_c, source, before)
    assert torch.allclose(logits, x @ w["out.weight"].T + w["out.bias"], atol=1e-4)


def test_a_later_letter_never_changes_an_earlier_answer():
    shape = lab.Shape("abcdefgh", 16, 2, 4)
    w, source = stirred(shape), lab.numbers("abcdefgh", ["abc"])
    c = lab.encoder(w, shape, source)
    one, _ = lab.decoder(w, shape, c, source, torch.tensor([[1, 3, 4, 5]]))
    other, _ = lab.decoder(w, shape, c, source, torch.tensor([[1, 3, 9, 9]]))
    assert torch.allclose(one[:, :2], other[:, :2], atol=1e-6)
    assert not torch.allclose(one[:, 2], other[:, 2], atol=1e-3)


def test_the_loss_is_the_mean_surprise_of_each_true_letter():
    shape = lab.Shape("abcdefgh", 16, 1, 2)
    w = stirred(shape)
    value = float(lab.loss(w, shape, [("ab", "ba"), ("abc", "cbah")])["loss"])
    surprises = []
    for source, target in (("ab", "ba"), ("abc", "cbah")):
        x = lab.numbers(shape.letters, [source])
        y = [*lab.numbers(shape.letters, [target])[0].tolist()]
        for t in range(len(y)):
            logits, _ = lab.decoder(w, shape, lab.encoder(w, shape, x), x, torch.tensor([[lab.START, *y[:t]]]))
            surprises.append(-float(logits[0, -1].log_softmax(-1)[y[t]]))
    assert value == pytest.approx(sum(surprises) / len(surprises), abs=1e-5)


def test_the_five_ways_of_writing_a_date():
    assert rewriting.written(datetime.date(2031, 11, 23)) == [
        "2031年11月23日",
        "二〇三一年十一月二十三日",
        "November 23, 2031",
        "23 Nov 2031",
        "11/23/2031",
    ]
    assert [rewriting.han(n) for n in (1, 10, 11, 20, 30, 31)] == ["一", "十", "十一", "二十", "三十", "三十一"]


@pytest.mark.parametrize("make", [lab.dates_task, lab.reverse_task])
def test_nothing_that_is_asked_at_the_end_was_ever_drawn(make):
    task, rng = make(0), random.Random(0)
    assert len(task.unseen) == 500
    drawn = [task.draw(rng) for _ in range(20_000)]
    assert not {target for _, target in drawn} & {target for _, target in task.unseen}
    assert all(set(source + target) <= set(task.letters) for source, target in drawn)


@pytest.mark.slow
@pytest.mark.parametrize("task", ["dates", "reverse"])
def test_with_the_defaults_it_is_right_on_99_of_100_unseen_inputs(tmp_path, task):
    text = {"dates": "3 Nov 2031", "reverse": "hello"}[task]
    result = labs.get("transformer").run({"task": task, "text": text}, folder=tmp_path / "run", home=tmp_path)
    assert result.metrics["exact"] >= 0.99
    assert result.metrics["answer"] == {"dates": "2031-11-03", "reverse": "olleh"}[task]
    assert labs.get("transformer").try_out(result.run, {"text": text})[0]["answer"] == result.metrics["answer"]
    heat = next(event for event in read_events(result.run) if event["kind"] == "heat")
    if task == "reverse":  # the first letter written looks at the last one read
        assert max(range(6), key=lambda i: heat["matrix"][0][i]) in (4, 5)


@pytest.mark.slow
def test_the_articles_formula_does_not_learn(tmp_path):
    """Not in half of the steps by which the other one is right on 99 of 100."""
    assert labs.get("transformer").run({"formula": "article", "steps": 250}, home=tmp_path).metrics["exact"] < 0.1


def test_the_same_seed_gives_the_same_bits(tmp_path):
    files = []
    for name in ("one", "two"):
        run = labs.get("transformer").run({**SMALL, "seed": 3}, folder=tmp_path / name, home=tmp_path).run
        files.append((run / "transformer.safetensors").read_bytes())
    assert files[0] == files[1]


def test_a_stop_ends_it_before_the_next_step(tmp_path):
    seen = []
    result = labs.get("transformer").run({**SMALL, "steps": 1000}, home=tmp_path, on_event=seen.append,
                                         should_stop=lambda: len(seen) > 0)
    assert result.status == "cancelled" and result.metrics["steps"] == 1
    assert seen[0]["kind"] == "metric" and seen[0]["step"] == 1


def test_pairs_of_your_own_are_learnt_from(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_text("".join(f"{n}\t{n * 2}\n" for n in range(150)), encoding="utf-8-sig")
    result = labs.get("transformer").run({**SMALL, "task": "pairs", "pairs": str(file), "text": "12"}, home=tmp_path)
    assert result.metrics["unseen"] == 15


@pytest.mark.parametrize(("lines", "code"), [("a\tb\n" * 200, "E_TOO_LITTLE"), ("no tab here\n", "E_LAB_LINE"),
                                             ("a\tb\na\tc\n", "E_LAB_LINE"), ("a\tb\tc\n", "E_LAB_LINE"),
                                             ("a" * 50 + "\tb\n", "E_LAB_LINE")])
def test_pairs_that_cannot_be_learnt_from_are_refused_before_training(tmp_path, lines, code):
    file, seen = tmp_path / "pairs.tsv", []
    file.write_text(lines, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        labs.get("transformer").run({"task": "pairs", "pairs": str(file)}, home=tmp_path, on_event=seen.append)
    assert caught.value.code == code and not seen
    assert caught.value.describe("zh") != caught.value.describe("en")


@pytest.mark.parametrize(
    "params", [{"task": "pairs"}, {"text": "3 # 4"}, {"width": 30, "heads": 4}, {"task": "reverse", "text": "a" * 60}])
def test_a_setting_that_makes_no_sense_is_refused(tmp_path, params):
    seen = []
    with pytest.raises(SettingError):
        labs.get("transformer").run(params, home=tmp_path, on_event=seen.append)
    assert not seen
