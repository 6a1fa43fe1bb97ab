//! The rules of metadata.

use super::Meta;
use super::error::MetaError;
use super::limits::{CHUNKS_MAX, NDIM_MAX};
use crate::grid::Numbering;
use crate::{DType, name};

impl Meta {
    /// Checks every rule that a reader checks, before any value is used in arithmetic.
    ///
    /// # Errors
    /// The first broken rule.
    pub fn check(&self) -> Result<(), MetaError> {
        let ndim = self.ndim();
        name::check(&self.name)?;
        if ndim > NDIM_MAX {
            return Err(MetaError::Ndim { found: ndim });
        }
        for (what, found) in [("chunk shape", self.chunk_shape.len()), ("dimension names", self.dims.len())] {
            if found != ndim {
                return Err(MetaError::Axes { what, expected: ndim, found });
            }
        }
        if let Some(axis) = self.chunk_shape.iter().position(|&c| c == 0) {
            return Err(MetaError::ChunkZero { axis });
        }
        self.dtype.checked()?;
        let item = self.dtype.size();
        for (what, shape) in [("an array", &self.shape), ("a chunk", &self.chunk_shape)] {
            // An axis of length 0 must not hide that the others overflow.
            let bytes = shape.iter().try_fold(item as u64, |n, &d| n.checked_mul(d.max(1)));
            if bytes.is_none_or(|n| n >= 1 << 62 || usize::try_from(n).is_err()) {
                return Err(MetaError::Overflow { what, shape: shape.clone() });
            }
        }
        self.check_grid(&Numbering::default())?;
        let mut seen: Vec<u8> = self.order.clone();
        seen.sort_unstable();
        if seen.len() != ndim || seen.iter().enumerate().any(|(k, &axis)| usize::from(axis) != k) {
            return Err(MetaError::Order { found: self.order.clone(), ndim });
        }
        self.check_codec()?;
        if self.fill.len() != item {
            return Err(MetaError::Fill { dtype: self.dtype, expected: item, found: self.fill.len() });
        }
        if self.dtype == DType::Bool
            && let Some(&found) = self.fill.iter().find(|&&b| b > 1)
        {
            return Err(MetaError::FillBool { found });
        }
        for (axis, dim) in self.dims.iter().enumerate() {
            let Some(dim) = dim else { continue };
            let problem = match dim {
                d if d.is_empty() => Some("empty"),
                d if d.len() > name::NAME_MAX => Some("too long"),
                d if d.chars().any(char::is_control) => Some("not free of control characters"),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(MetaError::Dim { axis, problem });
            }
            if self.dims.iter().take(axis).flatten().any(|other| other == dim) {
                return Err(MetaError::DimTwice(dim.clone()));
            }
        }
        Ok(())
    }

    /// Checks the codec's level, and that it can pack the chunks.
    fn check_codec(&self) -> Result<(), MetaError> {
        let (codec, bytes) = (self.codec, self.chunk_bytes() as u64);
        let ((_, level), (low, high)) = (codec.code(), codec.levels());
        if level < low || level > high {
            return Err(MetaError::Level { found: level, low, high });
        }
        if bytes > codec.decoded_max() {
            return Err(MetaError::ChunkTooLong { found: bytes, most: codec.decoded_max() });
        }
        if codec.packs_numbers() && !self.dtype.kind().is_number() && !self.dtype.kind().is_time() {
            return Err(MetaError::NoNumbers { dtype: self.dtype });
        }
        if self.shuffle && codec.packs_numbers() {
            return Err(MetaError::Shuffled);
        }
        Ok(())
    }

    /// Checks that the chunks can be numbered.
    pub(crate) fn check_grid(&self, numbering: &Numbering) -> Result<(), MetaError> {
        let counts = self.grid().counts().to_vec();
        let mut numbers = 1u64;
        for (axis, &count) in counts.iter().enumerate() {
            let room = match numbering.room(axis) {
                Some(found) if found < count || found == 0 => {
                    return Err(MetaError::Capacity { axis, needed: count.max(1), found });
                }
                Some(found) => found,
                None => count.max(1),
            };
            numbers = numbers.saturating_mul(room);
        }
        if numbers > CHUNKS_MAX { Err(MetaError::GridTooLarge { counts }) } else { Ok(()) }
    }
}
