"""Augmentation: each operation against values worked out by hand, then what a batch may rely on."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb import augment
from fasnb.augment import COLOUR, OPERATIONS, PLACE, network_input, strong, weak
from fasnb.errors import UsageError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def patches(n: int = 8, side: int = 64, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (n, 3, side, side), dtype=torch.uint8, generator=generator(seed))


def apply(name: str, values: list[float], v: float) -> list[float]:
    """An operation on colour, on a one-channel row repeated over the three channels."""
    x = torch.tensor(values).expand(1, 3, 1, -1).clone()
    out = COLOUR[name](x, torch.tensor(v).view(1, 1, 1, 1))
    assert out.shape == x.shape
    return out[0, 1, 0].tolist()


@pytest.mark.parametrize(
    ("name", "before", "v", "after"),
    [
        ("identity", [0.1, 0.7], 1.0, [0.1, 0.7]),
        ("brightness", [0.2, 0.8], -1.0, [0.02, 0.08]),
        ("brightness", [0.2, 0.8], 0.5, [0.29, 1.0]),
        ("contrast", [0.2, 0.8], 0.0, [0.2, 0.8]),
        ("contrast", [0.2, 0.8], -1.0, [0.47, 0.53]),  # 0.5 +- 0.1 * 0.3
        ("contrast", [0.2, 0.8], 1.0, [0.0, 1.0]),
        ("colour", [0.3, 0.6], 1.0, [0.3, 0.6]),  # grey stays grey
        ("autocontrast", [0.2, 0.3, 0.6], 0.0, [0.0, 0.25, 1.0]),
        ("autocontrast", [0.4, 0.4], 0.0, [0.4, 0.4]),
        ("solarise", [0.2, 0.5, 0.8], 0.5, [0.2, 0.5, 0.2]),
        ("solarise", [0.2, 0.8], -1.0, [0.8, 0.2]),
        ("posterise", [37 / 255, 250 / 255], 1.0, [32 / 255, 240 / 255]),
        ("posterise", [37 / 255, 250 / 255], 0.5, [36 / 255, 248 / 255]),
        ("posterise", [37 / 255, 250 / 255], 0.0, [37 / 255, 250 / 255]),
    ],
)
def test_operations_on_colour(name, before, v, after):
    assert apply(name, before, v) == pytest.approx(after, abs=1e-6)


def test_colour_by_hand():
    x = torch.tensor([0.5, 0.25, 1.0]).view(1, 3, 1, 1)
    grey = 0.299 * 0.5 + 0.587 * 0.25 + 0.114 * 1.0
    expected = [grey + 0.1 * (c - grey) for c in (0.5, 0.25, 1.0)]
    assert COLOUR["colour"](x, torch.full((1, 1, 1, 1), -1.0)).flatten().tolist() == pytest.approx(expected)


def test_sharpness_by_hand():
    x = torch.zeros(1, 3, 5, 5)
    x[:, :, 2, 2] = 0.5
    soft = COLOUR["sharpness"](x, torch.full((1, 1, 1, 1), -1.0))  # one tenth image, nine tenths smoothed
    assert soft[0, 0, 2, 2].item() == pytest.approx(0.1 * 0.5 + 0.9 * 0.5 * 5 / 13)
    assert soft[0, 0, 1, 1].item() == pytest.approx(0.9 * 0.5 / 13)
    assert soft[0, 0, 0].abs().max() == 0  # the border stays
    sharp = COLOUR["sharpness"](x, torch.full((1, 1, 1, 1), 0.5))
    assert sharp[0, 0, 2, 2].item() == pytest.approx(0.5 * 5 / 13 + 1.45 * (0.5 - 0.5 * 5 / 13))


def moved(name: str, v: float, x: torch.Tensor) -> torch.Tensor:
    where = augment._matrices(PLACE[name](torch.tensor([v])), 1)
    grid = augment._grid(where, x.shape[-1])
    return torch.nn.functional.grid_sample(x, grid, "bilinear", "reflection", align_corners=False)


def test_translation_by_hand():
    x = torch.arange(10.0).expand(1, 1, 10, 10).contiguous()
    assert moved("translate_x", 1.0, x)[0, 0, 4].tolist() == pytest.approx(
        [3, 4, 5, 6, 7, 8, 9, 9, 8, 7], abs=1e-4
    )
    x = x.transpose(2, 3).contiguous()
    assert moved("translate_y", -1.0, x)[0, 0, :, 4].tolist() == pytest.approx(
        [2, 1, 0, 0, 1, 2, 3, 4, 5, 6], abs=1e-4
    )


def test_shear_by_hand():
    x = torch.arange(10.0).expand(1, 1, 10, 10).contiguous()
    out = moved("shear_x", 1.0, x)  # row r is shifted by 0.3 of its distance to the middle, 4.5
    assert out[0, 0, 9, 5].item() == pytest.approx(5 + 0.3 * 4.5, abs=1e-4)
    assert out[0, 0, 0, 5].item() == pytest.approx(5 - 0.3 * 4.5, abs=1e-4)
    x = x.transpose(2, 3).contiguous()
    assert moved("shear_y", 1.0, x)[0, 0, 5, 9].item() == pytest.approx(5 + 0.3 * 4.5, abs=1e-4)


def test_rotation_by_hand():
    across = torch.arange(10.0).expand(1, 1, 10, 10).contiguous()
    out = moved("rotate", 1.0, across)  # 30 degrees about the middle, 4.5
    column, row = 6 - 4.5, 3 - 4.5
    expected = 4.5 + column * math.cos(math.pi / 6) - row * math.sin(math.pi / 6)
    assert out[0, 0, 3, 6].item() == pytest.approx(expected, abs=1e-4)
    assert moved("rotate", 0.0, across)[0, 0].tolist()[5] == pytest.approx(list(range(10)), abs=1e-4)


def test_place_operations_name_all_five():
    assert set(PLACE) == {"rotate", "shear_x", "shear_y", "translate_x", "translate_y"}
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 13


def test_grid_is_torchs():
    theta = torch.rand(3, 3, 3, generator=generator(1))
    theta[:, 2] = torch.tensor([0.0, 0.0, 1.0])
    expected = torch.nn.functional.affine_grid(theta[:, :2], [3, 1, 7, 7], align_corners=False)
    assert torch.allclose(augment._grid(theta, 7), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("u", "row"),
    [
        ([0.99, 0.5, 0.9], [1, 2, 3, 4, 5, 6, 7, 7]),  # one to the right, not flipped
        ([0.0, 0.5, 0.1], [6, 5, 4, 3, 2, 1, 0, 0]),  # flipped, one to the left
        ([0.5, 0.5, 0.1], [7, 6, 5, 4, 3, 2, 1, 0]),
    ],
)
def test_weak_by_hand(monkeypatch, u, row):
    x = torch.arange(8, dtype=torch.uint8).expand(1, 3, 8, 8)
    monkeypatch.setattr(augment, "_uniform", lambda *_: torch.tensor([u]))
    out = (weak(x, generator()) + 1) * 127.5
    assert out[0, 2, 3].tolist() == pytest.approx(row, abs=1e-4)


def test_weak_moves_pixels_without_changing_them():
    x = patches()
    levels = (weak(x, generator()) + 1) * 127.5
    assert (levels - levels.round()).abs().max() < 1e-4
    for image, out in zip(x, levels.round().byte(), strict=True):
        inner = out[:, 24:40, 24:40]
        found = [
            torch.equal(inner, flipped[:, 24 + dy : 40 + dy, 24 + dx : 40 + dx])
            for flipped in (image, image.flip(2))
            for dy in range(-8, 9)
            for dx in range(-8, 9)
        ]
        assert sum(found) == 1


def test_strong_without_operations_is_weak_and_a_square(monkeypatch):
    x = patches()
    monkeypatch.setattr(augment, "ROUNDS", 0)
    u = torch.rand(8, 6, generator=generator(3))
    monkeypatch.setattr(augment, "_uniform", lambda g, n, k: u[:, :k])
    plain, cut = weak(x, generator()), strong(x, generator())
    same = torch.isclose(plain, cut, atol=1e-3)
    grey = cut == 0
    assert (same | grey).all()
    for n in range(8):  # side of the square, in pixels, clipped at the border
        rows = grey[n].all(0).any(1).sum().item()
        assert rows <= math.ceil(u[n, 5].item() * 32) + 1


def test_cutout_by_hand():
    x = torch.ones(1, 3, 8, 8)
    out = augment._cut_out(x, torch.tensor([[0.5, 0.25, 0.5]]))  # centre column 4, row 2; half side 1
    expected = torch.ones(8, 8)
    expected[1:3, 3:5] = 0
    assert torch.equal(out[0, 2], expected)


@pytest.mark.parametrize("view", [weak, strong])
def test_deterministic_from_the_generator(view):
    x = patches()
    assert torch.equal(view(x, generator(5)), view(x, generator(5)))
    assert not torch.equal(view(x, generator(5)), view(x, generator(6)))
    torch.manual_seed(0)
    before = torch.get_rng_state()
    view(x, generator(5))
    assert torch.equal(before, torch.get_rng_state())  # the global generator is not touched


@pytest.mark.parametrize("view", [weak, strong])
def test_every_image_has_its_own_draws(view):
    out = view(patches(1).expand(16, -1, -1, -1), generator())
    assert len({row.numpy().tobytes() for row in out}) > 12


@pytest.mark.parametrize("view", [weak, strong])
@pytest.mark.parametrize("side", [8, 32, 64])
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_range_and_shape(view, side, seed):
    x = patches(5, side, seed)
    before = x.clone()
    out = view(x, generator(seed))
    assert out.shape == x.shape
    assert out.dtype == torch.float32
    assert out.abs().max() <= 1
    assert torch.isfinite(out).all()
    assert torch.equal(x, before)


@pytest.mark.parametrize("view", [weak, strong])
def test_bytes_and_floats_agree(view):
    x = patches()
    assert torch.allclose(view(x, generator()), view(x.float() / 255, generator()), atol=2e-2)
    as_floats = x.float() / 255
    view(as_floats, generator())
    assert torch.equal(as_floats, x.float() / 255)


def test_every_operation_is_drawn(monkeypatch):
    drawn = set()
    for name, operation in COLOUR.items():

        def record(x, v, name=name, operation=operation):
            drawn.add(name)
            return operation(x, v)

        monkeypatch.setitem(COLOUR, name, record)
    for name, rows in PLACE.items():

        def place(v, name=name, rows=rows):
            drawn.add(name)
            return rows(v)

        monkeypatch.setitem(PLACE, name, place)
    strong(patches(200, 8), generator())
    assert drawn == set(OPERATIONS) - {"identity"}


def test_network_input():
    x = torch.tensor([0, 255], dtype=torch.uint8)
    assert network_input(x).tolist() == [-1, 1]
    assert network_input(torch.tensor([0.75])).tolist() == [0.5]


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (3, 8, 8), (2, 3, 8, 9)])
def test_other_shapes_are_refused(shape):
    for view in (weak, strong):
        with pytest.raises(UsageError, match="square RGB"):
            view(torch.zeros(shape), generator())


def test_an_empty_batch_stays_empty():
    for view in (weak, strong):
        assert view(patches(0), generator()).shape == (0, 3, 64, 64)
