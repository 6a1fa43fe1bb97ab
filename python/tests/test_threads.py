"""Threads, processes and interpreters at one store, and what they leave behind. ARRSTORE_LONG=1 opens a store 100,000 times.

With the plugin pytest-run-parallel, `pytest --parallel-threads=8 python/tests` runs the tests without a file of their own in threads.
"""

import concurrent.futures
import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from conftest import same

import arrstore

LONG = bool(os.environ.get("ARRSTORE_LONG"))
X = np.arange(60_000.0).reshape(300, 200)


def together(count, work):
    """Calls `work(number)` in so many threads at once, and gives the results. An exception of any of them is raised."""
    barrier, results, errors = threading.Barrier(count), [None] * count, []

    def run(number):
        barrier.wait()
        try:
            results[number] = work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    if errors:
        raise errors[0]
    return results


def retried(change):
    """Makes a change of a store as soon as no other writer is at work."""
    until = time.monotonic() + 60
    while True:
        try:
            return change()
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.001)


def test_threads_share_arrays(store):
    packed = store.write("p", X, chunks=(70, 90), codec="zstd:1")
    raw = store.write("raw", X)
    lazy = (packed - raw.mean(0)) / 2

    def work(number):
        for _ in range(5):
            same(packed[number:, ::3], X[number:, ::3])
            same(np.asarray(raw), X)
            np.testing.assert_allclose(float(lazy.sum()), ((X - X.mean(0)) / 2).sum(), atol=1e-3)
            same(pickle.loads(pickle.dumps(packed[number])), X[number])
            assert "float64" in repr(lazy) and str(lazy.explain())
            with arrstore.open(store.path) as own:
                same(own["p"][number], X[number])

    together(8, work)


def test_one_writer_and_readers_of_whole_commits(store, path):
    """Each commit has one number in all elements of two arrays: no reader sees two."""
    with store.transaction() as tx:
        for name in "ab":
            tx.write(name, np.zeros((200, 100)), chunks=(50, 50), codec="zstd:1")
    done = threading.Event()

    def work(number):
        if number == 0:
            for value in range(1, 40):
                with store.transaction() as tx:
                    tx["a"][...] = value
                    tx["b"][...] = value
            done.set()
            return None
        seen = set()
        while not done.is_set() or not seen:
            with arrstore.open(path) as own:
                a, b = arrstore.compute(own["a"], own["b"])
                # the second array may be of a later commit, unless the commit is named
                assert a.min() == a.max() and b.min() == b.max() >= a.min()
                try:
                    fixed = arrstore.open(path, commit=own.commit)
                    pair = fixed["a"], fixed["b"]
                except KeyError:
                    # the writer has made two more
                    continue
                found = np.unique(np.concatenate(arrstore.compute(*pair)))
                assert len(found) == 1
                seen.add(float(found[0]))
        return seen

    results = together(5, work)
    assert all(results[1:])
    same(store["a"], np.full((200, 100), 39.0))


@pytest.mark.parametrize("shared", [True, False])
def test_writers_take_turns(store, path, shared):
    store.create("n", (8, 50), "i8", chunks=(3, 20))

    def work(number):
        own = store if shared else arrstore.open(path, "r+")
        for k in range(20):
            retried(lambda: own["n"].__setitem__((number, k), k + 1))

    together(8, work)
    with arrstore.open(path) as found:
        same(found["n"][:, :20], np.tile(np.arange(1, 21), (8, 1)))
        same(found["n"][:, 20:], np.zeros((8, 30), "i8"))
    # one commit for each change, and those of the fixture and of the array
    assert store.history()[0].number == 2 + 160


def test_a_write_beside_another_is_refused_at_once(store):
    with store.transaction() as tx:
        tx["a"] = 1

        def work(number):
            with pytest.raises(BlockingIOError):
                store["b"] = number

        together(4, work)
    assert sorted(store) == ["a", "t"]


def test_views_of_a_map_outlive_everything(tmp_path):
    def work(number):
        path = tmp_path / f"{number}.arrs"
        store = arrstore.open(path, "w")
        views = [np.asarray(store.write(name, X + number)) for name in "ab"] + [memoryview(store["a"][1:])]
        for _ in range(5):
            store["a"] = X
        store.close()
        del store
        path.unlink()
        gc.collect()
        for view in views[:2]:
            same(view, X + number)
        same(np.asarray(views[2]), X[1:] + number)

    together(4, work)


def total(array):
    return float(array.sum())


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_from_threads(store, tmp_path, method):
    """Pools of processes while other threads compute and write."""
    t, stop = store.write("p", X, chunks=(70, 90), codec="zstd:1"), threading.Event()
    other = arrstore.open(tmp_path / "other.arrs", "w")

    def work(number):
        if number == 0:
            try:
                for _ in range(3):
                    with multiprocessing.get_context(method).Pool(2) as pool:
                        assert pool.map_async(total, [t, t[0], t + 1]).get(120) == [X.sum(), X[0].sum(), (X + 1).sum()]
            finally:
                stop.set()
            return
        while not stop.is_set():
            if number == 1:
                other["w"] = X
            same((t * 2)[number], X[number] * 2)

    together(4, work)


def resident():
    """Kilobytes of memory in use, and open files."""
    gc.collect()
    size = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
    return size, len(os.listdir("/proc/self/fd"))


USES = {
    "open": lambda path: arrstore.open(path).close(),
    "read": lambda path: float(arrstore.open(path)["t"].sum()),
    "view": lambda path: np.asarray(arrstore.open(path)["t"])[1:],
    "pickle": lambda path: pickle.loads(pickle.dumps(arrstore.open(path)["t"])),
    "name": lambda path: arrstore.open(f"{path}:/t").compute(),
    "missing": lambda path: pytest.raises(KeyError, arrstore.open(path).__getitem__, "nothing"),
    "refused": lambda path: pytest.raises(FileNotFoundError, arrstore.open, path.with_name("none.arrs")),
    "chunks": lambda path: arrstore.open(path)._file.chunks("/t"),
    "rolled back": lambda path: arrstore.open(path, "r+").transaction().rollback(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_nothing_is_left_behind(path, store, use):
    for _ in range(300):
        use(path)
    before, files = resident()
    for _ in range(100_000 if LONG else 2_000):
        use(path)
    after, left = resident()
    assert left <= files and after - before < (3_000 if LONG else 2_000), f"{after - before} KiB, {left - files} files"


def test_threads_leave_nothing_behind(path, store):
    def work(number):
        for _ in range(20_000 if LONG else 300):
            USES["read"](path)

    together(4, work)
    before, files = resident()
    together(4, work)
    after, left = resident()
    assert left <= files and after - before < 3_000, f"{after - before} KiB, {left - files} files"


SUBINTERPRETER = """
    import sys
    try:
        from concurrent import interpreters
    except ImportError:
        import _interpreters
        number = _interpreters.create()
        error = _interpreters.exec(number, "import arrstore")
        text = error and error.formatted
        _interpreters.destroy(number)
    else:
        interpreter = interpreters.create()
        try:
            interpreter.exec("import arrstore")
            text = None
        except interpreters.ExecutionFailed as error:
            text = str(error)
        interpreter.close()
    print(text)
    # the first interpreter goes on
    import arrstore
    print(float(arrstore.asarray([1.0, 2]).sum()))
"""


@pytest.mark.skipif(sys.version_info < (3, 13), reason="SKIPPED: Python has no interpreters for programs before 3.13")
def test_another_interpreter_is_refused():
    """NumPy and PyO3 live in one interpreter of a process. Another one is told so, and the process goes on."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(SUBINTERPRETER)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    refusal, total = done.stdout.strip().rsplit("\n", 1)
    assert "ImportError" in refusal and total == "3.0", done.stdout


def test_settings_of_threads_end_in_any_order():
    before = repr(arrstore.config())
    first, second = arrstore.config(memory=10**9), arrstore.config(memory=2 * 10**9, threads=1)
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert "memory=2000000000, threads=1" in repr(arrstore.config())
    second.__exit__()
    assert repr(arrstore.config()) == before

    def change(number):
        for _ in range(50):
            with arrstore.config(memory=10**9 + number):
                time.sleep(0)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(change, range(8)))
    assert repr(arrstore.config()) == before


def test_settings_stay_until_the_with_around_them_ends():
    before = repr(arrstore.config())
    with arrstore.config(threads=1):
        for number in range(1000):
            arrstore.config(memory=10**9 + number)
        with arrstore.config(progress=True, memory=10**8):
            assert "memory=100000000, threads=1" in repr(arrstore.config())
        assert "memory=1000000999, threads=1" in repr(arrstore.config())
        with pytest.raises(ValueError, match="memory"):
            arrstore.config(memory="much")
        assert len(arrstore._config._layers) < 5
    assert repr(arrstore.config()) == before
