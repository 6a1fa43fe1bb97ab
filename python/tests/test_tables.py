"""Frames of pandas and tables of Arrow."""

import numpy as np
import pytest
from conftest import same

pd = pytest.importorskip("pandas", reason="SKIPPED: pandas is not installed")

from arrstore import tables  # noqa: E402


def frame():
    """Columns of all kinds, with missing elements."""
    return pd.DataFrame(
        {
            "z": [1, 2, 3],
            "float": [1.5, np.nan, -np.inf],
            "small": np.array([1, 2, 3], "i1"),
            "flag": [True, False, True],
            "text": pd.array(["a", "längere", ""], dtype="str"),
            "when": pd.to_datetime(["2000-01-01", None, "2020-02-29"]),
            "span": pd.to_timedelta(["1h", None, "-1s"]),
            "a/b": [7, 8, 9],
            5: [0.0, 1.0, 2.0],
        }
    )


def test_frames(store):
    tables.write(store, "group/t", frame(), chunks=2)
    found = tables.to_pandas(store["group/t"])
    pd.testing.assert_frame_equal(found, frame())
    pd.testing.assert_frame_equal(tables.to_pandas(store["group/t"], columns=["text", "z"]), frame()[["text", "z"]], check_column_type=False)
    pd.testing.assert_frame_equal(tables.to_pandas(store["group/t"], rows=slice(1, None)), frame()[1:].reset_index(drop=True))
    # columns are arrays
    assert float(store["group/t/z"].sum()) == 6 and store["group/t/z"].chunks == (2,)
    before = store.commit
    tables.write(store, "group/t", frame()[["z"]])
    assert store.commit == before + 1 and list(store["group/t"]) == ["z"]
    with pytest.raises(KeyError, match="no columns"):
        tables.to_pandas(store["group/t"], columns=["x"])


def test_missing_elements(store):
    given = pd.DataFrame(
        {
            "int": pd.array([1, None, 3], dtype="Int64"),
            "byte": pd.array([None, 2, 3], dtype="UInt8"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "text": pd.array(["a", None, ""], dtype="str"),
            "category": pd.Categorical(["x", "y", "x"]),
        }
    )
    tables.write(store, "t", given)
    found = tables.to_pandas(store["t"])
    assert found.isna().equals(given.isna())
    assert found["int"].dropna().tolist() == [1, 3] and found["byte"].dropna().tolist() == [2, 3]
    assert found["flag"].dropna().tolist() == [True, False] and found["category"].tolist() == ["x", "y", "x"]


def test_indexes(store):
    named = frame()[["z"]].set_index(pd.Index(["p", "q", "r"], name="station"))
    tables.write(store, "named", named)
    pd.testing.assert_frame_equal(tables.to_pandas(store["named"]), named, check_column_type=False)
    several = frame()[["z", "float"]].set_index(pd.MultiIndex.from_arrays([[1, 1, 2], ["a", "b", "a"]], names=["i", "j"]))
    tables.write(store, "several", several)
    pd.testing.assert_frame_equal(tables.to_pandas(store["several"]), several, check_column_type=False)
    empty = frame()[:0]
    tables.write(store, "empty", empty)
    assert list(tables.to_pandas(store["empty"]).columns) == list(empty.columns)


def test_refusals(store):
    before = store.commit
    for given, error, words in [
        (pd.DataFrame({"x": [object()]}), TypeError, "column 'x': expected numbers, times or texts"),
        (pd.DataFrame({"x": pd.to_datetime(["2000-01-01"]).tz_localize("UTC")}), TypeError, "time zone"),
        (pd.DataFrame([[1, 2]], columns=["x", "x"]), ValueError, "names that differ"),
        (pd.DataFrame({(1, 2): [1]}), TypeError, "expected a name"),
    ]:
        with pytest.raises(error, match=words):
            tables.write(store, "t", given)
    assert store.commit == before
    store["group/a"], store["group/b"] = np.ones(3), np.ones(4)
    with pytest.raises(ValueError, match="columns of one length, found a: 3, b: 4"):
        tables.to_pandas(store["group"])
    with pytest.raises(ValueError, match="one axis"):
        store["two/a"] = np.ones((2, 2))
        tables.to_pandas(store["two"])


def test_arrow(store):
    pa = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not installed")
    given = pa.table(
        {
            "i": pa.array([1, None, 3], pa.int16()),
            "f": pa.array([1.5, 2.5, -1], pa.float32()),
            "s": ["a", None, "ccc"],
            "b": [True, False, None],
            "t": pa.array([0, 1, None], pa.timestamp("ms")),
            "d": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )
    tables.write(store, "t", given)
    found = tables.to_arrow(store["t"])
    assert found.column_names == given.column_names
    for name in "ifsbt":
        assert found[name].to_pylist() == given[name].to_pylist(), name
    assert found["d"].to_pylist() == ["x", "y", "x"]
    assert found.schema.field("i").type == pa.int16() and found.schema.field("f").type == pa.float32()
    rows = [row for batch in tables.batches(store["t"], rows=2, columns=["i"]) for row in batch.to_pylist()]
    assert rows == [{"i": 1}, {"i": None}, {"i": 3}]
    with pytest.raises(TypeError, match="column 'x'"):
        tables.write(store, "bad", pa.table({"x": [[1, 2]]}))


def test_records(store):
    given = np.array([(1, 2.5, "a"), (3, -0.5, "bc")], [("i", "i4"), ("f", "f8"), ("s", "U2")])
    store["r"] = given
    records = store["r"]
    same(records, given)
    found = tables.to_pandas(records)
    assert list(found.columns) == ["i", "f", "s"] and found["s"].tolist() == ["a", "bc"]
    assert tables.to_pandas(records, columns=["f"], rows=slice(0, 1))["f"].tolist() == [2.5]
    with pytest.raises(ValueError, match="expected an array of records"):
        tables.to_pandas(store["t"])


def test_columns_of_one_name_and_indices_stay_apart(store):
    import pandas as pd

    frames = [
        pd.DataFrame({"a": [0, 1], "b": [2, 3]}).set_index("a", drop=False).assign(a=[9, 9]),
        pd.DataFrame({"1": [1], 1: [2]}),
        pd.DataFrame({"a/b": [1], "column 0": [2], "column 2": [3]}),
        pd.DataFrame({"x": np.arange(9.0)}).iloc[5:8],
        pd.DataFrame({"x": [1.0, 2.0]}, index=["p", "q"]),
    ]
    for number, frame in enumerate(frames):
        tables.write(store, f"t{number}", frame)
        pd.testing.assert_frame_equal(tables.to_pandas(store[f"t{number}"]), frame, check_index_type=False)
        assert len(set(tables.to_arrow(store[f"t{number}"]).column_names)) == len(tables.to_arrow(store[f"t{number}"]).column_names)
    with pytest.raises(TypeError, match="expected a frame"):
        tables.write(store, "t", {"a": [1]})


@pytest.mark.parametrize(
    "column",
    [
        pd.Categorical([3, None, 3]),
        pd.Categorical(["x", None, "x"]),
        pd.Categorical([1.5, None, 1.5]),
        pd.Categorical(pd.to_datetime(["2000", None, "2001"])),
        pd.Categorical([True, None, False]),
        pd.Categorical([None, None, None]),
        pd.arrays.SparseArray([0, 0, 1]),
        pd.arrays.SparseArray([np.nan, 2.0, np.nan]),
    ],
    ids=str,
)
def test_categories_and_sparse_columns_keep_what_is_missing(column, store):
    given = pd.DataFrame({"x": column})
    tables.write(store, "t", given)
    found = tables.to_pandas(store["t"])["x"]
    assert found.isna().tolist() == given["x"].isna().tolist()
    assert found.dropna().tolist() == given["x"].dropna().tolist()


def test_columns_of_arrow_in_frames(store):
    pa = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not installed")
    given = pd.DataFrame({"b": pd.array([True, None, False], dtype="bool[pyarrow]"), "i": pd.array([1, None, 3], dtype="int8[pyarrow]")})
    tables.write(store, "t", given)
    found = tables.to_pandas(store["t"])
    for name in given:
        assert found[name].isna().tolist() == given[name].isna().tolist()
        assert found[name].dropna().tolist() == given[name].dropna().tolist()
    assert pa.array(store["t/i"]).to_pylist() == [1, 0, 3]
    assert pa.array(store["t/i"] * 2, pa.float32()).type == pa.float32()


def test_arrow_tells_nan_from_a_missing_number(store):
    pa = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not installed")
    given = pa.table({"f": pa.array([float("nan"), 1.0, None]), "s": pa.array(["a", None, "é"], pa.string_view())})
    tables.write(store, "t", given)
    found = tables.to_arrow(store["t"])
    assert found["f"].is_null().to_pylist() == [False, False, True] and found["f"].to_pylist()[1] == 1.0
    assert found["s"].to_pylist() == ["a", None, "é"]
    assert tables.to_pandas(store["t"])["f"].isna().tolist() == [True, False, True]
    assert tables.to_pandas(store["t"])["f"].dtype == float


def test_tables_go_into_groups_and_transactions(store):
    store["deep/x"] = np.arange(3)
    tables.write(store["deep"], "t", frame()[["z"]])
    assert tables.to_pandas(store["deep/t"])["z"].tolist() == [1, 2, 3]
    before = store.commit
    with store.transaction() as tx:
        tables.write(tx, "t1", frame()[["z"]])
        tables.write(tx, "/t2/", frame()[["float"]])
    assert store.commit == before + 1 and {"t1", "t2"} <= set(store)
    with pytest.raises(ValueError, match="at least one column"):
        tables.write(store, "t1", pd.DataFrame())
    assert "t1" in store


def test_parts_of_tables_and_of_records_are_checked(store):
    tables.write(store, "t", frame()[["z", "text"]])
    for rows in (1, [0, 1], np.array([0])):
        with pytest.raises(TypeError, match="rows: expected a slice"):
            tables.to_pandas(store["t"], rows=rows)
    assert tables.to_pandas(store["t"], rows=slice(None, None, -2))["z"].tolist() == [3, 1]
    store["r"] = np.array([(1, (2, 3), (4, 5))], [("i", ">i4"), ("pair", "i2", (2,)), ("n", [("x", "i4"), ("y", "f4")])])
    for name in ("pair", "n"):
        with pytest.raises(TypeError, match=f"field '{name}': expected one element"):
            tables.to_pandas(store["r"], columns=["i", name])
    assert tables.to_pandas(store["r"], columns=["i"])["i"].tolist() == [1]


def test_texts_that_end_in_nul_are_refused(store):
    pa = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not installed")
    for values in (["a", "b\0"], ["\0"]):
        for table in (pd.DataFrame({"s": values}), pd.DataFrame({"s": np.array(values, object)}), pd.DataFrame({"s": pd.Categorical(values)})):
            with pytest.raises(ValueError, match="column 's': .* NUL"):
                tables.write(store, "x", table)
        with pytest.raises(ValueError, match="column 's': .* NUL"):
            tables.write(store, "x", pa.table({"s": values}))
    assert "x" not in store
    inside = pd.DataFrame({"s": ["a\0b", "", "\0c"]})
    tables.write(store, "x", inside)
    pd.testing.assert_frame_equal(tables.to_pandas(store["x"]), inside)


def test_wrong_words_of_a_read(store):
    pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not installed")
    tables.write(store, "x", pd.DataFrame({"a": [1, 2], "z": [1j, 2j]}))
    store["r"] = np.zeros(3, [("a", "i4")])
    for table in (store["x"], store["r"]):
        with pytest.raises(TypeError, match="expected a list of names, found 'a'"):
            tables.to_pandas(table, columns="a")
        for rows in (0, -1):
            with pytest.raises(ValueError, match="at least 1"):
                next(tables.batches(table, rows))
    with pytest.raises(TypeError, match="column 'z': Arrow has no elements of type complex128"):
        tables.to_arrow(store["x"])
    assert tables.to_arrow(store["x"], columns=["a"]).to_pydict() == {"a": [1, 2]}
