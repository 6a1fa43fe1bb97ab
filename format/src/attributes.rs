//! Attributes: strict JSON objects that this crate keeps and does not interpret.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The most bytes of the attributes of one array or file.
pub const ATTRIBUTES_MAX: usize = 8 << 20;

/// Attributes of an array or a file.
pub type Attributes = Map<String, Value>;

/// Why attributes were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributesError {
    /// Text that is not UTF-8.
    #[error("attributes are not UTF-8 from byte {at} on")]
    Utf8 {
        /// The first invalid byte.
        at: usize,
    },
    /// Text that is not one JSON object, is nested too deeply, or has a key twice.
    #[error("attributes are not a strict JSON object: {0}")]
    Json(String),
    /// Attributes that are too long.
    #[error("attributes of {found} bytes: expected at most {ATTRIBUTES_MAX}; store large data as an array")]
    TooLong {
        /// The length in bytes.
        found: usize,
    },
}

/// Encodes attributes. An empty object has no bytes.
pub(crate) fn encode(attributes: &Attributes) -> Result<Vec<u8>, AttributesError> {
    if attributes.is_empty() {
        return Ok(Vec::new());
    }
    let text = serde_json::to_vec(attributes).map_err(|e| AttributesError::Json(e.to_string()))?;
    if text.len() > ATTRIBUTES_MAX {
        return Err(AttributesError::TooLong { found: text.len() });
    }
    // Readers limit the depth, so what is written is read back.
    decode(&text)?;
    Ok(text)
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Attributes, AttributesError> {
    if bytes.is_empty() {
        return Ok(Attributes::new());
    }
    if bytes.len() > ATTRIBUTES_MAX {
        return Err(AttributesError::TooLong { found: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| AttributesError::Utf8 { at: e.valid_up_to() })?;
    let strict: Strict = serde_json::from_str(text).map_err(|e| AttributesError::Json(e.to_string()))?;
    match strict.0 {
        Value::Object(map) => Ok(map),
        _ => Err(AttributesError::Json("expected an object".into())),
    }
}

/// A JSON value in which no object has one key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if object.contains_key(&key) {
                return Err(de::Error::custom(format!("key {key:?} occurs twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let text = br#"{"a":[1,-2,0.1,null,true,"x"],"b":{"c":{}}}"#;
        let map = decode(text).unwrap();
        assert_eq!(encode(&map).unwrap(), text);
        assert_eq!(encode(&Attributes::new()).unwrap(), b"");
    }

    #[test]
    fn refusals() {
        let json = |text: &[u8]| matches!(decode(text), Err(AttributesError::Json(_)));
        assert!(json(b"[1]"));
        assert!(json(b"{"));
        assert!(json(b"{} {}"));
        assert!(json(br#"{"a":{"b":1,"b":2}}"#));
        assert!(json(br#"{"a":NaN}"#));
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert!(json(deep.as_bytes()));
        assert_eq!(decode(b"{\"a\":\"\xff\"}"), Err(AttributesError::Utf8 { at: 6 }));
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(ATTRIBUTES_MAX));
        assert!(matches!(decode(long.as_bytes()), Err(AttributesError::TooLong { .. })));
    }
}
