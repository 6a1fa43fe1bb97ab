#!/usr/bin/env python3
"""Times arrstore side by side with its peers and writes the table of benches/README.md.

    pip install numpy numexpr dask zarr blosc2
    cargo build --release -p arrstore-benches
    python benches/compare.py DIR [TASK ...]        DIR takes about 12 GB; data are made when missing

Every peer runs in a process of its own, two threads each, in turn with the others, and the best of two rounds
counts. Imports and opening are not counted. What goes to disk is durable on both sides: ours ends with its commit,
a peer's run with a sync. Before a time counts, its answer is compared with NumPy's.
`OPENBLAS_CORETYPE` and `OPENBLAS_L2_SIZE` are removed from the environment, for they can halve a peer's BLAS.
"""
import json
import os
import shutil
import subprocess
import sys
import time

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)

N, M, CHUNK = 10_000, 6_144, (1000, 1000)
ROUNDS = 2
TASKS = {
    "sum": "sum(a)",
    "mean_ax0": "mean(a, axis=0)",
    "max_ax0": "max(a, axis=0)",
    "std_ax0": "std(a, axis=0)",
    "std_ax1": "std(a, axis=1)",
    "expr_cheap": "a*b+c",
    "expr_heavy": "sin(a)**2+cos(b)**2+sqrt(abs(c))",
    "fused_reduce": "sum((a-b)**2)",
    "matmul_f4": "m1_f4 @ m2_f4",
    "matmul_f8": "m1_f8 @ m2_f8",
    "transpose": "a.T",
}
TO_DISK = {"expr_cheap", "expr_heavy", "matmul_f4", "matmul_f8", "transpose"}
PEERS = ["numpy in RAM", "np.memmap", "numexpr", "dask", "blosc2"]


def prepare(folder):
    import blosc2
    import numpy as np
    import zarr

    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(7)
    arrays = [(n, (N, N), "f8", CHUNK) for n in "abc"]
    arrays += [(f"{n}_{t}", (M, M), t, (M // 4, M // 4)) for t in ("f4", "f8") for n in ("m1", "m2")]
    for name, shape, dtype, chunk in arrays:
        path = os.path.join(folder, name)
        if not os.path.exists(path + ".npy"):
            np.save(path + ".npy", rng.standard_normal(shape).astype(dtype))
        data = np.load(path + ".npy", mmap_mode="r")
        if not os.path.exists(path + ".zarr"):
            zarr.create_array(path + ".zarr", shape=shape, chunks=chunk, dtype=dtype, compressors=None)[:] = data
        if not os.path.exists(path + ".b2nd"):
            blosc2.asarray(np.ascontiguousarray(data), urlpath=path + ".b2nd", mode="w", cparams={"clevel": 0})


def operands(task):
    if task.startswith("matmul"):
        return [f"m1_{task[-2:]}", f"m2_{task[-2:]}"]
    return {"expr_cheap": "abc", "expr_heavy": "abc", "fused_reduce": "ab"}.get(task, "a")


def warm(folder, names):
    """Brings files into the page cache by reading each from first to last: how they came there decides how large the
    pieces are that they can be mapped in, and so how fast."""
    for name in names:
        for root in (os.path.join(folder, name + end) for end in (".arrs", ".npy", ".b2nd", ".zarr")):
            inside = [os.path.join(at, file) for at, _, files in os.walk(root) for file in files]
            for path in inside or [root]:
                with open(path, "rb", buffering=0) as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                    while file.read(1 << 20):
                        pass


def peer(folder, task, name):
    """Runs one peer once and prints its time and a number that stands for its answer."""
    import numpy as np

    at = lambda n: os.path.join(folder, n)
    names = operands(task)
    if name == "numpy in RAM":
        ops = [np.load(at(n + ".npy")) for n in names]
    elif name in ("np.memmap", "numexpr"):
        ops = [np.load(at(n + ".npy"), mmap_mode="r") for n in names]
    elif name == "dask":
        import dask.array as da

        ops = [da.from_zarr(at(n + ".zarr")) for n in names]
    else:
        import blosc2

        ops = [blosc2.open(at(n + ".b2nd"), mode="r") for n in names]

    def out(shape, dtype):
        return np.lib.format.open_memmap(at("out.npy"), mode="w+", dtype=dtype, shape=shape)

    def disk(result):
        if name == "np.memmap":
            o = out(result.shape, result.dtype)
            o[:] = result
            return o
        if name == "dask":
            shutil.rmtree(at("out.zarr"), ignore_errors=True)
            result.to_zarr(at("out.zarr"))
            return da.from_zarr(at("out.zarr"))
        return result

    plain = dict(zip("abc", ops))
    began = time.perf_counter()
    if task == "sum":
        if name == "numexpr":
            import numexpr
            began = time.perf_counter()
            answer = numexpr.evaluate("sum(a)", plain)
        else:
            answer = ops[0].sum()
    elif "_ax" in task:
        if name == "numexpr":
            raise NotImplementedError
        reduction, axis = task.split("_ax")
        answer = getattr(ops[0], reduction)(axis=int(axis))
    elif task in ("expr_cheap", "expr_heavy", "fused_reduce"):
        text = TASKS[task]
        if name == "numexpr":
            import numexpr
            began = time.perf_counter()
            answer = numexpr.evaluate(text, plain, **({"out": out((N, N), "f8")} if task in TO_DISK else {}))
        elif name == "blosc2":
            lazy = blosc2.lazyexpr(text, plain)
            answer = (lazy.compute(urlpath=at("out.b2nd"), mode="w", cparams={"clevel": 0})
                      if task in TO_DISK else lazy.compute())
        elif task == "expr_heavy":
            m = da if name == "dask" else np
            answer = disk(m.sin(ops[0]) ** 2 + m.cos(ops[1]) ** 2 + m.sqrt(m.abs(ops[2])))
        else:
            a, b = ops[:2]
            answer = disk(a * b + ops[2]) if task == "expr_cheap" else ((a - b) ** 2).sum()
    elif task == "transpose":
        if name == "numexpr":
            raise NotImplementedError
        if name == "blosc2":
            answer = blosc2.permute_dims(ops[0], (1, 0), urlpath=at("out.b2nd"), mode="w", cparams={"clevel": 0})
        elif name == "dask":
            answer = disk(ops[0].T.rechunk(CHUNK))
        elif name == "np.memmap":
            answer = disk(ops[0].T)
        else:
            answer = np.ascontiguousarray(ops[0].T)
    else:
        if name == "numexpr":
            raise NotImplementedError
        if name == "np.memmap":
            answer = np.matmul(*ops, out=out((M, M), ops[0].dtype))
        elif name == "blosc2":
            answer = blosc2.matmul(*ops, urlpath=at("out.b2nd"), mode="w", cparams={"clevel": 0})
        else:
            answer = disk(ops[0] @ ops[1])
    if name == "dask" and hasattr(answer, "compute") and task not in TO_DISK:
        answer = answer.compute()
    if task in TO_DISK and name != "numpy in RAM":
        os.sync()
    seconds = time.perf_counter() - began
    total = np.asarray(answer[:] if np.ndim(answer) else answer, dtype="f8").sum()
    print(json.dumps({"s": seconds, "answer": float(total)}))


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode:
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main(folder, tasks):
    prepare(folder)
    ours = os.path.join("target", "release", "arrstore-benches")
    subprocess.run([ours, folder, "prepare"], check=True)
    rows = []
    for task in tasks or TASKS:
        best, answers = {}, {}
        columns = ["arrstore"] + PEERS
        warm(folder, operands(task))
        for _ in range(ROUNDS):
            for who in columns:
                os.sync()
                command = ([ours, folder, task, "--durable", "--runs", "1"] if who == "arrstore"
                           else [sys.executable, __file__, "--peer", folder, task, who])
                found = run(command)
                if found:
                    best[who] = min(found["s"], best.get(who, 1e9))
                    answers[who] = found["answer"]
        truth = answers["numpy in RAM"]
        scale = abs(truth) + (1e-3 if task.endswith("f4") else 1e-6) * N * N
        for who, answer in answers.items():
            assert abs(answer - truth) <= 1e-6 * scale, f"{task}: {who} says {answer}, NumPy {truth}"
        rivals = {w: s for w, s in best.items() if w != "arrstore" and not (task in TO_DISK and w == "numpy in RAM")}
        fastest = min(rivals, key=rivals.get)
        cells = [f"{best[w]:.3f}" if w in best else "–" for w in columns]
        ratio = rivals[fastest] / best["arrstore"]
        rows.append(f"| `{TASKS[task]}`{' to disk' if task in TO_DISK else ''} | " + " | ".join(cells)
                    + f" | {ratio:.2f}x ({fastest}) |")
        print(rows[-1], flush=True)
    head = "| work | " + " | ".join(["arrstore"] + PEERS) + " | fastest peer / arrstore |\n|" + "---|" * (len(PEERS) + 3)
    print("\n" + head + "\n" + "\n".join(rows))


if __name__ == "__main__":
    if sys.argv[1] == "--peer":
        try:
            peer(*sys.argv[2:5])
        except NotImplementedError:
            sys.exit(3)
    else:
        main(sys.argv[1], sys.argv[2:])
