//! What holds for the whole file.

use arrstore_format::{DType, Meta};
use arrstore_tests::forge::{ENTRIES, Forge, NAMES, PAGE, SLOTS};

use crate::{Made, verify};

pub(crate) fn whole(made: &mut Made) {
    made.plain(verify("Overlap"), "two-chunks-in-one-place", |f| {
        let entry = f.bytes[f.leaf + ENTRIES..][..32].to_vec();
        f.put(f.leaf + ENTRIES + 32, &entry);
    });
    let compact = || Forge::sealed(Meta::new(DType::U8, &[8], &[4]), &[1, 2, 3, 4, 5, 6, 7, 8]);
    let mut gap = compact();
    let at = gap.bytes.len() - 1;
    let free = (0..at)
        .rev()
        .find(|&at| at % 64 == 63 && at > gap.leaf + PAGE && gap.bytes[at - 63..=at].iter().all(|b| *b == 0));
    let free = free.unwrap_or(gap.block(SLOTS[0] + NAMES).0 + 63);
    gap.put(free, &[1]);
    made.save(verify("NotZero"), "sealed-gap", &gap.bytes);
    let mut slot = compact();
    slot.put(PAGE + 100, &[1]);
    made.save(verify("NotZero"), "sealed-other-slot", &slot.bytes);
    let mut copy = compact();
    copy.put(SLOTS[1], &[0; PAGE]);
    made.save(verify("SlotPage"), "sealed-without-a-copy", &copy.bytes);
}
