//! The second walk. It marks the bytes in use to find overlaps, and checks the unused bytes of a sealed file.

use std::ops::Range;

use super::walk::Walk;
use crate::bytes::is_zero;
use crate::payload::crc_table::PIECE;
use crate::scratch::with_scratch;
use crate::usage::{self, Used};
use crate::{Error, FIXED, Result};

/// Bytes per bit of the map of bytes in use, and bytes of the file that the map covers at a time.
const UNIT: u64 = 64;
const WINDOW: u64 = 16 << 30;

impl Walk<'_> {
    /// Marks the bytes in use to find overlaps, and checks the other bytes of a sealed file.
    pub(super) fn extents(&mut self) -> Result<()> {
        let end = self.board.snapshot.slot().length;
        let mut start = FIXED;
        while start < end {
            self.window(start..end.min(start + WINDOW))?;
            start += WINDOW;
        }
        Ok(())
    }

    fn window(&mut self, window: Range<u64>) -> Result<()> {
        let units = (window.end - window.start).div_ceil(UNIT);
        let mut bits = vec![0u64; units.div_ceil(64) as usize];
        let sealed = self.sealed;
        let commit = self.board.snapshot.commit();
        usage::each(commit, &mut |found| {
            let Used { offset, len, .. } = match found {
                Ok(used) => used,
                // The first walk has noted the damage.
                Err(_) => return Ok(()),
            };
            // A damaged reference may point anywhere.
            let end = offset.saturating_add(len).min(1 << 62);
            let from = offset.max(window.start);
            let to = end.next_multiple_of(UNIT).min(window.end);
            let mut overlaps = false;
            for unit in from.saturating_sub(window.start) / UNIT..to.saturating_sub(window.start) / UNIT {
                if let Some(word) = bits.get_mut((unit / 64) as usize) {
                    overlaps |= *word >> (unit % 64) & 1 == 1;
                    *word |= 1 << (unit % 64);
                }
            }
            if overlaps {
                self.damaged(Error::Overlap { offset, len });
            }
            let tail = end..end.next_multiple_of(UNIT);
            if sealed && window.contains(&offset) {
                self.zeros(tail)?;
            }
            Ok(())
        })?;
        if !sealed {
            return Ok(());
        }
        let mut free = None;
        let mut unit = 0;
        while unit <= units {
            if free.is_none() && unit % 64 == 0 && bits.get((unit / 64) as usize) == Some(&u64::MAX) {
                unit += 64;
                continue;
            }
            let in_use = unit == units
                || bits.get((unit / 64) as usize).is_some_and(|word| word >> (unit % 64) & 1 == 1);
            match (in_use, free) {
                (false, None) => free = Some(unit),
                (true, Some(first)) => {
                    self.zeros(window.start + first * UNIT..window.start + unit * UNIT)?;
                    free = None;
                }
                _ => {}
            }
            unit += 1;
        }
        Ok(())
    }

    /// Checks that unused bytes are zero.
    fn zeros(&mut self, range: Range<u64>) -> Result<()> {
        let range = range.start..range.end.min(self.board.snapshot.slot().length);
        let mut start = range.start;
        while start < range.end {
            let n = (range.end - start).min(PIECE as u64);
            let zero = with_scratch(n as usize, |piece| {
                let doing = Error::io(|| format!("reading unused bytes at byte {start}"));
                self.board.snapshot.storage().read_exact_at(piece, start).map_err(doing)?;
                Ok::<_, Error>(is_zero(piece))
            })?;
            if !zero {
                self.damaged(Error::NotZero { offset: start });
            }
            start += n;
        }
        Ok(())
    }
}
