//! Records, texts and times.

use arrstore::prelude::*;
use arrstore::{DType, RecordType, TimeBase, TimeUnit, Value};

use crate::{Outcome, folder};

/// Records, texts and times through the library: stored, asked, changed in one field.
#[test]
fn records_are_stored_asked_and_changed() -> Outcome {
    let day = DType::DateTime(TimeUnit::of(TimeBase::Day));
    let fields = [("name", DType::Str(3)), ("age", DType::I32), ("born", day)];
    let record = RecordType::packed(fields.map(|(name, dtype)| (name.to_owned(), dtype, vec![])))?;
    let element = |name: &str, age: i32, born: i64| {
        let mut bytes: Vec<u8> = name.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        bytes.resize(12, 0);
        [&bytes[..], &age.to_le_bytes(), &born.to_le_bytes()].concat()
    };
    let people = [element("Ann", 31, 8000), element("Bob", 25, i64::MIN), element("Zoe", 44, -3)].concat();
    let folder = folder();
    let store = Store::create(folder.path().join("p.arrs"))?;
    store.write("/p", Value::copied_from(DType::Record(record), &[3], &people)?)?;
    let p = store.array("/p")?;
    assert_eq!(
        p.to_string(),
        "[('Ann', 31, '1991-11-27') ('Bob', 25,        'NaT')\n ('Zoe', 44, '1969-12-29')]"
    );
    assert_eq!(p.field("name").eq("Bob").compute()?.to_string(), "[False  True False]");
    assert_eq!(p.field("born").lt("1970-01-01").compute()?.to_string(), "[False False  True]");
    let later = p.field("born") + Array::timedelta64(2, TimeUnit::of(TimeBase::Week));
    assert_eq!(later.compute()?.to_string(), "['1991-12-11'        'NaT' '1970-01-12']");
    assert!(p.field("none").compute().is_err() && p.sqrt().compute().is_err());
    store.transaction(|tx| {
        tx.set_field("/p", "age", p.field("age") + 1)?;
        tx.set_field("/p[::2]", "name", "Eve")?;
        tx.set_field("/p[1]", "born", "2000-01-01")
    })?;
    assert_eq!(
        store.array("/p")?.to_string(),
        "[('Eve', 32, '1991-11-27') ('Bob', 26, '2000-01-01')\n ('Eve', 45, '1969-12-29')]"
    );
    Ok(())
}
