"""A real cluster of two worker processes on this machine gives the same bits as its own threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import prenup

DEAL = Path(__file__).parents[2] / "deals" / "disney-pixar-1997.yaml"


@pytest.mark.filterwarnings("ignore")  # what distributed warns of on the way up and down is not ours
def test_a_cluster_gives_the_same_bits() -> None:
    from distributed import Client, LocalCluster

    case = prenup.load(DEAL)
    here = case.run(paths=65_536, views=16)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        there = case.run(paths=65_536, views=16, executor=client.get_executor())
    for name, values in here.filled.finals.items():
        assert np.array_equal(values, there.filled.finals[name]), name
    assert all(np.array_equal(sums, there.filled.sums[name]) for name, sums in here.filled.sums.items())
    assert (here.n_paths, here.n_unsound) == (there.n_paths, there.n_unsound)
