"""Files of safetensors: read in place, written from lazy arrays, and compared with the library of safetensors."""

import json
import pickle

import numpy as np
import pytest
from conftest import same

import arrstore
from arrstore import safetensors

TENSORS = {
    "weight": np.random.default_rng(0).normal(size=(7, 5)).astype("f4"),
    "deep/er.bias": np.arange(3, dtype="i8"),
    "flag": np.array([True, False, True]),
    "half": np.arange(5, dtype="f2"),
    "number": np.array(5.5),
    "empty": np.zeros((0, 3), "u1"),
    "odd": np.arange(5, dtype="u1"),
    "z": np.arange(4).astype("c8") * 1j,
    **{dtype: np.arange(3).astype(dtype) for dtype in ("i1", "i2", "i4", "u2", "u4", "u8")},
}


def check(found, expected):
    assert sorted(found) == sorted(expected)
    for name, values in expected.items():
        same(found[name], values)


def test_a_round_trip_through_a_store(tmp_path, path):
    file, copy = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    safetensors.save(file, TENSORS, {"format": "pt"})
    tensors = safetensors.open(file)
    check(tensors, TENSORS)
    assert tensors.metadata == {"format": "pt"} and isinstance(tensors["weight"], arrstore.Array) and not np.asarray(tensors["weight"]).flags.writeable
    # all elements lie at multiples of their size
    assert all(np.asarray(tensor).flags.aligned for tensor in tensors.values())
    with arrstore.open(path, "w") as store:
        with store.transaction() as tx:
            for name, tensor in tensors.items():
                tx[name] = tensor
        assert len(store.history()) == 1
        safetensors.save(copy, store.arrays(), {"format": "pt"})
        safetensors.save(tmp_path / "c.safetensors", {"sum": store["weight"].sum(0), "t": store["weight"].T * 2, "part": store["weight"][::2, ::-1]})
    assert copy.read_bytes() == file.read_bytes()
    w = TENSORS["weight"]
    found = safetensors.open(tmp_path / "c.safetensors")
    np.testing.assert_allclose(found["sum"], w.sum(0), rtol=1e-6)
    same(found["t"], w.T * 2)
    same(found["part"], w[::2, ::-1])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.safetensors", "b.safetensors", "c.safetensors", "x.arrs"]


def test_stores_groups_and_relative_paths(tmp_path, path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with arrstore.open(path, "w") as store:
        store["g/weight"], store["flag"] = TENSORS["weight"], TENSORS["flag"]
        safetensors.save("a.safetensors", store)
        safetensors.save("b.safetensors", store["g"])
    tensors, part = safetensors.open("a.safetensors"), safetensors.open("b.safetensors")
    pickled = pickle.dumps((tensors, tensors["flag"], tensors["g/weight"] * 2))
    changed = tensors["flag"]
    changed[0] = False
    monkeypatch.chdir("/")
    # a relative path means the folder of then
    for found in (tensors, pickle.loads(pickled)[0]):
        check(found, {"g/weight": TENSORS["weight"], "flag": TENSORS["flag"]})
    check(part, {"weight": TENSORS["weight"]})
    _, flag, twice = pickle.loads(pickled)
    same(flag, TENSORS["flag"])
    same(twice, TENSORS["weight"] * 2)


def test_the_library_of_safetensors_agrees(tmp_path):
    library = pytest.importorskip("safetensors.numpy", reason="SKIPPED: safetensors is not installed")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    safetensors.save(ours, TENSORS, {"a": "\u00e9"})
    check(library.load_file(ours), TENSORS)
    library.save_file(TENSORS, theirs, {"a": "\u00e9"})
    check(safetensors.open(theirs), TENSORS)
    # the order of the tensors is free
    for name in TENSORS:
        assert {**header(ours)[name], "data_offsets": 0} == {**header(theirs)[name], "data_offsets": 0}
    assert ours.stat().st_size == theirs.stat().st_size


def test_bfloat16(tmp_path, path):
    types = pytest.importorskip("ml_dtypes", reason="SKIPPED: ml_dtypes is not installed")
    values = np.arange(7).astype(types.bfloat16)
    safetensors.save(tmp_path / "a", {"b": values})
    assert header(tmp_path / "a")["b"]["dtype"] == "BF16"
    with arrstore.open(path, "w") as store:
        store["b"] = safetensors.open(tmp_path / "a")["b"]
        same(store["b"], values)


def test_torch_agrees(tmp_path):
    torch = pytest.importorskip("torch", reason="SKIPPED: torch is not installed")
    library = pytest.importorskip("safetensors.torch", reason="SKIPPED: safetensors is not installed")
    from arrstore.torch import to_tensor

    tensors = {"w": torch.randn(4, 3), "b": torch.ones(3).bfloat16()}
    library.save_file(tensors, tmp_path / "a")
    found = safetensors.open(tmp_path / "a")
    for name, tensor in tensors.items():
        assert torch.equal(to_tensor(found[name]), tensor)
    safetensors.save(tmp_path / "b", found)
    assert torch.equal(library.load_file(tmp_path / "b")["w"], tensors["w"])


def test_large_arrays_are_computed_into_the_file(tmp_path, path, monkeypatch):
    monkeypatch.setattr("arrstore._bytes._LARGE", 1000)
    values = np.arange(300_000.0).reshape(300, 1000)
    with arrstore.open(path, "w") as store:
        x = store.write("x", values, chunks=(100, 100), codec="zstd:1", order="F")
        safetensors.save(tmp_path / "a", {"x": x, "y": x.T + 1, "z": x[0, :3], "b": x > 5})
    check(safetensors.open(tmp_path / "a"), {"x": values, "y": values.T + 1, "z": values[0, :3], "b": values > 5})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "x.arrs"]


def header(path):
    data = path.read_bytes()
    return json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])


def raw(path, header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


def tensor(dtype="F32", shape=(2,), data_offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(data_offsets)}


@pytest.mark.parametrize(
    "header, body, words",
    [
        (b"nonsense", b"", "no JSON"),
        (b"\xff\xfe", b"", "no JSON"),
        (b"[]", b"", "expected an object"),
        (b'{"a": 1, "a": 2}', b"", "one key twice"),
        ({"__metadata__": 5}, b"", "object of texts"),
        ({"a": 5}, b"", "'a': expected dtype"),
        ({"a": tensor(data_offsets=(0, 8, 9))}, bytes(8), "two data_offsets"),
        ({"a": tensor(shape=(-2,))}, bytes(8), "'a': expected dtype"),
        ({"a": tensor(shape=(2.0,))}, bytes(8), "'a': expected dtype"),
        ({"a": tensor()}, bytes(7), "from byte 0 to 8 of 7"),
        ({"a": tensor()}, bytes(9), "end at byte 8 of 9"),
        ({"a": tensor(shape=(3,))}, bytes(8), "needs 12 bytes, and has 8"),
        ({"a": tensor(shape=(2**40, 2**40))}, bytes(8), "needs"),
        ({"a": tensor(), "b": tensor(data_offsets=(4, 12))}, bytes(12), "begins at 8"),
        ({"a": tensor(), "b": tensor(data_offsets=(9, 17))}, bytes(17), "begins at 8"),
    ],
)
def test_damaged_files_are_refused(tmp_path, header, body, words):
    with pytest.raises(ValueError, match=words):
        safetensors.open(raw(tmp_path / "a", header, body))


def test_refusals(tmp_path):
    for data in [b"", b"1234567", (2**63).to_bytes(8, "little"), (9).to_bytes(8, "little") + b"{}"]:
        (tmp_path / "a").write_bytes(data)
        with pytest.raises(ValueError, match="no file of safetensors"):
            safetensors.open(tmp_path / "a")
    found = safetensors.open(raw(tmp_path / "a", {"a": tensor("F8_E4M3", (8,)), "b": tensor("U8", (1,), (8, 9))}, bytes(9)))
    same(found["b"], np.zeros(1, "u1"))
    with pytest.raises(TypeError, match="tensor 'a' has elements of type F8_E4M3"):
        found["a"]
    with pytest.raises(KeyError):
        found["c"]
    for tensors, error, words in [
        ({"a": np.array(["text"])}, TypeError, "no elements of type"),
        ({"a": np.arange(3) * 1j}, TypeError, "no elements of type complex128"),
        ({"__metadata__": np.arange(3)}, ValueError, "not '__metadata__'"),
        ({5: np.arange(3)}, ValueError, "name that is a text"),
    ]:
        with pytest.raises(error, match=words):
            safetensors.save(tmp_path / "b", tensors)
    with pytest.raises(TypeError, match="expected texts"):
        safetensors.save(tmp_path / "b", {}, {"a": 5})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a"]
    safetensors.save(tmp_path / "b", {})
    assert dict(safetensors.open(tmp_path / "b")) == {}


def test_a_file_that_changed_is_refused(tmp_path):
    file, other = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    safetensors.save(file, {"x": np.arange(4.0)})
    tensors = safetensors.open(file)
    same(tensors["x"], np.arange(4.0))
    safetensors.save(other, {"x": np.arange(4)})
    other.replace(file)
    with pytest.raises(OSError, match="changed since it was opened"):
        tensors["x"]
    same(safetensors.open(file)["x"], np.arange(4))
