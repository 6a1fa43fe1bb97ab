"""One peer computes one expression once, in a process of its own, and prints its time and a number that stands for
its answer. `peers.py FOLDER PEER TEXT NAME=FILE ... [--to-disk] [--sync] [--runs N]`: with runs, the best of so many."""
import json
import os
import shutil
import sys
import time

import numpy as np

PEERS = ["NumPy in RAM", "np.memmap", "numexpr", "Dask", "Blosc2"]
PACKAGE = "arrstore from Python"
RECHUNK = "rechunk(a)"      # from chunks of whole rows to chunks of whole columns
COLUMNS = (10_000, 100)
TURNS = (".T", ".transpose((1, 2, 0))", ".transpose((0, 3, 1, 2))")     # what NumPy gives as a view is copied
ELEMENTWISE = {"a*b+c", "sin(a)**2+cos(b)**2+sqrt(abs(c))", "sum((a-b)**2)"}


class Numpy:
    library = np
    known = "sum mean max std argmax nanmean sin cos sqrt abs".split()

    def __init__(self, folder):
        self.at = lambda name: os.path.join(folder, name)

    def load(self, name):
        return np.load(self.at(name + ".npy"))

    def compute(self, text, names, to_disk):
        if text == RECHUNK:
            return np.asfortranarray(names["a"])
        result = self.value(text, names)
        return np.ascontiguousarray(result) if text.endswith(TURNS) else result


    def value(self, text, names):
        functions = {f: getattr(self.library, f) for f in self.known if hasattr(self.library, f)}
        return eval(text, {**functions, "xp": self.library, "np": np}, names)


class Memmap(Numpy):
    def load(self, name):
        return np.load(self.at(name + ".npy"), mmap_mode="r")

    def out(self, shape, dtype, fortran_order=False):
        return np.lib.format.open_memmap(self.at("out.npy"), "w+", dtype, shape, fortran_order)

    def compute(self, text, names, to_disk):
        if not to_disk:
            return super().compute(text, names, to_disk)
        if "@" in text:
            a, b = names["a"], names["b"]
            return np.matmul(a, b, out=self.out((a.shape[0], b.shape[1]), a.dtype))
        if text == RECHUNK:
            result = names["a"]
        elif text == "a.T":
            result = names["a"].T
        else:
            result = super().compute(text, names, to_disk)
        out = self.out(result.shape, result.dtype, fortran_order=text == RECHUNK)
        out[:] = result
        return out


class Numexpr(Memmap):
    def compute(self, text, names, to_disk):
        import numexpr

        if text != "sum(a)" and text not in ELEMENTWISE:
            raise NotImplementedError
        out = {"out": self.out(names["a"].shape, "f8")} if to_disk else {}
        return numexpr.evaluate(text, names, **out)


class Dask(Numpy):
    @property
    def library(self):
        import dask.array

        return dask.array

    def load(self, name):
        if os.path.exists(self.at(name + ".zarr")):
            return self.library.from_zarr(self.at(name + ".zarr"))
        data = np.load(self.at(name + ".npy"), mmap_mode="r")
        return self.library.from_array(data, chunks=(1000, 1000)[:data.ndim], asarray=False)

    def compute(self, text, names, to_disk):
        if text == RECHUNK:
            result = names["a"].rechunk(COLUMNS)
        elif text == "a.T":
            result = names["a"].T.rechunk((1000, 1000))
        else:
            result = super().compute(text, names, to_disk)
        if not to_disk:
            return result.compute()
        shutil.rmtree(self.at("out.zarr"), ignore_errors=True)
        result.to_zarr(self.at("out.zarr"))
        return self.library.from_zarr(self.at("out.zarr"))


class Blosc2(Numpy):
    @property
    def library(self):
        import blosc2

        return blosc2

    def load(self, name):
        return self.library.open(self.at(name + ".b2nd"), mode="r")

    def compute(self, text, names, to_disk):
        out = {"urlpath": self.at("out.b2nd"), "mode": "w", "cparams": {"clevel": 0}} if to_disk else {}
        if text in ELEMENTWISE:
            return self.library.lazyexpr(text, names).compute(**out)
        if text == RECHUNK:
            return names["a"].copy(chunks=COLUMNS, blocks=(1000, 100), **out)
        if text == "a.T":
            return self.library.permute_dims(names["a"], (1, 0), **out)
        if "@" in text:
            return self.library.matmul(names["a"], names["b"], **out)
        return super().compute(text, names, to_disk)


class Package(Numpy):
    """arrstore's own package: lazy arrays of its files, computed into arrays of NumPy or into a file."""
    known = [*Numpy.known, "topk", "sliding_window_view"]

    @property
    def library(self):
        import arrstore

        return arrstore

    def load(self, name):
        path = self.at(name + ".arrs")
        return self.library.open(path + ":/data" if os.path.exists(path) else self.at(name + ".npy"))

    def compute(self, text, names, to_disk):
        result = names["a"] if text == RECHUNK else self.value(text, names)
        if not to_disk:
            return np.asarray(result)
        with self.library.open(self.at("out_package.arrs"), "w") as store:
            return store.write("data", result, **({"chunks": COLUMNS} if text == RECHUNK else {}))


def total(answer):
    if hasattr(answer, "compute"):
        return float(answer.sum(dtype="f8").compute())
    return float(np.asarray(answer[()] if np.ndim(answer) else answer).sum(dtype="f8"))


def main(folder, peer, text, *rest):
    kind = dict(zip([*PEERS, PACKAGE], [Numpy, Memmap, Numexpr, Dask, Blosc2, Package]))[peer](folder)
    names = {name: kind.load(file) for name, file in (pair.split("=") for pair in rest if "=" in pair)}
    kind.library.sum        # what is imported late is imported now
    if peer == "numexpr":
        import numexpr      # noqa: F401
    to_disk = "--to-disk" in rest
    runs = int(rest[rest.index("--runs") + 1]) if "--runs" in rest else 1
    best = float("inf")
    for _ in range(runs):
        answer = None       # its memory is free again before the next run
        began = time.perf_counter()
        try:
            answer = kind.compute(text, names, to_disk)
        except NotImplementedError:
            print(json.dumps({}))
            return
        if to_disk and "--sync" in rest and peer != "NumPy in RAM":
            os.sync()
        best = min(best, time.perf_counter() - began)
    print(json.dumps({"s": best, "answer": total(answer)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
