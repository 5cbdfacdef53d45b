import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from kb import labs
from kb.errors import DataError
from kb.labs import digits as lab

SMALL = {"epochs": 1, "width": 16, "heads": 2, "layers": 1}


def test_no_image_is_in_two_parts_and_none_is_lost():
    parts = lab.load(0)
    assert [len(digits) for _, digits in parts] == [1197, 200, 400]
    assert all(float(images.min()) == 0 and float(images.max()) == 1 for images, _ in parts)
    again = lab.load(0)
    assert all(torch.equal(one[0], other[0]) for one, other in zip(parts, again, strict=True))


def test_the_vision_transformer_agrees_with_torchs_own_layer():
    w = {
        name: tensor.detach() + 0.05 * torch.randn(tensor.shape, generator=torch.Generator().manual_seed(3))
        for name, tensor in lab.new_vit(2, 16, 1, 0).items()
    }
    layer = torch.nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, activation="gelu", batch_first=True,
                                             norm_first=True)
    with torch.no_grad():
        layer.self_attn.in_proj_weight.copy_(torch.cat([w[f"0.{which}.weight"] for which in "qkv"]))
        layer.self_attn.in_proj_bias.copy_(torch.cat([w[f"0.{which}.bias"] for which in "qkv"]))
        for module, name in ((layer.self_attn.out_proj, "0.o"), (layer.linear1, "0.up"), (layer.linear2, "0.down"),
                             (layer.norm1, "0.attention.norm"), (layer.norm2, "0.norm")):
            module.weight.copy_(w[f"{name}.weight"])
            module.bias.copy_(w[f"{name}.bias"])
        images = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(1))
        patches = images[:, 0].unfold(1, 2, 2).unfold(2, 2, 2).reshape(3, 16, 4) @ w["patch.weight"].T + w["patch.bias"]
        x = layer(torch.cat([w["class"].expand(3, 1, -1), patches], 1) + w["positions"])[:, 0]
        theirs = F.layer_norm(x, (16,), w["norm.weight"], w["norm.bias"]) @ w["out.weight"].T + w["out.bias"]
        assert torch.allclose(lab.vit(w, images, n_heads=4), theirs, atol=1e-5)


def test_without_positions_a_rearranged_picture_is_the_same_picture():
    w = lab.new_vit(2, 16, 2, 0)
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    patches = F.unfold(image, 2, stride=2)[:, :, torch.randperm(16, generator=torch.Generator().manual_seed(1))]
    moved = F.fold(patches, (8, 8), 2, stride=2)
    assert not torch.equal(moved, image)
    with torch.no_grad():
        w["positions"].mul_(50)
    assert torch.allclose(lab.vit(w, moved, n_heads=2, positions=False), lab.vit(w, image, n_heads=2, positions=False),
                          atol=1e-5)
    assert not torch.allclose(lab.vit(w, moved, n_heads=2), lab.vit(w, image, n_heads=2), atol=1e-3)


@pytest.mark.slow
def test_positions_are_worth_twenty_points(tmp_path):
    metrics = labs.get("digits").run({"epochs": 18}, home=tmp_path).metrics
    assert metrics["cnn"] > 0.95 and metrics["vit"] > 0.93
    assert metrics["vit_without_positions"] < metrics["vit"] - 0.2


def test_a_drawing_is_cut_out_and_read(tmp_path):
    images, digits = lab.load(0)[2]
    big = F.interpolate(images[:1], (64, 64), mode="nearest")[0, 0]
    paper = Image.new("L", (200, 120), 255)
    paper.paste(Image.fromarray(((1 - big) * 255).to(torch.uint8).numpy()), (90, 30))
    paper.save(tmp_path / "mine.png")
    mine = lab.drawing(tmp_path / "mine.png")
    assert mine.shape == (1, 1, 8, 8) and float(mine.min()) >= 0 and float(mine.max()) == 1
    result = labs.get("digits").run({"network": "cnn", "drawing": str(tmp_path / "mine.png"), "epochs": 15},
                                    folder=tmp_path / "run", home=tmp_path)
    rows = labs.get("digits").try_out(result.run, {"drawing": str(tmp_path / "mine.png")})
    assert rows[0]["network"] == "cnn" and rows[0]["digit"] == int(digits[0])


def test_a_file_that_is_no_drawing_is_refused_before_training(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    Image.new("L", (50, 50), 255).save(tmp_path / "empty.png")
    for name in ("text.png", "empty.png"):
        seen = []
        with pytest.raises(DataError) as caught:
            labs.get("digits").run({"drawing": str(tmp_path / name)}, home=tmp_path, on_event=seen.append)
        assert caught.value.code == "E_LAB_PICTURE" and not seen


def test_the_same_seed_gives_the_same_bits(tmp_path):
    one, two = (
        labs.get("digits").run({**SMALL, "network": "vit"}, folder=tmp_path / name, home=tmp_path).run
        / "vit.safetensors"
        for name in ("one", "two")
    )
    assert one.read_bytes() == two.read_bytes()


def test_a_stop_ends_it_before_the_next_step(tmp_path):
    seen = []
    result = labs.get("digits").run(SMALL, home=tmp_path, on_event=seen.append,
                                    should_stop=lambda: any(event["kind"] == "metric" for event in seen))
    assert result.status == "cancelled" and "vit" not in result.metrics
    assert sum(event["kind"] == "metric" for event in seen) == 1
