"""Libraries that compute on any array of the array API standard, with lazy arrays."""

import numpy as np
import pytest
from conftest import close, lazy, same

import arrstore as xp

X = np.random.default_rng(0).normal(size=(60, 4))


def test_array_api_compat():
    compat = pytest.importorskip("array_api_compat")
    a = xp.asarray(X)
    assert compat.is_array_api_obj(a) and compat.array_namespace(a, a + 1) is xp
    assert compat.device(a) == "cpu" and compat.size(a) == 240 and compat.is_writeable_array(a)
    assert compat.to_device(a, "cpu") is a


def test_array_api_extra():
    extra = pytest.importorskip("array_api_extra")
    a = xp.asarray(X)
    for found, expected in [
        (extra.atleast_nd(a, ndim=3), X[None]),
        (extra.cov(a.T), np.cov(X.T)),
        (extra.kron(a[:2], a[:2]), np.kron(X[:2], X[:2])),
        (extra.nunique(xp.asarray([1, 2, 1])), np.array(2)),
        (extra.pad(a, 1), np.pad(X, 1)),
        (extra.sinc(a), np.sinc(X)),
        (extra.create_diagonal(a[0]), np.diag(X[0])),
        (extra.one_hot(xp.asarray([1, 2]), 4, dtype=xp.float64), np.eye(4)[[1, 2]]),
        (extra.apply_where(a > 0, a, xp.sqrt, fill_value=0.0), np.where(X > 0, np.sqrt(abs(X)), 0)),
        (extra.isclose(a, a + 1), np.zeros(X.shape, bool)),
        (extra.setdiff1d(xp.asarray([1, 2, 3]), xp.asarray([2])), np.array([1, 3])),
    ]:
        assert lazy(found)
        close(found, expected)
    changed = extra.at(a, (slice(None), 0)).set(5, copy=True)
    same(changed[:, 0], np.full(60, 5.0))
    same(a, X)


@pytest.fixture
def dispatch():
    """scikit-learn, which computes with the namespace of its arguments."""
    pytest.importorskip("array_api_compat")
    sklearn = pytest.importorskip("sklearn")
    with sklearn.config_context(array_api_dispatch=True):
        yield sklearn


@pytest.mark.parametrize("name", ["StandardScaler", "MinMaxScaler", "MaxAbsScaler", "Normalizer", "PolynomialFeatures"])
def test_scikit_learn_transforms(dispatch, name):
    from sklearn import preprocessing

    a, make = xp.asarray(X), getattr(preprocessing, name)
    fitted = make().fit(a)
    found = fitted.transform(a)
    assert lazy(found)
    close(found, make().fit_transform(X))
    if hasattr(fitted, "inverse_transform"):
        back = fitted.inverse_transform(found)
        assert lazy(back)
        close(back, X)


@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "r2_score", "explained_variance_score", "max_error"])
def test_scikit_learn_measures_errors(dispatch, name):
    from sklearn import metrics

    measure = getattr(metrics, name)
    np.testing.assert_allclose(measure(xp.asarray(X[:, 0]), xp.asarray(X[:, 1])), measure(X[:, 0], X[:, 1]))


@pytest.mark.parametrize("name", ["accuracy_score", "zero_one_loss", "f1_score", "confusion_matrix"])
def test_scikit_learn_measures_classes(dispatch, name):
    from sklearn import metrics

    measure, classes = getattr(metrics, name), (X > 0).astype(int).T
    found = measure(xp.asarray(classes[0]), xp.asarray(classes[1]))
    np.testing.assert_allclose(np.asarray(found), measure(classes[0], classes[1]))


@pytest.mark.parametrize("name", ["euclidean_distances", "manhattan_distances", "cosine_similarity", "linear_kernel", "rbf_kernel"])
def test_scikit_learn_compares_pairs(dispatch, name):
    from sklearn.metrics import pairwise

    found = getattr(pairwise, name)(xp.asarray(X))
    assert lazy(found)
    np.testing.assert_allclose(np.asarray(found), getattr(pairwise, name)(X), atol=1e-6)


def test_threadpoolctl_sees_and_sets_the_threads():
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="SKIPPED: threadpoolctl is not installed")

    def threads():
        (found,) = (library for library in threadpoolctl.threadpool_info() if library["user_api"] == "arrstore")
        assert found["version"] == xp.__version__
        return found["num_threads"]

    with xp.config(threads=3):
        assert threads() == 3
        for limits in (1, {"arrstore": 1}):
            with threadpoolctl.threadpool_limits(limits):
                assert threads() == 1
                assert float(xp.arange(10).sum()) == 45
            assert threads() == 3
        with threadpoolctl.threadpool_limits(1, user_api="blas"):
            assert threads() == 3


OPERATIONS = "add sub mul truediv floordiv mod pow eq ne lt le gt ge".split()


@pytest.mark.parametrize("name", OPERATIONS)
def test_operators_beside_pandas(name):
    import operator

    pd = pytest.importorskip("pandas")
    operation = getattr(operator, name)
    values = np.arange(1.0, 7).reshape(2, 3)
    frame = pd.DataFrame(values * 2, columns=list("abc"))
    for x, other in [(values, frame), (values[0], frame), (values[0], frame.loc[0]), (values[0], pd.Index([1, 5, 3])), (np.array(2.0), frame)]:
        for call in (lambda a: operation(a, other), lambda a: operation(other, a)):  # noqa: B023
            found, wanted = call(xp.asarray(x)), call(x)
            assert type(found) is type(wanted)
            np.testing.assert_array_equal(np.asarray(found), np.asarray(wanted))
            assert list(getattr(found, "columns", [])) == list(getattr(wanted, "columns", []))
    with pytest.raises(ValueError):
        operation(xp.asarray(np.arange(4.0)), frame)
