import torch

from fasnb.bench import material, mpl_step

CPU = torch.device("cpu")


def test_one_row_of_a_step():
    (row,) = mpl_step.rows(CPU, quick=True)
    assert (row.bench, row.unit, row.goal) == ("mpl-step", "ms", 2.5)
    assert row.ours > 0
    assert row.low <= row.ratio <= row.high


def test_both_sides_start_from_the_same_networks():
    made = material.task("mpl_uda", CPU, material.QUICK)
    theirs = mpl_step.reference(CPU, material.QUICK, made.config)
    for ours, plain in ((made.state.teacher, theirs.teacher), (made.state.student, theirs.student)):
        for a, b in zip(ours.network.parameters(), plain.parameters(), strict=True):
            assert torch.equal(a, b)
            assert b.is_contiguous()
    assert [o.param_groups[0]["lr"] for o in theirs.optimizers] == [made.state.teacher.lr] * 2
