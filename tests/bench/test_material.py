import torch

from fasnb.bench import material

CPU = torch.device("cpu")


def test_the_task_is_that_of_training_at_the_size_asked_for():
    made = material.task("mpl_uda", CPU, material.QUICK)
    batch = made.batch(0, torch.Generator().manual_seed(0))
    assert batch.x_lb.shape == batch.strong().shape == (2, 3, 64, 64)
    assert made.state.student.lr == made.state.teacher.lr > 0  # nothing waits
    material.run_steps(made, "mpl_uda", 2, torch.Generator())
    assert made.state.step == 2


def test_patches_are_balanced_and_as_many_as_asked_for():
    drawn = material.patches(material.QUICK)
    assert drawn.x.shape == (16, 3, 64, 64)
    assert (drawn.labelled, int(drawn.y.sum())) == (4, 8)


def test_sizes_follow_the_device():
    assert material.size_for(CPU, False).network == "wrn-10-1"
    gpu = material.size_for(torch.device("cuda"), False)
    assert (gpu.network, gpu.batch, gpu.mu) == ("wrn-28-2", 64, 2)
    assert material.size_for(torch.device("cuda"), True) == material.QUICK
