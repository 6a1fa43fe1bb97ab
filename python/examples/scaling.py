"""How the work of a Dask cluster grows with its worker processes. Run it with `python scaling.py [GB] [PROCESSES ...]`.

Each process has one thread. Three jobs on a compressed array: read it all (`mean`), read and write it (`store`), and arithmetic
that takes far longer than reading (`sin`). The best of three runs counts. The efficiency is the time with one process, divided
by the number of processes and by the time with them. The last column is the processor time of all workers in that run: on a
machine that does other work at the same time, it tells more than the clock.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import arrstore


def best(job, client, runs=3):
    """The shortest time of some runs, and the processor time of the workers in it."""
    times = []
    for _ in range(runs):
        worked, begun = sum(client.run(time.process_time).values()), time.perf_counter()
        job()
        seconds = time.perf_counter() - begun
        times.append((seconds, sum(client.run(time.process_time).values()) - worked))
    return min(times)


def jobs(path, out):
    """The jobs by name, and the merge, which one process does alone."""
    t = arrstore.open(path)["t"]
    x = da.from_array(t, chunks=(t.chunks[0] * 8, t.chunks[1]))
    heavy = x
    for _ in range(3):
        heavy = da.sin(da.cos(heavy))
    return {
        "mean": lambda: x.mean().compute(),
        "sin": lambda: heavy.mean().compute(),
        "store": lambda: arrstore.store(x + 1, out, mode="w", codec="zstd:1"),
    }


def main(gigabytes=0.4, processes=(1, 2)):
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "t.arrs", Path(folder) / "out.arrs"
        rows = int(gigabytes * 1e9 / 8 / 1000)
        with arrstore.open(path, "w") as store:
            store.create("t", (rows, 1000), chunks=(250, 1000), codec="zstd:1")
            rng = np.random.default_rng(0)
            for start in range(0, rows, 5000):
                count = min(5000, rows - start)
                store["t"][start : start + count] = rng.integers(0, 1000, (count, 1000)) / 8
        print(f"{gigabytes} GB in {path.stat().st_size / 1e9:.2f} GB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        alone = {}
        for count in processes:
            options = {"n_workers": count, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
            with LocalCluster(**options) as cluster, Client(cluster) as client:
                for name, job in jobs(path, out).items():
                    seconds, work = best(job, client)
                    alone.setdefault(name, seconds * count)
                    print(f"{name:6} {count:2} processes {seconds:7.2f} s  efficiency {alone[name] / count / seconds:5.0%}  work {work:6.2f} s", flush=True)


if __name__ == "__main__":
    dask.config.set({"distributed.worker.memory.target": False, "distributed.logging.distributed": "error"})
    arguments = [float(argument) for argument in sys.argv[1:]]
    main(*([arguments[0], tuple(map(int, arguments[1:])) or (1, 2)] if arguments else ()))
