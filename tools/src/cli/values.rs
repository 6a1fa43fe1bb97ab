//! The values of flags, and how they are parsed.

use std::time::Duration;

use arrstore_format::Codec;
use bytesize::ByteSize;
use clap::ValueEnum;

/// `--shape`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape(pub(crate) Vec<u64>);

/// `--chunk`: elements along each axis, 0 for the whole axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChunkShape(pub(crate) Vec<u64>);

/// `--codec`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// The codec that packs a sample best.
    Auto,
    Is(Codec),
}

/// Parses `10x20`, `10,20` or `10`.
fn lengths(text: &str, whole: bool) -> Result<Vec<u64>, String> {
    let length = |part: &str| match part.trim() {
        "-" if whole => Ok(0),
        digits => digits.parse::<u64>().map_err(|_| format!("'{digits}' is not a length; try 1000x1000")),
    };
    match text.trim().trim_start_matches('(').trim_end_matches(')') {
        "" => Ok(Vec::new()),
        inside => inside.trim_end_matches(',').split(['x', ',']).map(length).collect(),
    }
}

/// Parses the value of `--shape`.
pub(crate) fn parse_shape(text: &str) -> Result<Shape, String> {
    lengths(text, false).map(Shape)
}

/// Parses the value of `--chunk`.
pub(crate) fn parse_chunk(text: &str) -> Result<ChunkShape, String> {
    lengths(text, true).map(ChunkShape)
}

/// Parses the value of `--codec`.
pub(crate) fn parse_codec(text: &str) -> Result<Coding, String> {
    match text {
        "auto" => Ok(Coding::Auto),
        text => {
            text.parse().map(Coding::Is).map_err(|words: String| match words.strip_suffix(" or pco:LEVEL") {
                Some(known) => format!("{known}, pco:LEVEL or auto"),
                None => words,
            })
        }
    }
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shuffle {
    Auto,
    On,
    Off,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The last axis varies fastest
    #[value(name = "C")]
    C,
    /// The first axis varies fastest
    #[value(name = "F")]
    F,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

/// A size of memory as given on the command line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Memory {
    Bytes(u64),
    /// A share of the machine's or container's memory.
    Percent(f64),
}

/// The least memory that is accepted: with less, nothing useful fits.
const LEAST_MEMORY: u64 = 1 << 20;

/// Parses `512MiB`, `2GB`, `70%`, or a number of bytes.
pub(crate) fn parse_memory(text: &str) -> Result<Memory, String> {
    if let Some(percent) = text.trim().strip_suffix('%') {
        return match percent.trim().parse::<f64>() {
            Ok(p) if p > 0.0 && p <= 100.0 => Ok(Memory::Percent(p)),
            _ => Err(format!("'{text}' is not a share of memory; expected more than 0% and at most 100%")),
        };
    }
    match parse_bytes(text)? {
        n if n < LEAST_MEMORY => Err(format!("{n} bytes are too few to work with; give at least 1MiB")),
        n => Ok(Memory::Bytes(n)),
    }
}

/// Parses a size in bytes.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>().map(|b| b.as_u64()).map_err(|_| format!("'{text}' is not a size; try 512MiB"))
}

impl Memory {
    /// The size in bytes.
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Memory::Bytes(n) => n,
            Memory::Percent(p) => (arrstore::machine_limit() as f64 / 100.0 * p) as u64,
        }
    }
}

/// Parses `30s`, `500ms`, `2m`, `1h`, or a number of seconds.
pub(crate) fn parse_wait(text: &str) -> Result<Duration, String> {
    let refuse = || format!("'{text}' is not a time; try 30s, 500ms, 2m or 1h");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text.split_at(digits.len()).1 {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(refuse()),
    };
    let number: f64 = digits.parse().map_err(|_| refuse())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_flags() {
        assert_eq!(parse_shape("10x20"), Ok(Shape(vec![10, 20])));
        assert_eq!(parse_shape("(10, 20,)"), Ok(Shape(vec![10, 20])));
        assert_eq!(parse_shape("()"), Ok(Shape(vec![])));
        assert_eq!(parse_chunk("0x-x5"), Ok(ChunkShape(vec![0, 0, 5])));
        assert_eq!(parse_codec("zstd:3"), Ok(Coding::Is(Codec::Zstd { level: 3 })));
        assert_eq!(parse_codec("lz4"), Ok(Coding::Is(Codec::Lz4)));
        assert_eq!(parse_codec("pco"), Ok(Coding::Is(Codec::Pco { level: 8 })));
        assert_eq!(parse_codec("auto"), Ok(Coding::Auto));
        assert_eq!(parse_codec("none"), Ok(Coding::Is(Codec::None)));
        for bad in ["zstd:0", "zstd:x", "lz4:1", "pco:13", "gzip", ""] {
            assert!(parse_codec(bad).is_err(), "{bad}");
        }
        assert!(parse_shape("10x-").is_err() && parse_shape("axb").is_err() && parse_shape("-1").is_err());
    }

    #[test]
    fn sizes_of_memory() {
        assert_eq!(parse_memory("512MiB"), Ok(Memory::Bytes(512 << 20)));
        assert_eq!(parse_memory("1GB"), Ok(Memory::Bytes(1_000_000_000)));
        assert_eq!(parse_memory("70%"), Ok(Memory::Percent(70.0)));
        for bad in ["", "x", "0%", "101%", "-1", "12", "1KiB", "nan%", "1e99999GB"] {
            assert!(parse_memory(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        let ms = Duration::from_millis;
        for (text, time) in
            [("30s", ms(30_000)), ("500ms", ms(500)), ("1.5", ms(1500)), ("2m", ms(120_000)), ("0", ms(0))]
        {
            assert_eq!(parse_wait(text), Ok(time), "{text}");
        }
        for bad in ["", "s", "-1s", "1d", "nan", "inf", "1e999h", "30 s", "s30"] {
            assert!(parse_wait(bad).is_err(), "{bad}");
        }
    }
}
