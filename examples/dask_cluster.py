"""A function of an array that is larger than one machine, computed where its blocks are.

python examples/dask_cluster.py                    on processes of this machine
python examples/dask_cluster.py tcp://HOST:8786    on a cluster that is there already
"""

import sys

import dask.array as da
from distributed import Client

import actcli


def main() -> None:
    """Compute f and f′ of ten million normal numbers, and what a layer of them passes on."""
    address = sys.argv[1] if len(sys.argv) > 1 else None
    with (
        Client(address)
        if address
        else Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client
    ):
        x = da.random.default_rng(0).normal(size=(10_000, 1_000), chunks=(1_000, 1_000))
        gelu = actcli.get("gelu")
        y, slope = gelu(x), gelu.derivative(x)
        shares = actcli.get("softmax")(x, axis=1)
        mean, square, total = da.compute(y.mean(), (slope**2).mean(), shares.sum())
        workers = len(client.scheduler_info()["workers"])
        print(f"{x.nbytes / 1e6:.0f} MB in {x.npartitions} blocks on {workers} workers")
        print(
            f"E f(x) = {mean:.4f}, E f′(x)² = {square:.4f}, rows of softmax: {total:.1f}"
        )


if __name__ == "__main__":
    main()
