import math

import pytest
import torch

from kb import labs
from kb.labs import generate as lab

SMALL = {"steps": 3, "width": 16, "batch": 8, "noise_steps": 5}


def test_a_picture_turns_into_pure_noise():
    alpha_bar = lab.kept(100)
    assert (alpha_bar.diff() < 0).all()
    assert float(alpha_bar[0]) > 0.99 and float(alpha_bar[-1]) < 0.01
    assert float(alpha_bar[49]) == pytest.approx(math.cos(0.508 / 1.008 * math.pi / 2) ** 2, abs=1e-6)


def test_the_noise_is_the_only_thing_to_predict():
    """A predictor that knows the noise exactly has loss 0; one that says nothing has the noise's own variance."""
    w = lab.new(16, 0)
    with torch.no_grad():
        w["out.weight"].zero_()
        w["out.bias"].zero_()
    x0 = torch.zeros(4000, 64)
    loss = lab.diffusion_loss(w, x0, torch.zeros(4000, dtype=torch.long), lab.kept(100),
                              torch.Generator().manual_seed(0))
    assert float(loss.detach()) == pytest.approx(1, abs=0.02)


def test_sampling_with_the_true_noise_predictor_gives_the_picture_back(monkeypatch):
    """If the data are one picture, the best predictor is known: (x - sqrt(a) x0) / sqrt(1 - a). Then sampling must end
    at that picture."""
    picture = torch.rand(64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    alpha_bar = lab.kept(50)

    def best(w, x, share, digit):
        a = alpha_bar[(share * 50).round().long() - 1][:, None]
        return (x - a.sqrt() * picture) / (1 - a).sqrt()

    monkeypatch.setattr(lab, "noise", best)
    made = lab.sample({}, torch.tensor([1, 2]), n_steps=50, guidance=3.0, seed=0)
    assert torch.allclose(made, picture.expand(2, 64), atol=1e-4)


@pytest.mark.slow
def test_a_network_that_never_saw_them_recognises_what_was_asked_for(tmp_path):
    """Half of the steps that it has by default are enough."""
    result = labs.get("generate").run({"steps": 1500}, folder=tmp_path / "run", home=tmp_path)
    assert result.metrics["recognised"] > 0.9
    assert result.metrics["distance_made"] > 0.5 * result.metrics["distance_real"]  # drawn, not copied
    assert len(labs.get("generate").try_out(result.run, {"digit": 7})) == 8


def test_the_same_seed_gives_the_same_bits(tmp_path):
    one, two = (
        labs.get("generate").run(SMALL, folder=tmp_path / name, home=tmp_path).run / "generate.safetensors"
        for name in ("one", "two")
    )
    assert one.read_bytes() == two.read_bytes()


def test_a_stop_ends_it_before_the_next_step(tmp_path):
    seen = []
    result = labs.get("generate").run({**SMALL, "steps": 1000}, home=tmp_path, on_event=seen.append,
                                      should_stop=lambda: len(seen) > 0)
    assert result.status == "cancelled" and result.metrics["steps"] == 1
