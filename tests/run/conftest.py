"""The executors, for tests that all of them have to pass."""

import pytest

from anomalon.run import Dask, Processes, Serial


@pytest.fixture(scope="package")
def cluster():
    """A Dask cluster of two workers that is there, as one on other machines would be.

    It tries a piece twice that kills its worker, not four times: a worker takes seconds to start.
    """
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as there,
    ):
        yield Dask(there.scheduler_address)


@pytest.fixture
def processes():
    return Processes(2)


@pytest.fixture(params=["serial", "processes", "cluster"])
def executor(request):
    return Serial() if request.param == "serial" else request.getfixturevalue(request.param)


@pytest.fixture(params=["processes", "cluster"])
def workers(request):
    """Executors with worker processes."""
    return request.getfixturevalue(request.param)
