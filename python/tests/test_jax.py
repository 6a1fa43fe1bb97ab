"""JAX, and DLPack with devices."""

import numpy as np
import pytest
from conftest import same

import arrstore

X = np.arange(12, dtype="f4").reshape(3, 4)


@pytest.fixture
def jax(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    return pytest.importorskip("jax", reason="SKIPPED: jax is not installed")


@pytest.mark.parametrize("how", ["asarray", "array", "from_dlpack"])
def test_arrays_of_jax_from_lazy_arrays(jax, store, how):
    convert = getattr(jax.numpy, how)
    t = store.write("t", X)
    packed = store.write("p", X, chunks=(2, 3), codec="zstd:1")
    for array, expected in [
        (t, X),
        (packed, X),
        (t + 1, X + 1),
        (t.T, X.T),
        (t[::-1], X[::-1]),
        (t[:, ::2], X[:, ::2]),
        (t > 3, X > 3),
        (t.sum(), X.sum()),
        (t[:0], X[:0]),
        (t.astype("i4"), X.astype("i4")),
    ]:
        found = convert(array)
        assert isinstance(found, jax.Array)
        same(found, expected)


def test_arrays_of_jax_outlive_the_store(jax, path):
    store = arrstore.open(path, "w")
    found = jax.numpy.asarray(store.write("t", X))
    later = jax.numpy.from_dlpack(store["t"])
    store["t"] = X + 1
    store.close()
    del store
    path.unlink()
    same(found, X)
    same(later, X)
    # a donated buffer is written to
    same(jax.jit(lambda x: x + 1, donate_argnums=0)(found), X + 1)
    same(jax.jit(lambda x: x + 1, donate_argnums=0)(later), X + 1)


def test_lazy_arrays_from_arrays_of_jax(jax, store):
    jnp = jax.numpy
    for found in [jnp.asarray(X), jnp.arange(6).reshape(2, 3).T, jnp.ones(3, bool), jnp.float32(5)]:
        same(arrstore.from_dlpack(found), np.asarray(found))
        same(arrstore.asarray(found), np.asarray(found))
        store["j"] = found
        same(store["j"], np.asarray(found))
    assert float((arrstore.asarray(jnp.asarray(X)) * 2).sum()) == X.sum() * 2


def test_bfloat16(jax, store):
    pytest.importorskip("ml_dtypes", reason="SKIPPED: ml_dtypes is not installed")
    b = store.write("b", jax.numpy.arange(5, dtype="bfloat16"))
    assert b.dtype == "bfloat16" and jax.numpy.asarray(b).dtype == "bfloat16"
    same(jax.numpy.asarray(b + 1), np.asarray(jax.numpy.arange(1, 6, dtype="bfloat16")))


def test_gradients_of_chunks(jax, store):
    """A loss over more rows than are in memory at once: chunk by chunk, its gradient is that of all rows."""
    x = np.random.default_rng(0).normal(size=(100, 3)).astype("f4")
    a = store.write("x", x, chunks=(30, 3), codec="zstd:1")
    gradient = jax.grad(lambda w, rows: ((rows @ w) ** 2).sum())
    w = jax.numpy.ones(3)
    found = sum(gradient(w, jax.numpy.asarray(a[start : start + 30])) for start in range(0, 100, 30))
    np.testing.assert_allclose(found, gradient(w, x), rtol=1e-5)


class OnDevice:
    """Elements of a GPU, as an object of DLPack: it copies them to the CPU when asked."""

    def __dlpack_device__(self):
        return (2, 0)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if dl_device != (1, 0) or copy is False:
            raise BufferError("these elements lie on a GPU")
        return X.copy().__dlpack__(max_version=max_version)


def test_elements_of_a_device_are_copied_when_asked():
    same(arrstore.from_dlpack(OnDevice(), device="cpu"), X)
    with pytest.raises(BufferError, match="GPU|devices"):
        arrstore.from_dlpack(OnDevice())
    with pytest.raises(ValueError, match="device"):
        arrstore.from_dlpack(OnDevice(), device="cuda")
