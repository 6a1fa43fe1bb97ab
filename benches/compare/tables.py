"""The tables, one function each: lines of Markdown, from jobs that are run side by side."""
import os
import time

import numpy as np

from data import INDICES, M, N, NORMAL, SHAPES, STORES
from peers import PACKAGE, PEERS, RECHUNK
from running import OURS, best, cgroup, run
from vocabulary import SAME, TASKS, text

ARRAY = N * N * 8


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        line = "| " + " | ".join(row) + " |"
        print(line, flush=True)
        yield line


def s(seconds, digits=3):
    return "–" if seconds is None else f"{seconds:.{digits}f}"


def times(ratio, wanted=None):
    """A ratio, in bold where it is less than what is wanted."""
    return f"**{ratio:.2f}x**" if wanted and ratio < wanted else f"{ratio:.2f}x"


def against_peers(runner):
    works = [
        ("sum(a)", "a"),
        ("mean(a, axis=0)", "a"),
        ("max(a, axis=0)", "a"),
        ("std(a, axis=0)", "a"),
        ("std(a, axis=1)", "a"),
        ("sum((a-b)**2)", "ab"),
    ]
    on_disk = [("a*b+c", "abc"), ("sin(a)**2+cos(b)**2+sqrt(abs(c))", "abc"), ("a.T", "a"), (RECHUNK, "a"), ("a @ b", "f4"), ("a @ b", "f8")]
    jobs = [(*work, False, True) for work in works] + [(*work, True, sync) for work in on_disk for sync in (True, False)]

    def row(text, names, to_disk, sync):
        files = {n: n for n in names}
        label = f"`{text}`"
        if "@" in text:
            files = {"a": f"m1_{names}", "b": f"m2_{names}"}
            label += f", float{8 * int(names[1])}"
        if text == RECHUNK:
            files, label = {"a": "a_rows"}, "chunks of rows to chunks of columns"
        default = {name: "a_default" if text == RECHUNK else f"{file}_default" for name, file in files.items()}
        if to_disk:
            label += ", to disk" if sync else ", not synced"
        if sync or not to_disk:
            runner.warm([*files.values(), *default.values(), *(["a"] if text == RECHUNK else [])])
        chunks = ["--default-chunks"] if to_disk and text != RECHUNK else []
        contest = {who: lambda of=of, flags=flags: runner.ours(text, of, "--runs", 1, *flags, to_disk=to_disk, sync=sync)
                   for who, of, flags in (("arrstore", files, []), ("default", default, chunks))}
        for peer in PEERS:
            theirs = {"a": "a"} if text == RECHUNK and peer in PEERS[:3] else files
            contest[peer] = lambda peer=peer, theirs=theirs: runner.peer(peer, text, theirs, to_disk=to_disk, sync=sync)
        seconds = best(contest)
        rivals = {w: t for w, t in seconds.items() if w in PEERS and not (to_disk and w == PEERS[0])}
        fastest = min(rivals, key=rivals.get)
        cells = [s(seconds.get(who)) for who in contest]
        ratios = [times(rivals[fastest] / seconds[who], 1) for who in ("arrstore", "default")]
        return [label, *cells, " / ".join(ratios) + f" ({fastest})"]

    return table(["work", "squares", "default", *PEERS, "fastest peer / each of ours"], (row(*job) for job in jobs))


def from_python(runner):
    """arrstore's Python package: calls, the arrays of NumPy that hold the results, and all that is between, beside the same
    work from Rust and NumPy in RAM.
    """
    arithmetic = [(text, {name: name for name in names}, False) for text, names in (
        ("sum(a)", "a"), ("mean(a, axis=0)", "a"), ("max(a, axis=0)", "a"), ("std(a, axis=0)", "a"), ("std(a, axis=1)", "a"), ("sum((a-b)**2)", "ab"),
    )]  # fmt: skip
    arithmetic += [("a @ b", {"a": "m1_f8", "b": "m2_f8"}, False), ("a*b+c", {name: name for name in "abc"}, True), ("a.T", {"a": "a"}, True)]
    jobs = [(f"`{text}`" + ", to disk" * to_disk, files, text, text, text, to_disk) for text, files, to_disk in arithmetic]
    for task, (files, numpys, ours, _) in TASKS.items():
        jobs.append((task, files, numpys, text(task, "arrstore"), numpys if ours == SAME else ours, False))

    def row(label, files, numpys, rust, package, to_disk):
        default = {name: f"{file}_default" if f"{file}_default" in STORES else file for name, file in files.items()}
        squares = {name: file + ".npy" if file in INDICES else file for name, file in files.items()}
        runner.warm([*files.values(), *default.values()])
        flags = ["--default-chunks"] if to_disk else []
        seconds = best({
            "squares": lambda: runner.peer(PACKAGE, package, files, to_disk=to_disk, sync=to_disk),
            "default": lambda: runner.peer(PACKAGE, package, default, to_disk=to_disk, sync=to_disk),
            "rust": lambda: runner.ours(rust, squares, "--runs", 1, *flags, to_disk=to_disk),
            PEERS[0]: lambda: runner.peer(PEERS[0], numpys, files, sync=False),
        })
        ratios = [times(seconds[PEERS[0]] / seconds[who], 1) if who in seconds else "" for who in ("squares", "default")]
        return [label, *(s(seconds.get(who)) for who in ("squares", "default", "rust", PEERS[0])), " / ".join(ratios)]

    return table(["work", "squares", "default", "squares, from Rust", PEERS[0], "NumPy / each from Python"], (row(*job) for job in jobs))


from_python.needs = {*"abc", "field", "m1_f8", "m2_f8", *INDICES}


def limits(runner):
    """Reductions against plain loops over the same mapped chunks, and against NumPy in RAM."""
    runner.warm(["a", "a_default"])

    def row(text):
        files = {"a": "a"}
        seconds = best({
            "default": lambda: runner.ours(text, {"a": "a_default"}),
            "loop": lambda: {"s": run([OURS, "read", runner.at("a.arrs")])["s"]},
            "unchecked": lambda: runner.ours(text, files, "--no-check"),
            "checked": lambda: runner.ours(text, files),
            "command": lambda: runner.command(text, files),
            "numpy": lambda: runner.peer(PEERS[0], text, files, "--runs", 3),
        }, rounds=4)
        loop = seconds.pop("loop")
        cells = [s(seconds[how], 4) + f" ({loop / seconds[how]:.0%})" for how in ("unchecked", "checked")]
        ours = ("unchecked", "checked", "default", "command")
        ratios = [times(seconds["numpy"] / seconds[how]) for how in ours]
        default = s(seconds["default"], 4) + f" ({loop / seconds['default']:.0%})"
        return [f"`{text}`", s(loop, 4), *cells, default, s(seconds["command"], 4), s(seconds["numpy"], 4), " / ".join(ratios)]

    head = ["work", "plain loop", "unchecked (of the loop)", "checked", "default chunks, checked", "whole command", "NumPy in RAM", "NumPy / each of ours"]
    works = ["sum(a)", "mean(a, axis=0)", "max(a, axis=0)", "std(a, axis=0)", "std(a, axis=1)"]
    return table(head, (row(text) for text in works))


def products(runner):
    """Products against NumPy's, and the large ones against the same backend in memory."""

    def row(text, files, label, in_memory):
        runner.warm(files.values())
        a, b = (runner.at(f"{files[name]}.npy") for name in (["a", "b"] if "b" in files else ["a", "a"]))
        jobs = {
            "disk": lambda: runner.ours(text, files, to_disk=True),
            "unsynced": lambda: runner.ours(text, files, to_disk=True, sync=False),
            "memory": lambda: runner.ours(text, files),
            "numpy": lambda: runner.peer(PEERS[0], text, files, "--runs", 3),
        }
        if in_memory:
            jobs["backend"] = lambda: run([OURS, "product", a, b, "--runs", "1"])
        seconds = best(jobs, rounds=3)
        ours = ("disk", "unsynced", "memory")
        ratios = [times(seconds["numpy"] / seconds[how], 1) for how in ours]
        near = " / ".join(f"{seconds['backend'] / seconds[how]:.0%}" for how in ours) if in_memory else ""
        return [label, *(s(seconds.get(how)) for how in (*ours, "numpy", "backend")), " / ".join(ratios), near]

    works = [("a @ b", {"a": f"m1_{t}", "b": f"m2_{t}"}, f"{M} x {M}, float{8 * int(t[1])}", True) for t in ("f4", "f8")]
    works += [("a @ b", {"a": "tall", "b": f"x{k}"}, f"(200000 x 2000) @ (2000 x {k})", False) for k in (1, 8, 64)]
    works += [("a.T @ a", {"a": "long"}, "`a.T @ a`, 1000000 x 64", False)]
    works += [("a @ b", {"a": "batch1", "b": "batch2"}, "1000 of 64 x 64", False)]
    head = ["product", "to disk", "not synced", "to memory", "NumPy in RAM", "backend in memory", "NumPy / each of ours", "of the backend"]
    return table(head, (row(*work) for work in works))


def layouts(runner):
    """Other layouts and types against two aligned arrays of doubles, by the bytes that are read."""
    gigabyte = 1e9
    square = "sum((a-b)**2)"
    ab = {"a": "a", "b": "b"}
    works = [
        (square, ab, "the same chunks", 2 * ARRAY),
        (square, {"a": "a_default", "b": "b_default"}, "the same chunks, those by default", 2 * ARRAY),
        (square, {"a": "a", "b": "b_grid"}, "chunks of 1000 x 1000 and of 700 x 1300", 2 * ARRAY),
        (square, {"a": "a_fortran", "b": "b_fortran"}, "both in Fortran order", 2 * ARRAY),
        (square, {"a": "a", "b": "b_fortran"}, "C order and Fortran order", 2 * ARRAY),
        (square, {"a": "a", "b": "row.npy"}, "a row, broadcast", ARRAY),
        (square, {"a": "a", "b": "column.npy"}, "a column, broadcast", ARRAY),
        (square, {"a": "row.npy", "b": "column.npy"}, "row and column, outer (bytes computed on)", ARRAY),
        ("sum((a[::-1, ::-1]-b)**2)", ab, "backwards", 2 * ARRAY),
        ("sum((a.T-b)**2)", ab, "transposed", 2 * ARRAY),
        ("sum((a[:, ::2]-b[:, ::2])**2)", ab, "every second column", 2 * ARRAY),
        ("sum((a[::2]-b[::2])**2)", ab, "every second row (bytes checked)", 2 * ARRAY),
        ("sum(a)", {"a": "a"}, "float64", ARRAY),
        ("sum(a)", {"a": "a_default"}, "float64, default chunks", ARRAY),
        ("sum(a)", {"a": "f4"}, "float32", ARRAY),
        ("sum(a)", {"a": "f2"}, "float16", ARRAY),
        ("sum(a)", {"a": "i2"}, "int16", ARRAY),
        ("sum(a)", {"a": "u1"}, "uint8", ARRAY // 2),
        ("max(a)", {"a": "a"}, "float64", ARRAY),
        ("max(a)", {"a": "f2"}, "float16", ARRAY),
        ("max(a)", {"a": "i2"}, "int16", ARRAY),
        ("max(a)", {"a": "u1"}, "uint8", ARRAY // 2),
    ]
    base = {}

    def row(text, files, label, size):
        runner.warm({file.removesuffix(".npy") for file in files.values()})
        seconds = best({"ours": lambda: runner.ours(text, files, "--runs", 5)}, rounds=3)["ours"]
        speed = size / seconds / gigabyte
        # sums of squares, then sums, then greatest elements
        ratio = base.setdefault(text if text in ("sum(a)", "max(a)") else square, speed) / speed
        return [f"`{text}`", label, s(seconds), f"{speed:.1f}", f"**{ratio:.2f}**" if ratio > 1.3 else f"{ratio:.2f}"]

    return table(["work", "layout or type", "seconds", "GB/s", "time per byte, of the first of its kind"],
                 (row(*work) for work in works))


def shapes(runner):
    """Arrays that are no squares, in the chunks that people get and as `.npy`, against NumPy's in RAM."""
    works = [(text, "climate") for text in (
        "mean(a, axis=0)", "std(a, axis=0)", "max(a, axis=0)", "argmax(a, axis=0)", "nanmean(a, axis=0)", "sum(a > 0.5, axis=0)")]
    works += [(text, "cube") for text in ("mean(a, axis=0)", "a - mean(a, axis=0)", "a.transpose((1, 2, 0))")]
    works += [("mean(a, axis=0)", "stack"), ("a.transpose((0, 3, 1, 2))", "images")]
    works += [(text, "short") for text in ("max(mean(a, axis=0))", "sum(max(a, axis=0))", "a @ a.T", "sum(a[:, ::1000])", "a.T")]
    works += [(text, "narrow") for text in ("sum(a, axis=1)", "argmax(a, axis=1)")]
    works += [(text, "a") for text in ("sum(a)", "mean(a, axis=0)", "max(a, axis=0)", "std(a, axis=1)", "a.T", "sum(a.T - a)")]

    def row(text, name):
        default = "a_default" if name == "a" else name
        runner.warm({default, name})
        seconds = best({
            "default": lambda: runner.ours(text, {"a": default}),
            "npy": lambda: runner.ours(text, {"a": name + ".npy"}),
            "numpy": lambda: runner.peer(PEERS[0], text, {"a": name}, "--runs", 3),
        }, rounds=3)
        shape, dtype = (SHAPES | NORMAL)[name]
        ratios = [times(seconds["numpy"] / seconds[how], 1) for how in ("default", "npy")]
        return [f"`{text}`", f"{dtype} {' x '.join(map(str, shape))}", *(s(seconds[how], 4) for how in ("default", "npy", "numpy")), *ratios]

    head = ["work", "array", "default chunks", "`.npy`", "NumPy in RAM", "NumPy / default chunks", "NumPy / `.npy`"]
    return table(head, (row(*work) for work in works))


def cold(runner):
    """Files that are not in the page cache, against `dd`."""

    def row(text, names):
        default = [f"{n}_default" for n in names]
        seconds = best({
            "dd": lambda: runner.disk(names),
            "squares": lambda: runner.ours(text, {n: n for n in names}, "--runs", 1),
            "default": lambda: runner.ours(text, {n: f"{n}_default" for n in names}, "--runs", 1),
        }, rounds=4, before=lambda: runner.cool([*names, *default]))
        ours = ("squares", "default")
        shares = " / ".join(f"{seconds['dd'] / seconds[how]:.0%}" for how in ours)
        return [f"`{text}`", s(seconds["dd"]), *(s(seconds[how]) for how in ours), shares]

    works = [("sum(a)", "a"), ("std(a, axis=0)", "a"), ("sum((a-b)**2)", "ab"), ("max(sin(a)+b*c)", "abc"), ("sum(a.T-b)", "ab")]
    return table(["work", "`dd` of the squares", "squares", "default", "of `dd`"], (row(*work) for work in works))


def compressed(runner):
    """A field of 400 MB, packed."""
    import blosc2

    field = np.load(runner.at("field.npy"))
    raw = field.nbytes

    def rate(seconds):
        return f"{raw / seconds / 1e9:.2f}"

    def clocked(job):
        def timed():
            began = time.perf_counter()
            job()
            return {"s": time.perf_counter() - began}
        return timed

    def theirs(name, codec, level):
        path, out = runner.at(f"field_{name}.b2nd"), runner.at("out.b2nd")
        how = {"cparams": {"codec": codec, "clevel": level}, "mode": "w"}
        seconds = best({"write": clocked(lambda: blosc2.asarray(field, urlpath=path, **how))}, rounds=3)
        packed = blosc2.open(path, mode="r")
        seconds |= best({
            "read": clocked(lambda: packed[:]),
            "sum": clocked(lambda: packed.sum()),
            "compute": clocked(lambda: blosc2.lazyexpr("x*2+1", {"x": packed}).compute(urlpath=out, **how)),
        }, rounds=3)
        return ["Blosc2 " + name, raw / os.path.getsize(path), seconds]

    def ours(name):
        path = runner.at(f"field_{name}.arrs")
        packed = {"x": f"field_{name}"}
        seconds = best({
            "write": lambda: runner.ours("x", {"x": "field.npy"}, "--codec", name, to_disk=True, sync=False),
            "durable": lambda: runner.ours("x", {"x": "field.npy"}, "--codec", name, to_disk=True),
        }, rounds=1)
        run([OURS, "eval", "x", f"x={runner.at('field.npy')}", "--out", path, "--codec", name, "--runs", "1", "--keep"])
        # apart, for their answers differ
        for what, text, flags in [("read", "x", {}), ("sum", "sum(x)", {}), ("compute", "x*2+1", {"to_disk": True, "sync": False})]:
            seconds |= best({what: lambda: runner.ours(text, packed, "--runs", 5, "--codec", name, **flags)})
        return ["arrstore " + name, raw / os.path.getsize(path), seconds]

    def row(who, ratio, seconds):
        return [who, f"{ratio:.2f}", *(rate(seconds[k]) if k in seconds else "–" for k in ("write", "durable", "read", "sum", "compute"))]

    jobs = [lambda: theirs("lz4", blosc2.Codec.LZ4, 1), lambda: ours("lz4"), lambda: theirs("zstd", blosc2.Codec.ZSTD, 1),
            lambda: ours("zstd"), lambda: ours("pco")]
    return table(["codec", "raw / packed", "write", "write, synced", "read all", "`sum(x)`", "`x*2+1` to a file"],
                 (row(*job()) for job in jobs))


def small_memory(runner):
    """Cold, in a memory cgroup, to disk."""
    free = {}

    def row(text, files, label, mebibytes, who):
        if label not in free:
            free[label] = runner.ours(text, files, "--runs", 1, to_disk=True).get("s")
        runner.cool({*files.values()})
        with cgroup(mebibytes) as group:
            if group is None:
                return [label, f"{mebibytes} MiB", who, "needs a memory cgroup", ""]
            if who == "arrstore":
                memory = (mebibytes - 96) << 20
                chunks = ["--default-chunks"] if "default" in label else []
                found = runner.ours(text, files, "--runs", 1, "--memory", memory, *chunks, to_disk=True, group=group)
            else:
                found = runner.peer(who, text, files, to_disk=True, group=group, timeout=60)
        seconds = found.get("s")
        share = f"{free[label] / seconds:.0%}" if seconds else ""
        return [label, f"{mebibytes} MiB", who, s(seconds, 2) if seconds else "killed, or over 60 s", share]

    works = [("a @ b", {"a": f"m1_{t}", "b": f"m2_{t}"}, f"`a @ b`, float{8 * int(t[1])}", 512) for t in ("f4", "f8")]
    works += [("a.T", {"a": "a"}, "`a.T`", 256), (RECHUNK, {"a": "a_rows"}, "rows to columns", 256)]
    works += [(text, {n: f"{f}_default" for n, f in files.items()}, f"{label}, default chunks", limit) for text, files, label, limit in works[:3]]
    peers = lambda label: () if "default" in label else ("Dask", "Blosc2", "np.memmap")
    jobs = ((*work, who) for work in works for who in ("arrstore", *peers(work[2])) if not (work[0] == RECHUNK and who == "np.memmap"))
    return table(["work", "memory", "by", "seconds", "of arrstore, warm and without the limit"], (row(*job) for job in jobs))


def vocabulary(runner):
    """Work beyond arithmetic: warm beside NumPy in RAM and Dask, and cold in 512 MiB."""

    def row(task):
        files = TASKS[task][0]
        squares = {name: file + ".npy" if file in ("rows", "points1", "points2") else file for name, file in files.items()}
        default = {name: f"{file}_default" if f"{file}_default" in STORES else file for name, file in squares.items()}
        runner.warm([*files.values(), *default.values()])
        contest = {
            "squares": lambda: runner.ours(text(task, "arrstore"), squares, "--runs", 1),
            "default": lambda: runner.ours(text(task, "arrstore"), default, "--runs", 1),
            "NumPy in RAM": lambda: runner.peer("NumPy in RAM", text(task, "NumPy in RAM"), files),
        }
        if text(task, "Dask"):
            contest["Dask"] = lambda: runner.peer("Dask", text(task, "Dask"), files)
        seconds = best(contest)
        with cgroup(512) as group:
            small = {}
            for who in ("arrstore", "Dask") if group else ():
                runner.cool([*files.values(), *default.values()])
                flags = ("--runs", 1, "--memory", (512 - 96) << 20)
                job = runner.ours(text(task, who), default, *flags, group=group) if who == "arrstore" else \
                    runner.peer(who, text(task, who), files, group=group, timeout=60) if text(task, who) else {}
                small[who] = job.get("s")
        peers = [seconds[who] for who in ("NumPy in RAM", "Dask") if who in seconds]
        ratios = [times(min(peers) / seconds[who], 1) if peers and who in seconds else "" for who in ("squares", "default")]
        cells = [s(seconds.get(who)) for who in ("squares", "default", "NumPy in RAM", "Dask")]
        return [task, *cells, " / ".join(ratios), s(small.get("arrstore"), 2), s(small.get("Dask"), 2)]

    head = ["work", "squares", "default", "NumPy in RAM", "Dask", "faster peer / each of ours", "default, cold, 512 MiB", "Dask, cold, 512 MiB"]
    return table(head, (row(task) for task in TASKS))


FUNCTIONS = {
    "wide": "exp sin cos tan sinh cosh tanh arctan cbrt expm1",
    "positive": "log log2 log10 log1p sqrt",
    "unit": "arcsin arccos arctanh",
    "small": "power",
}


def functions(runner):
    """Functions on one core, operands and results in its cache."""

    def numpys(function, arguments):
        out = np.empty_like(arguments[0])
        seconds = float("inf")
        for _ in range(1000):
            began = time.perf_counter()
            function(*arguments, out=out)
            seconds = min(seconds, time.perf_counter() - began)
        return {"s": seconds, "answer": out.sum(dtype="f8")}

    ratios = []

    def row(kind, name):
        cells = []
        for dtype in ("f8", "f4"):
            path = runner.at(f"{kind}_{dtype}.npy")
            x = np.load(path)
            arguments = (x, x[::-1].copy()) if name == "power" else (x,)
            seconds = best({"numpy": lambda: numpys(getattr(np, name), arguments),
                            "arrstore": lambda: run([OURS, "function", name, path])}, rounds=3, least=1, within=1e-6)
            ratios.append(seconds["numpy"] / seconds["arrstore"])
            cells += [*(f"{t / len(x) * 1e9:.2f}" for t in seconds.values()), times(ratios[-1], 1)]
        return [f"`{name}`", *cells]

    head = ["function", "float64: NumPy, ns", "arrstore", "ratio", "float32: NumPy, ns", "arrstore", "ratio"]
    yield from table(head, (row(kind, name) for kind, names in FUNCTIONS.items() for name in names.split()))
    yield ""
    yield f"Geometric mean {np.exp(np.log(ratios).mean()):.2f}x, least {min(ratios):.2f}x."


def small(runner):
    works = {
        "slice": "a slice of 16 x 16 of a stored array, all that is read checked",
        "view": "the same out of mapped chunks, nothing checked",
        "open": "a file of a million chunks opened, and one element",
        "1KB": "`a*b+c` over 1 KB in memory, from the text on",
        "32KB": "over 32 KB",
        "1MB": "over 1 MB",
    }

    def row(task, label):
        seconds = best({task: lambda: {"s": run([OURS, "small", runner.folder, task])["s"]}}, rounds=3)[task]
        return [label, f"{seconds * 1e6:.1f} µs"]

    def several():
        text = "min(a), max(a), mean(a), std(a), astype(count_nonzero(isnan(a)), float64)"
        runner.warm("a")
        seconds = best({"one": lambda: {"s": runner.ours("sum(a)", {"a": "a"})["s"]},
                        "many": lambda: {"s": runner.ours(text, {"a": "a"})["s"]}}, rounds=4)
        return ["min, max, mean, std and the count of NaN of `a`", f"{seconds['many']:.3f} s, {seconds['many'] / seconds['one']:.2f} sums"]

    yield from table(["small work", "time"], [*(row(*work) for work in works.items()), several()])


TABLES = {f.__name__: f for f in (against_peers, from_python, limits, products, layouts, shapes, cold, compressed, small_memory, vocabulary, functions, small)}
