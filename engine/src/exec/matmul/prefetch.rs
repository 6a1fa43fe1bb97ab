//! Reading ahead of a product: a thread has the disk bring pieces of operands that other threads soon multiply.

use std::sync::mpsc::{Sender, channel};
use std::thread::Scope;

use super::panel::Operand;
use crate::exec::read_ahead::FROM;

/// A box of one of the two operands, which lies in one chunk.
pub(super) struct Want {
    pub(super) operand: usize,
    pub(super) start: Vec<u64>,
    pub(super) shape: Vec<u64>,
}

/// Starts the thread, which ends once the last sender is gone. `None` if there is little to read, or if the operands
/// are brought as panels.
pub(super) fn start<'scope, 'p: 'scope>(
    threads: &'scope Scope<'scope, '_>,
    operands: [&'p Operand<'p>; 2],
) -> Option<Sender<Want>> {
    let bytes: u64 = operands.iter().map(|operand| operand.stored_bytes()).sum();
    if bytes < FROM {
        return None;
    }
    let (wants, wanted) = channel::<Want>();
    threads.spawn(move || {
        let mut inputs = operands.map(Operand::input);
        for Want { operand, start, shape } in wanted {
            // the multiplying thread meets the same error and reports it
            let _ = inputs[operand].bring(&start, &shape);
        }
    });
    Some(wants)
}
