"""What the compared methods see: shapes and units of untrained networks, the summary by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fasnb import checkpoints
from fasnb import compared_views as views
from fasnb.baselines import drl_fas, runs
from fasnb.errors import FasnbError
from fasnb.metrics import auc
from fasnb.profiles import SMOKE

CPU = torch.device("cpu")
PICTURES = np.random.default_rng(0).integers(0, 256, (3, 256, 256, 3), dtype=np.uint8)


class Found:
    """Five clips of which one has no face: live, print, (none), live, video; 3, 1, 0, 2, 1 faces."""

    def __init__(self, kinds=("", "print", "print", "", "video")):
        self.clips = [SimpleNamespace(attack=kind) for kind in kinds]
        self.clip_index = np.array([0, 0, 0, 1, 3, 3, 4])

    def batch(self, chosen):
        return PICTURES[np.array(chosen) % 3]


@pytest.fixture(scope="module")
def methods():
    return {name: runs.build(name, SMOKE, 0, CPU) for name in views.METHODS}


def test_a_middle_face_of_each_kind():
    assert views.one_of_each(Found()) == {"live": 1, "print": 3, "video": 6}
    assert list(views.one_of_each(Found(("video", "", "print", "print", "")))) == ["live", "video", "print"]


def test_depth_is_the_networks_map(methods):
    found = views.depths(methods["auxiliary"], PICTURES)
    assert (found.shape, found.dtype) == ((3, 32, 32), np.float32)
    m = np.square(found).mean((1, 2))
    target = views.auxiliary.depth().square().mean().item()
    np.testing.assert_allclose(methods["auxiliary"].score(PICTURES), m / (m + target / 4), rtol=1e-4)


def test_noise_is_in_grey_levels_and_bounded(methods):
    found = views.noises(methods["despoofing"], PICTURES)
    assert (found.shape, found.dtype) == ((3, 128, 128, 3), np.float32)
    assert 0 < np.abs(found).max() <= 255 * views.despoofing.BOUND


def test_looks_lie_within_the_face_and_follow_the_policy(methods):
    agent = methods["drl_fas"]
    found = views.middles(agent, PICTURES)
    assert found.shape == (3, 4, 2)
    assert (found >= 32).all()
    assert (found <= 224).all()
    with torch.no_grad():
        agent.network.next_place.weight.zero_()
        kept = agent.network.next_place.bias.clone()
        agent.network.next_place.bias.copy_(torch.tensor([-20.0, 20]))  # left and down, as far as it goes
        at_corner = views.middles(agent, PICTURES)
        agent.network.next_place.bias.copy_(kept)
    np.testing.assert_array_equal(at_corner, np.broadcast_to([32, 224], (3, 4, 2)))


def test_rows_are_pictures_and_leave_the_faces_as_they_are(methods):
    before = PICTURES.copy()
    rows = views.rows(methods, PICTURES)
    assert [len(images) for images in rows.values()] == [3] * 4
    assert all(image.dtype == np.uint8 and image.ndim == 3 for images in rows.values() for image in images)
    np.testing.assert_array_equal(PICTURES, before)
    marked = next(iter(rows.values()))
    assert all((image != face).any() for image, face in zip(marked, PICTURES))


def test_kinds_are_summed_up_by_hand(methods, monkeypatch):
    monkeypatch.setattr(views, "BATCH", 2)
    values = iter([1.0, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    monkeypatch.setattr(views, "depths", lambda m, p: _next(values, p)[:, None, None])
    monkeypatch.setattr(views, "noises", lambda m, p: -_next(values, p)[:, None, None, None])
    monkeypatch.setattr(views, "middles", lambda m, p: _next(values, p)[:, None, None] * np.ones((1, 4, 2)))
    found = views.by_kind(methods, Found(), [1, 3, 5, 6]).set_index("kind")
    assert list(found.index) == ["live", "print", "video"]
    assert found["faces"].tolist() == [2, 1, 1]
    # of two faces at a time: looks 1, 2; depths 3, 4; noise 1, 2; then looks 3, 4; depths 1, 2; noise 3, 4
    assert found["depth"].tolist() == [2, 4, 2]
    assert found["noise"].tolist() == [2, 2, 4]
    assert found.loc["live", ["x1", "y1", "x4"]].tolist() == [2, 2, 2]
    assert found["moves"].tolist() == [np.sqrt(2), 0, 0]  # looks at 1 and 3: 1 away in x and in y


def _next(values, pictures):
    return np.array([next(values) for _ in pictures])


def test_worth_of_looks(methods):
    agent, found = methods["drl_fas"], Found()
    found.labels = np.array([1, 1, 1, 0, 1, 1, 0])
    chosen = [0, 1, 3, 5, 6]
    first = views.worth_of_looks(agent, found, chosen).set_index("by")["auc"]
    assert list(first.index) == [
        *("glance + looks", "glance", "looks"),
        *("looks, at the middle", "looks, anywhere"),
    ]
    with torch.no_grad():
        looks = agent.network.eval()(drl_fas.rgb(found.batch(chosen)))
    for part, logits in {
        "glance": looks.glance,
        "looks": looks.local,
        "glance + looks": looks.logits,
    }.items():
        assert first[part] == auc((logits[:, 1] - logits[:, 0]).numpy(), found.labels[chosen])
    assert views.worth_of_looks(agent, found, [0, 1])["auc"].isna().all()  # no attack


def test_looks_at_the_middle_are_those_of_an_agent_that_stays_there(monkeypatch):
    agent, seen = runs.build("drl_fas", SMOKE, 1, CPU), []
    for parameter in agent.network.next_place.parameters():
        torch.nn.init.zeros_(parameter)
    found = Found()
    found.labels = np.array([1, 1, 1, 0, 1, 1, 0])
    before = {name: value.clone() for name, value in agent.network.state_dict().items()}
    monkeypatch.setattr(views, "auc", lambda scores, labels: seen.append(scores) or 0.5)
    views.worth_of_looks(agent, found, [0, 3, 6])
    views.worth_of_looks(agent, found, [0, 3, 6])
    np.testing.assert_array_equal(seen[2], seen[3])  # its own looks, the middle
    assert (seen[2] != seen[4]).any()  # anywhere
    np.testing.assert_array_equal(seen[4], seen[9])  # of the same seed
    assert all(torch.equal(value, before[name]) for name, value in agent.network.state_dict().items())


def test_gone_weights_are_one_clear_line(tmp_path):
    def weights(experiment):
        raise FasnbError(f"{experiment.name} is gone; delete the run's result to train it again")

    with pytest.raises(FasnbError, match="auxiliary-casia-seed0 is gone"):
        views.opened(SimpleNamespace(profile=SMOKE, weights=weights), "casia", 0)


@pytest.mark.parametrize("tensors", [{}, {"average.head.weight": torch.zeros(1)}])
def test_another_networks_weights_are_one_clear_line(tmp_path, tensors):
    path = tmp_path / "weights.safetensors"
    checkpoints.write(path, tensors, {})
    lab = SimpleNamespace(profile=SMOKE, weights=lambda experiment: path)
    with pytest.raises(FasnbError, match=r"weights.safetensors does not fit auxiliary; delete it to train"):
        views.opened(lab, "casia", 0)
