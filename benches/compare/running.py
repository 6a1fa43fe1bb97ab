"""Runs one job in a process of its own: ours, a peer's, `dd`; warm, cold, or in a memory cgroup."""
import contextlib
import json
import os
import subprocess
import sys
import time

from data import ARRSTORE
from peers import RECHUNK

OURS = os.path.join("target", "release", "arrstore-benches")
ROUNDS = 2


class Runner:
    def __init__(self, folder):
        self.folder = folder

    def at(self, name):
        return os.path.join(self.folder, name)

    def ours(self, text, files, *flags, to_disk=False, sync=True, **process):
        """Our time for one expression; `files` binds names to files without their ending, or with it."""
        if text == RECHUNK:
            text, flags = "a", ("--chunk", "0x100", *flags)
        flags = [*map(str, flags), *(["--out", self.at("out.arrs")] if to_disk else []), *([] if sync else ["--no-sync"])]
        return run([OURS, "eval", text, *self.bound(files), *flags], **process)

    def bound(self, files):
        return [f"{name}={self.at(file if '.' in file else file + '.arrs')}" for name, file in files.items()]

    def command(self, text, files):
        """Our time for the whole command, from its start to its end."""
        files = [f"{pair}:/data" for pair in self.bound(files)]
        began = time.perf_counter()
        done = subprocess.run([ARRSTORE, "eval", text, *files], capture_output=True, text=True, check=True)
        return {"s": time.perf_counter() - began, "said": done.stdout}

    def peer(self, peer, text, files, *flags, to_disk=False, sync=True, **process):
        flags = [*map(str, flags), *(["--to-disk"] if to_disk else []), *(["--sync"] if sync else [])]
        files = [f"{name}={file}" for name, file in files.items()]
        script = os.path.join(os.path.dirname(__file__), "peers.py")
        return run([sys.executable, script, self.folder, peer, text, *files, *flags], **process)

    def paths(self, names, ends=(".arrs", ".npy", ".b2nd", ".zarr")):
        """All files that hold the arrays of these names."""
        for root in (self.at(name + end) for name in names for end in ends):
            inside = [os.path.join(at, file) for at, _, files in os.walk(root) for file in files]
            yield from inside or ([root] if os.path.exists(root) else [])

    def warm(self, names):
        """Brings files into the page cache by reading each from first to last: how they came there decides how large
        the pieces are that they can be mapped in, and so how fast."""
        self.cool(names)
        for path in self.paths(names):
            with open(path, "rb", buffering=0) as file:
                while file.read(1 << 20):
                    pass

    def cool(self, names):
        """Sends files out of the page cache."""
        os.sync()
        for path in self.paths(names):
            with open(path, "rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def disk(self, names):
        """Seconds that `dd` takes for our files of these names."""
        began = time.perf_counter()
        for path in self.paths(names, (".arrs",)):
            subprocess.run(["dd", f"if={path}", "of=/dev/null", "bs=1M", "status=none"], check=True)
        return {"s": time.perf_counter() - began}


def run(command, group=None, timeout=600):
    """What a job prints, as JSON; nothing when it fails, is killed, or takes too long."""
    join = (lambda: open(os.path.join(group, "cgroup.procs"), "w").write(str(os.getpid()))) if group else None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, preexec_fn=join)
    except subprocess.TimeoutExpired:
        return {}
    if done.returncode:
        if done.returncode > 0:
            print(f"{command[0]} {command[1]}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    return json.loads(done.stdout.strip().splitlines()[-1])


def best(jobs, rounds=ROUNDS, before=os.sync, least=1e5, within=1e-5):
    """Runs jobs in turn, and gives the best time of each that gave one. Their answers must agree, to `within` of the
    answer or of `least`, which sums of numbers of both signs need."""
    seconds, answers = {}, {}
    for _ in range(rounds):
        for who, job in jobs.items():
            before()
            found = job()
            if "s" in found:
                seconds[who] = min(found["s"], seconds.get(who, float("inf")))
            if "answer" in found:
                answers[who] = found["answer"]
    for who, answer in answers.items():
        first = next(iter(answers.values()))
        assert abs(answer - first) <= within * max(abs(first), least), f"{who} says {answer}, not {first}"
    return seconds


@contextlib.contextmanager
def cgroup(mebibytes):
    """A memory cgroup, version 1 or 2; nothing where none can be made."""
    for root, file in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = os.path.join(root, f"arrstore-compare-{os.getpid()}")
        try:
            os.mkdir(group)
            with open(os.path.join(group, file), "w") as limit:
                limit.write(str(mebibytes << 20))
        except OSError:
            continue
        try:
            yield group
        finally:
            os.rmdir(group)
        return
    yield None
