//! The product of two blocks in memory: `C += A B`, where C's rows and one axis of A and of B are contiguous.
//!
//! One function for five element types. One of two backends multiplies floats and complex numbers: the `gemm` crate, or
//! with the feature `openblas` the system's OpenBLAS. Integers are multiplied here.

use bytemuck::Pod;
use num_complex::Complex;

use crate::{DType, Error, Result};

/// A block of a matrix in some bytes: element `[i, j]` is at byte `offset + i * strides[0] + j * strides[1]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) offset: usize,
    pub(super) strides: [isize; 2],
}

/// The block that a product is added to: row `i` starts at byte `offset + i * row`.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) offset: usize,
    pub(super) row: usize,
}

impl Matrix<'_> {
    /// Whether backends take the block of `shape` as it lies: it is aligned, one axis is contiguous, and neither rows
    /// nor columns overlap.
    pub(super) fn is_plain(&self, [rows, columns]: [u64; 2], item: usize) -> bool {
        let apart = |stride: isize, n: u64, across: u64| n == 1 || stride >= across as isize * item as isize;
        let unit = |stride: isize, n: u64| n == 1 || stride == item as isize;
        let [down, along] = self.strides;
        let place = self.bytes.as_ptr().addr().wrapping_add(self.offset);
        let aligned = place.is_multiple_of(item.min(8)) && self.offset.is_multiple_of(item);
        let whole = down % item as isize == 0 && along % item as isize == 0;
        let rows_lie = unit(along, columns) && apart(down, rows, columns);
        let columns_lie = unit(down, rows) && apart(along, columns, rows);
        aligned && whole && (rows_lie || columns_lie)
    }

    /// The elements from the first to the last of the block, and the strides in elements.
    fn elements<T: Pod>(&self, [rows, columns]: [usize; 2]) -> Result<Strided<'_, T>> {
        let step = |s: isize, n: usize| if n > 1 { s.unsigned_abs() / size_of::<T>() } else { 1 };
        let strides = [step(self.strides[0], rows), step(self.strides[1], columns)];
        let reach = (rows - 1) * strides[0] + (columns - 1) * strides[1] + 1;
        let elements = cast(self.bytes.get(self.offset..).unwrap_or_default(), reach)?;
        Ok(Strided { elements, strides })
    }
}

/// The elements of a block from its first to its last, and the strides in elements.
struct Strided<'a, T> {
    elements: &'a [T],
    strides: [usize; 2],
}

/// `c += a b`, where `a` is `m` x `k`, `b` is `k` x `n` and `c` is `m` x `n`: by the threads of `pool`, or by this one.
///
/// # Errors
/// When a block is not as large as its shape says, or not aligned.
pub(super) fn block_product(
    dtype: DType,
    dims: [usize; 3],
    c: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    pool: Option<&rayon::ThreadPool>,
) -> Result<()> {
    match dtype {
        DType::F32 => typed::<f32>(dims, c, a, b, pool),
        DType::F64 => typed::<f64>(dims, c, a, b, pool),
        DType::C64 => typed::<Complex<f32>>(dims, c, a, b, pool),
        DType::C128 => typed::<Complex<f64>>(dims, c, a, b, pool),
        DType::I64 => typed::<i64>(dims, c, a, b, pool),
        other => Err(Error::Other(format!("there is no block product for {other}"))),
    }
}

/// Whether a backend multiplies elements of this type as they lie.
pub(crate) fn is_blas(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::F64 | DType::C64 | DType::C128)
}

/// The type in which products of `dtype` are computed: floats in themselves, small floats and truth values in
/// `f32` (a sum of non-negative products is zero only when each is), integers modulo 2^64, whose low bits are
/// those of every narrower type.
pub(crate) fn compute_type(dtype: DType) -> DType {
    match dtype {
        DType::F32 | DType::F64 | DType::C64 | DType::C128 => dtype,
        DType::Bool | DType::F16 | DType::BF16 => DType::F32,
        _ => DType::I64,
    }
}

fn cast<T: Pod>(bytes: &[u8], len: usize) -> Result<&[T]> {
    // bytes after the last whole element belong to no element
    let bytes = &bytes[..bytes.len() / size_of::<T>() * size_of::<T>()];
    let all: &[T] =
        bytemuck::try_cast_slice(bytes).map_err(|e| Error::Other(format!("block product: {e}")))?;
    all.get(..len).ok_or_else(|| too_short(len, all.len()))
}

fn cast_mut<T: Pod>(bytes: &mut [u8], len: usize) -> Result<&mut [T]> {
    let all: &mut [T] =
        bytemuck::try_cast_slice_mut(bytes).map_err(|e| Error::Other(format!("block product: {e}")))?;
    let found = all.len();
    all.get_mut(..len).ok_or_else(|| too_short(len, found))
}

fn too_short(expected: usize, found: usize) -> Error {
    Error::Other(format!("block product: expected {expected} elements, found {found}"))
}

/// Rows of B, and columns of A, that the backend packs at a time.
const DEPTH: u64 = 512;

/// Bytes that the backend packs operands into, where `threads` threads make `products` products at a time, of
/// `rows` and `columns` and elements of `item` bytes.
pub(super) fn packing([rows, columns]: [u64; 2], item: u64, products: u64, threads: u64) -> u64 {
    backend::packing(
        [rows, columns].map(|side| DEPTH.saturating_mul(side).saturating_mul(item)),
        products,
        threads,
    )
}

fn threads(pool: Option<&rayon::ThreadPool>) -> usize {
    pool.map_or(1, rayon::ThreadPool::current_num_threads)
}

/// Runs `f` on the pool's threads, or here.
fn within(pool: Option<&rayon::ThreadPool>, f: impl FnOnce() + Send) {
    match pool {
        Some(pool) => pool.install(f),
        None => f(),
    }
}

/// The blocks of one product, `c += a b`. No axis is empty. Every slice reaches to the last element that the lengths
/// `[m, n, k]` and the strides give. Rows of `c` are contiguous and `row` elements apart.
struct Blocks<'a, T> {
    dims: [usize; 3],
    c: &'a mut [T],
    row: usize,
    a: Strided<'a, T>,
    b: Strided<'a, T>,
}

/// An element of blocks that can be multiplied.
trait Multiply: Pod + Send + Sync {
    fn multiply(blocks: Blocks<'_, Self>, pool: Option<&rayon::ThreadPool>);
}

fn typed<T: Multiply>(
    [m, n, k]: [usize; 3],
    Target { bytes, offset, row }: Target<'_>,
    a: Matrix<'_>,
    b: Matrix<'_>,
    pool: Option<&rayon::ThreadPool>,
) -> Result<()> {
    if m == 0 || n == 0 || k == 0 {
        return Ok(());
    }
    let row = row / size_of::<T>();
    let c = cast_mut::<T>(bytes.get_mut(offset..).unwrap_or_default(), (m - 1) * row + n)?;
    let (a, b) = (a.elements([m, k])?, b.elements([k, n])?);
    T::multiply(Blocks { dims: [m, n, k], c, row, a, b }, pool);
    Ok(())
}

#[cfg(not(feature = "openblas"))]
mod backend {
    use super::{Blocks, Complex, Multiply, threads, within};

    /// The name of the backend, for reports.
    pub const NAME: &str = "gemm";

    /// The instruction set that the backend picks on this machine.
    pub fn core() -> String {
        #[cfg(target_arch = "x86_64")]
        let set = if is_x86_feature_detected!("avx512f") {
            "AVX-512"
        } else if is_x86_feature_detected!("fma") {
            "AVX2"
        } else {
            "baseline"
        };
        #[cfg(not(target_arch = "x86_64"))]
        let set = std::env::consts::ARCH;
        set.to_owned()
    }

    /// Bytes of B that are packed at a time. By itself, the backend packs as much as the last cache holds. A program
    /// may have only a share of a large machine, whose last cache can then hold more than all other memory of the
    /// program.
    const PACKED: u64 = 16 << 20;

    /// One panel of B for each product under way, and one of A, in the second cache, for each thread.
    pub(super) fn packing([a, b]: [u64; 2], products: u64, threads: u64) -> u64 {
        let [_, second, last] = *gemm_common::cache::CACHE_INFO;
        products * b.min(last.cache_bytes as u64).min(PACKED) + threads * a.min(second.cache_bytes as u64)
    }

    macro_rules! by_gemm {
        ($($t:ty, $one:expr);*) => {$(
            impl Multiply for $t {
                fn multiply(blocks: Blocks<'_, $t>, pool: Option<&rayon::ThreadPool>) {
                    let Blocks { dims: [m, n, k], c, row, a, b } = blocks;
                    let threads = match threads(pool) {
                        1 => gemm::Parallelism::None,
                        many => gemm::Parallelism::Rayon(many),
                    };
                    let most = PACKED as usize / (super::DEPTH as usize * size_of::<$t>());
                    for j in (0..n).step_by(most) {
                        let n = most.min(n - j);
                        let (c, b_elements) = (Out(c[j..].as_mut_ptr()), &b.elements[j * b.strides[1]..]);
                        within(pool, || {
                            let c = &c;
                            #[expect(unsafe_code, reason = "the gemm crate takes pointers")]
                            // SAFETY: the caller, `typed`, cut the slices to the last element that these strides reach
                            // within m x n, m x k and k x n, of which these are columns. `c` comes from a unique borrow
                            // that outlives the call.
                            unsafe {
                                gemm::gemm(
                                    m, n, k,
                                    c.0, 1, row as isize, true,
                                    a.elements.as_ptr(), a.strides[1] as isize, a.strides[0] as isize,
                                    b_elements.as_ptr(), b.strides[1] as isize, b.strides[0] as isize,
                                    $one, $one, false, false, false, threads,
                                );
                            }
                        });
                    }
                }
            }
        )*};
    }

    by_gemm!(f32, 1.0; f64, 1.0; Complex<f32>, Complex::new(1.0, 0.0); Complex<f64>, Complex::new(1.0, 0.0));

    /// The output's address on its way to the pool's thread.
    struct Out<T>(*mut T);

    #[expect(unsafe_code, reason = "a pointer crosses to the pool")]
    // SAFETY: `within` blocks until the one closure that uses the pointer has returned.
    unsafe impl<T> Sync for Out<T> {}
}

#[cfg(feature = "openblas")]
mod backend {
    use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE};
    use rayon::prelude::*;

    use super::{Blocks, Complex, Multiply, threads, within};

    // The library itself is linked by this crate.
    extern crate openblas_src as _;

    /// The name of the backend, for reports.
    pub const NAME: &str = "openblas";

    /// OpenBLAS has a buffer of 32 MiB for each thread, and touches only the part that it needs.
    pub(super) fn packing([_, b]: [u64; 2], _products: u64, threads: u64) -> u64 {
        threads * b.clamp(1 << 20, 32 << 20)
    }

    #[expect(unsafe_code, reason = "cblas-sys does not declare OpenBLAS' own functions")]
    // SAFETY: the signature is that of OpenBLAS' cblas.h.
    unsafe extern "C" {
        fn openblas_set_num_threads(threads: i32);
        fn openblas_get_corename() -> *const std::ffi::c_char;
    }

    /// The processor type that OpenBLAS detects on this machine.
    pub fn core() -> String {
        #[expect(unsafe_code, reason = "OpenBLAS is a C library")]
        // SAFETY: takes nothing and gives a string of its own, which ends in zero and is never freed.
        let name = unsafe { std::ffi::CStr::from_ptr(openblas_get_corename()) };
        name.to_string_lossy().into_owned()
    }

    /// Keeps OpenBLAS' own threads out of the way: the pool's threads share the work.
    fn one_thread() {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            #[expect(unsafe_code, reason = "OpenBLAS is a C library")]
            // SAFETY: takes an integer and sets a number; called once, before any product.
            unsafe {
                openblas_set_num_threads(1);
            }
        });
    }

    /// BLAS' name for the layout of a matrix with contiguous rows or columns, and the distance between these.
    fn layout(strides: [usize; 2], [rows, columns]: [usize; 2]) -> (CBLAS_TRANSPOSE, i32) {
        if strides[1] == 1 || columns == 1 {
            (CBLAS_TRANSPOSE::CblasNoTrans, strides[0].max(columns) as i32)
        } else {
            (CBLAS_TRANSPOSE::CblasTrans, strides[1].max(rows) as i32)
        }
    }

    macro_rules! by_cblas {
        ($($t:ty, $f:ident, $how:ident, $one:expr);*) => {$(
            impl Multiply for $t {
                fn multiply(blocks: Blocks<'_, $t>, pool: Option<&rayon::ThreadPool>) {
                    let Blocks { dims: [m, n, k], c, row, a, b } = blocks;
                    one_thread();
                    let rows = m.div_ceil(threads(pool)).max(1);
                    let ((turn_a, far_a), (turn_b, far_b)) = (layout(a.strides, [m, k]), layout(b.strides, [k, n]));
                    let part = |(p, c): (usize, &mut [$t])| {
                        let a = &a.elements[p * rows * a.strides[0]..];
                        #[expect(unsafe_code, reason = "BLAS takes pointers")]
                        // SAFETY: the caller, `typed`, cut the slices to the last element that the strides reach within
                        // m x n, m x k and k x n; this part of c has as many rows as begin in it, and the leading
                        // dimensions say the strides, so that BLAS stays inside.
                        unsafe {
                            let one = $one;
                            cblas_sys::$f(
                                CBLAS_LAYOUT::CblasRowMajor, turn_a, turn_b,
                                c.len().div_ceil(row) as i32, n as i32, k as i32,
                                by_cblas!(@$how one), a.as_ptr().cast(), far_a,
                                b.elements.as_ptr().cast(), far_b,
                                by_cblas!(@$how one), c.as_mut_ptr().cast(), row as i32,
                            );
                        }
                    };
                    within(pool, || c.par_chunks_mut(rows * row).enumerate().for_each(part));
                }
            }
        )*};
        (@value $one:ident) => { $one };
        (@pointer $one:ident) => { (&raw const $one).cast() };
    }

    by_cblas!(
        f32, cblas_sgemm, value, 1.0f32;
        f64, cblas_dgemm, value, 1.0f64;
        Complex<f32>, cblas_cgemm, pointer, [1.0f32, 0.0];
        Complex<f64>, cblas_zgemm, pointer, [1.0f64, 0.0]
    );
}

pub use backend::{NAME as BACKEND, core as backend_core};

/// Products modulo 2^64, rows in parallel.
impl Multiply for i64 {
    fn multiply(blocks: Blocks<'_, i64>, pool: Option<&rayon::ThreadPool>) {
        use rayon::prelude::*;
        let Blocks { dims: [_, n, k], c, row, a, b } = blocks;
        /// Rows of `b` that stay in cache while rows of `c` pass.
        const DEPTH: usize = 64;
        let parts = pool.map_or(1, |pool| 4 * pool.current_num_threads());
        let rows = c.len().div_ceil(row).div_ceil(parts).max(1);
        let plus = |c: &mut i64, x: i64, b: &i64| *c = c.wrapping_add(x.wrapping_mul(*b));
        let stripe = |(p, c): (usize, &mut [i64])| {
            for from in (0..k).step_by(DEPTH) {
                for (i, c) in (p * rows..).zip(c.chunks_mut(row)) {
                    for l in from..k.min(from + DEPTH) {
                        let x = a.elements[i * a.strides[0] + l * a.strides[1]];
                        let (c, from_b) = (c[..n].iter_mut(), &b.elements[l * b.strides[0]..]);
                        match b.strides[1] {
                            1 => c.zip(from_b).for_each(|(c, b)| plus(c, x, b)),
                            step => c.zip(from_b.iter().step_by(step)).for_each(|(c, b)| plus(c, x, b)),
                        }
                    }
                }
            }
        };
        within(pool, || c.par_chunks_mut(rows * row).enumerate().for_each(stripe));
    }
}

/// `sum += term`, for elements of a type that products are computed in.
///
/// # Errors
/// As [`block_product`].
pub(super) fn accumulate(dtype: DType, sum: &mut [u8], term: &[u8]) -> Result<()> {
    fn add<T: Pod>(sum: &mut [u8], term: &[u8], plus: impl Fn(T, T) -> T) -> Result<()> {
        let n = sum.len() / size_of::<T>();
        let (sum, term) = (cast_mut::<T>(sum, n)?, cast::<T>(term, n)?);
        sum.iter_mut().zip(term).for_each(|(s, t)| *s = plus(*s, *t));
        Ok(())
    }
    match dtype {
        DType::F32 => add::<f32>(sum, term, |s, t| s + t),
        DType::F64 => add::<f64>(sum, term, |s, t| s + t),
        DType::C64 => add::<Complex<f32>>(sum, term, |s, t| s + t),
        DType::C128 => add::<Complex<f64>>(sum, term, |s, t| s + t),
        DType::I64 => add::<i64>(sum, term, i64::wrapping_add),
        other => Err(Error::Other(format!("there is no block product for {other}"))),
    }
}
