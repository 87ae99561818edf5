import numpy as np
import torch

from fasnb.bench import faces as bench
from fasnb.databases import open_database
from fasnb.faces import FaceSettings, extract


def test_both_ways_cut_the_same_faces(tmp_path):
    path = bench.write_clips(tmp_path, 20)
    database = open_database("replay", tmp_path, allow_partial=True)
    settings = FaceSettings(frames=4)
    ours = extract(database, database.clips, settings, tmp_path / "cache").batch(range(4))
    plain = bench.whole_video(path, database.face_file(database.clips[0]), settings)
    assert np.array_equal(ours, np.stack(plain))
    assert bench.kept(str(tmp_path), str(tmp_path / "other")) == 16
    seconds, megabytes = bench.measured(str(tmp_path))
    assert seconds > 0
    assert megabytes > 10


def test_every_clip_has_its_own_faces(tmp_path):
    bench.write_clips(tmp_path, 4, 2)
    database = open_database("replay", tmp_path, allow_partial=True)
    a, b = extract(database, database.clips, FaceSettings(frames=1), tmp_path / "cache").batch([0, 1])
    assert not np.array_equal(a, b)


def test_rows_of_time_and_memory():
    time, memory = bench.rows(torch.device("cpu"), quick=True)
    assert (time.unit, memory.unit) == ("ms", "MB")
    assert memory.ours > 10
