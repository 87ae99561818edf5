import torch

from fasnb.bench import material, mpl_step

CPU = torch.device("cpu")


def test_rows_with_and_without_the_making_of_the_batch():
    rows = mpl_step.rows(CPU, quick=True)
    assert [(row.what, row.unit, row.goal) for row in rows] == [
        ("step", "ms", 2.5),
        ("step, batch given", "ms", None),
    ]
    assert all(row.ours > 0 and row.low <= row.ratio <= row.high for row in rows)


def test_both_sides_start_from_the_same_networks():
    made = material.task("mpl_uda", CPU, material.QUICK)
    theirs = mpl_step.reference(made, material.QUICK)
    for ours, plain in ((made.state.teacher, theirs.teacher), (made.state.student, theirs.student)):
        for a, b in zip(ours.network.parameters(), plain.parameters(), strict=True):
            assert torch.equal(a, b)
            assert b.is_contiguous()
    assert [o.param_groups[0]["lr"] for o in theirs.optimizers] == [made.state.teacher.lr] * 2
