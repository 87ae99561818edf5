"""Heat of stored networks is that of `heatmaps` on the face that was chosen; bad requests are refused."""

from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from fasnb import augment, checkpoints, explore_heat, heatmaps, networks
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import make
from fasnb.explore_faces import Pick
from fasnb.explore_heat import Networks, read
from tests.test_runs import some_scores, store
from tests.toy_gallery import gallery

RGB, PLGF = make("mpl_uda", "casia"), make("attvlad", "casia")


@pytest.fixture
def trained(tmp_path, monkeypatch):
    """A store with two runs, one with its weights."""
    monkeypatch.setattr(explore_heat.paths, "BUILD", tmp_path / "build")
    where = store(tmp_path / "results")
    for experiment in (RGB, PLGF):
        found = where.put(experiment, some_scores(1), {}, datetime(2026, 1, 2, tzinfo=UTC), 1.0)
        if experiment == RGB:
            torch.manual_seed(0)
            network = networks.build(experiment.network(where.profile))
            folder = tmp_path / "build" / where.profile.name / "checkpoints" / found.path.stem
            checkpoints.write(folder / "weights.safetensors", network.state_dict(), {})
    return where


def test_runs_with_weights_are_offered_and_read(trained):
    found = Networks(trained)
    assert found.experiments == [RGB]
    assert not found.network(RGB).training
    assert found.network(RGB) is found.network(RGB)
    title = found.title(RGB, "live")
    assert title.startswith(f"Grad-CAM for live: {RGB.name} (simulated data, profile ")


def test_without_weights_it_is_one_line(trained, tmp_path):
    next(tmp_path.rglob("weights.safetensors")).unlink()
    with pytest.raises(FasnbError, match=r"kept its weights; run `fasnb run` first"):
        Networks(trained)


def test_a_reading_is_grad_cam_of_the_face(trained):
    network, face = Networks(trained).network(RGB), gallery().face(Pick("casia", 3, "cut"))
    r = read(network, RGB, face, "attack", "whole face")
    x = augment.network_input(torch.from_numpy(face.picture).permute(2, 0, 1)[None])
    np.testing.assert_allclose(r.heat, heatmaps.grad_cam(network, x, 0)[0], atol=1e-6)
    with torch.no_grad():
        assert r.live == pytest.approx(network(x).softmax(1)[0, 1].item(), abs=1e-6)
    assert 0 <= r.inside <= 1
    left, top, right, bottom = r.region
    assert r.area == pytest.approx((right - left) * (bottom - top) / 256**2, abs=0.01)


def test_patches_are_seen_one_by_one(trained):
    network, face = Networks(trained).network(RGB), gallery().face(Pick("casia", 3))
    r = read(network, RGB, face, "live", "64x64 patches")
    corner = face.picture[:64, :64]
    x = augment.network_input(torch.from_numpy(corner).permute(2, 0, 1)[None])
    alone = heatmaps.evidence(network, x, 1)[0]
    whole = heatmaps.tiled_evidence(network, explore_heat.network_input(RGB, face.picture), 1, 64)[0]
    np.testing.assert_allclose(r.heat[:64, :64], alone / whole.max(), atol=1e-5)


def test_the_plgf_branch_sees_whole_maps():
    face = gallery().face(Pick("casia", 3))
    network = networks.build("attvlad").eval()
    assert read(network, PLGF, face, "live", "whole face").heat.shape == (256, 256)
    with pytest.raises(UsageError, match="the PLGF branch sees whole faces"):
        read(network, PLGF, face, "live", "64x64 patches")
    with pytest.raises(UsageError, match="unknown class 'fake'"):
        read(network, PLGF, face, "fake", "whole face")
