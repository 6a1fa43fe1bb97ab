//! The words of a line, read lane by lane by all threads.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::{Origin, Task, Words};
use crate::exec::{Reader, Turns};
use crate::kernels::order::Word;
use crate::operator::sort::line::{BLOCK, Piece};
use crate::profile::Work;
use crate::source::{Source, Spilled};
use crate::{Buffer, Result};

/// Calls its argument with the words of a lane, block by block.
type Walk<'w, W> = dyn FnMut(&mut dyn FnMut(&[W]) -> Result<()>) -> Result<()> + 'w;

/// One thread's means to read words.
pub(super) struct Means<'a, W> {
    pub(super) reader: Reader<'a>,
    pub(super) bytes: Buffer,
    pub(super) block: Vec<W>,
}

impl<'a, W: Word> Task<'a, W> {
    /// Runs `work` for each lane, with a function that walks through the lane's words.
    pub(super) fn each_lane(
        &self,
        words: &Words<'_, W>,
        finds_signs: bool,
        work: impl Fn(usize, &mut Walk<'_, W>) -> Result<()> + Sync,
    ) -> Result<()> {
        let turns = Turns::new(self.long.lanes());
        turns.run(self.long.threads, self.run.context, || {
            let mut means = self.means();
            while let Some(lane) = turns.take(self.run.context)? {
                work(lane as usize, &mut |visit| match &words.from {
                    Origin::Line => self.walk_line(words, lane, finds_signs, &mut means, visit),
                    Origin::File(file, lanes) => {
                        let lane = lanes.get(lane as usize).cloned().unwrap_or_default();
                        self.walk_file(words, file, lane, &mut means, visit)
                    }
                })?;
            }
            Ok(())
        })
    }

    pub(super) fn walk_line(
        &self,
        words: &Words<'_, W>,
        lane: u64,
        finds_signs: bool,
        means: &mut Means<'a, W>,
        visit: &mut dyn FnMut(&[W]) -> Result<()>,
    ) -> Result<()> {
        let (all, lanes) = (self.pieces.len(), self.long.lanes());
        for number in all * lane / lanes..all * (lane + 1) / lanes {
            self.run.context.go_on()?;
            let piece = self.pieces.piece(number);
            self.read(&piece, means)?;
            if finds_signs && let Some(zeros) = &self.long.coder.zeros {
                let (negative, _) = (zeros.count)(means.bytes.bytes());
                self.signed.fetch_or(negative > 0, Ordering::Relaxed);
            }
            let Means { bytes, block, .. } = means;
            piece
                .words(bytes.bytes(), &*self.long.coder.encode, block, |block, _| visit(words.kept(block)))?;
        }
        Ok(())
    }

    pub(super) fn walk_file(
        &self,
        words: &Words<'_, W>,
        file: &Spilled,
        lane: Range<u64>,
        means: &mut Means<'a, W>,
        visit: &mut dyn FnMut(&[W]) -> Result<()>,
    ) -> Result<()> {
        let chunk = file.locate(&[0])?;
        for start in lane.clone().step_by(BLOCK) {
            self.run.context.go_on()?;
            let block = &mut means.block[..((lane.end - start) as usize).min(BLOCK)];
            file.read(&chunk, (start * self.long.word()) as usize, bytemuck::cast_slice_mut(block))?;
            visit(words.kept(block))?;
        }
        Ok(())
    }

    /// Reads the elements of a piece.
    pub(super) fn read(&self, piece: &Piece<'_>, means: &mut Means<'a, W>) -> Result<()> {
        let len = piece.elements() as usize * self.long.feed.output_size();
        if means.bytes.len() != len {
            means.bytes = Buffer::unfilled(len)?;
        }
        let Means { reader, bytes, .. } = means;
        let bytes = bytes.bytes_mut();
        let fill = || reader.fill(&piece.start, &piece.shape, bytes);
        self.run.context.record(Work::Tile, 1, piece.elements(), fill)
    }

    pub(super) fn means(&self) -> Means<'a, W> {
        Means { reader: self.feed.reader(), bytes: Buffer::default(), block: vec![W::zeroed(); BLOCK] }
    }
}

impl<W: Word> Words<'_, W> {
    /// The words of a block that belong to these words, moved to its start.
    fn kept<'w>(&self, block: &'w mut [W]) -> &'w [W] {
        if self.within.is_empty() {
            return block;
        }
        let mut kept = 0;
        for k in 0..block.len() {
            let word = block[k];
            block[kept] = word;
            kept += usize::from(self.within.iter().all(|(cells, cell)| cells.of(word) == *cell));
        }
        &block[..kept]
    }
}
