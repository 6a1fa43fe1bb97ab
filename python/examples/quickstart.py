"""Arrays in a store: write, compute lazily, assign, go back in history. Run it with `python quickstart.py`."""

import tempfile
from pathlib import Path

import numpy as np

import arrstore

folder = Path(tempfile.mkdtemp())
days = np.arange(365)
field = 280 + 15 * np.sin(2 * np.pi * days / 365)[:, None, None] + np.random.default_rng(1).normal(size=(365, 60, 120))

with arrstore.open(folder / "climate.arrs", "w") as store:
    store.write("t", field.astype("f4"), chunks=(30, 60, 120), codec="zstd:1", dims=["day", "lat", "lon"])
    store["t"].attrs["units"] = "K"
    print(store)

    t = store["t"]
    anomaly = (t - t.mean(axis=0)) / t.std(axis=0)  # nothing is computed yet
    print(repr(anomaly))
    print(anomaly.explain())

    store["anomaly"] = anomaly  # computed chunk by chunk, inside the budget
    warm = np.mean(store["anomaly"][:, :10] > 1)  # NumPy's functions stay lazy, too
    print("share of warm days:", float(warm))

    first = store.commit
    with store.transaction() as tx:  # one commit
        tx["t"][0] = 0
        tx["t"].append(field[:2].astype("f4"))
    print(store["t"].shape, float(store["t"][0].max()))
    print("before:", float(arrstore.open(folder / "climate.arrs", commit=first)["t"][0].max()))

print(arrstore.eval("sqrt(sum(x**2))", {"x": np.array([3.0, 4.0])}).compute())
