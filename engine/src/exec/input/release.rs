//! Mapped pages that have been read and can leave memory.

use std::ops::Range;

use super::{HUGE, Held, Input, PASSED};
use crate::source::{Data, Located};

impl<'p> Input<'p> {
    /// Tells the input that its window has been read. Mapped pages are let go a few megabytes at a time.
    pub(in crate::exec) fn pass(&mut self) {
        if self.shared.pages {
            return;
        }
        if self.gathered.is_none() && matches!(self.held, Held::InPlace(..)) {
            self.note_passed();
        }
        if self.passed_bytes >= PASSED || self.passed.len() >= 256 {
            self.release();
        }
    }

    pub(super) fn note_passed(&mut self) {
        if let Held::InPlace(located, bytes) = &self.held {
            let pages = |bytes: &Range<usize>| bytes.end.next_multiple_of(HUGE) - bytes.start / HUGE * HUGE;
            // ranges are joined to save calls: with each call, all processors drop their cached translations of pages
            if let Some((last, range)) = self.passed.last_mut()
                && last.index == located.index
                && range.end == self.span.start
            {
                let before = pages(range);
                range.end = self.span.end;
                self.passed_bytes += pages(range) - before;
                return;
            }
            self.passed_bytes += pages(&self.span);
            let again = Located {
                data: Data::InPlace(bytes),
                index: located.index.clone(),
                stored: located.stored.clone(),
            };
            self.passed.push((again, self.span.clone()));
        }
    }

    pub(super) fn release(&mut self) {
        for (located, bytes) in self.passed.drain(..) {
            self.source.release(&located, bytes);
        }
        self.passed_bytes = 0;
    }
}

impl Drop for Input<'_> {
    fn drop(&mut self) {
        self.release();
    }
}
