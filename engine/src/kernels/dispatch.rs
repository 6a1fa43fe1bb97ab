//! Instruction sets: loops are compiled for each set, and one is chosen at run time.

#[cfg(target_arch = "x86_64")]
use std::sync::LazyLock;

/// The machine's 256-bit instructions, if it has them. Most loops use no wider ones: blocks lie in the second cache,
/// whose speed is the limit, and each further instruction set would make the program half as large again.
#[cfg(target_arch = "x86_64")]
static WIDE: LazyLock<Option<pulp::x86::V3>> = LazyLock::new(pulp::x86::V3::try_new);

/// Runs `f`, compiled for this machine's instruction set. For this, `f` has to be inlined.
#[inline(always)]
pub(super) fn dispatch<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(wide) = *WIDE {
        return pulp::Simd::vectorize(wide, f);
    }
    f()
}

/// The machine's 512-bit instructions, if it has them.
#[cfg(target_arch = "x86_64")]
static WIDEST: LazyLock<Option<pulp::x86::V4>> = LazyLock::new(pulp::x86::V4::try_new);

/// As [`dispatch`], with 512-bit instructions too, for loops in which computation takes longer than memory access.
#[inline(always)]
pub(super) fn widest<R>(f: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(widest) = *WIDEST {
        return pulp::Simd::vectorize(widest, f);
    }
    dispatch(f)
}

/// The instruction sets that the loops over elements use on this machine: `AVX2`, with `AVX-512` for some loops, or
/// `baseline`, the instruction set for which the program was compiled.
pub fn instruction_set() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    match (*WIDE, *WIDEST) {
        (Some(_), Some(_)) => return "AVX2, AVX-512 for functions, reductions and comparisons",
        (Some(_), None) => return "AVX2",
        _ => {}
    }
    "baseline"
}
