//! The product of two blocks in memory: `C += A B`, all in C order.
//!
//! One function for four element types over one of two backends: the `gemm` crate, or with the feature
//! `openblas` the system's OpenBLAS.

use bytemuck::Pod;
use num_complex::Complex;

use crate::{DType, Error, Result};

/// `c += a b`, where `a` is `m` x `k`, `b` is `k` x `n` and `c` is `m` x `n`, each in C order: by the threads of `pool`,
/// or by this one.
///
/// # Errors
/// When a slice is not as long as its shape says.
pub(super) fn block_product(
    dtype: DType,
    [m, n, k]: [usize; 3],
    c: &mut [u8],
    a: &[u8],
    b: &[u8],
    pool: Option<&rayon::ThreadPool>,
) -> Result<()> {
    match dtype {
        DType::F32 => typed::<f32>([m, n, k], c, a, b, pool),
        DType::F64 => typed::<f64>([m, n, k], c, a, b, pool),
        DType::C64 => typed::<Complex<f32>>([m, n, k], c, a, b, pool),
        DType::C128 => typed::<Complex<f64>>([m, n, k], c, a, b, pool),
        DType::I64 => integers([m, n, k], c, a, b, pool),
        other => Err(Error::Other(format!("there is no block product for {other}"))),
    }
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

/// Bytes that the backend packs operands into, where `threads` threads make `products` products at a time, of
/// `columns` columns and elements of `item` bytes.
pub(super) fn packing(columns: u64, item: u64, products: u64, threads: u64) -> u64 {
    /// Rows of B that are packed at a time.
    const DEPTH: u64 = 512;
    backend::packing(DEPTH * columns * item, products, threads)
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

/// An element that a backend can multiply.
trait Blas: Pod + Send + Sync {
    /// `c += a b` in C order; the slices are as long as `[m, n, k]` say.
    fn gemm(dims: [usize; 3], c: &mut [Self], a: &[Self], b: &[Self], pool: Option<&rayon::ThreadPool>);
}

fn typed<T: Blas>(
    [m, n, k]: [usize; 3],
    c: &mut [u8],
    a: &[u8],
    b: &[u8],
    pool: Option<&rayon::ThreadPool>,
) -> Result<()> {
    let (a, b, c) = (cast::<T>(a, m * k)?, cast::<T>(b, k * n)?, cast_mut::<T>(c, m * n)?);
    if m > 0 && n > 0 && k > 0 {
        T::gemm([m, n, k], c, a, b, pool);
    }
    Ok(())
}

#[cfg(not(feature = "openblas"))]
mod backend {
    use super::{Blas, Complex, threads, within};

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

    /// A panel of B as large as the last cache, for each product under way; one of A in the second, for each thread.
    pub(super) fn packing(panel: u64, products: u64, threads: u64) -> u64 {
        let [_, second, last] = *gemm_common::cache::CACHE_INFO;
        products * panel.min(last.cache_bytes as u64) + threads * second.cache_bytes as u64
    }

    macro_rules! by_gemm {
        ($($t:ty, $one:expr);*) => {$(
            impl Blas for $t {
                fn gemm([m, n, k]: [usize; 3], c: &mut [$t], a: &[$t], b: &[$t], pool: Option<&rayon::ThreadPool>) {
                    debug_assert!(c.len() == m * n && a.len() == m * k && b.len() == k * n);
                    let threads = match threads(pool) {
                        1 => gemm::Parallelism::None,
                        many => gemm::Parallelism::Rayon(many),
                    };
                    let (c, a, b) = (Out(c.as_mut_ptr()), a, b);
                    within(pool, || {
                        let c = &c;
                        #[expect(unsafe_code, reason = "the gemm crate takes pointers")]
                        // SAFETY: the caller, `typed`, cut the slices to m*n, m*k and k*n elements, and the
                        // strides (columns 1 apart, rows n, k and n) reach exactly these. `c` comes from a
                        // unique borrow that outlives the call.
                        unsafe {
                            gemm::gemm(
                                m, n, k,
                                c.0, 1, n as isize, true,
                                a.as_ptr(), 1, k as isize,
                                b.as_ptr(), 1, n as isize,
                                $one, $one, false, false, false, threads,
                            );
                        }
                    });
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

    use super::{Blas, Complex, threads, within};

    // The library itself is linked by this crate.
    extern crate openblas_src as _;

    /// The name of the backend, for reports.
    pub const NAME: &str = "openblas";

    /// OpenBLAS has a buffer of 32 MiB for each thread, of which it touches what it needs.
    pub(super) fn packing(panel: u64, _products: u64, threads: u64) -> u64 {
        threads * panel.clamp(1 << 20, 32 << 20)
    }

    #[expect(unsafe_code, reason = "cblas-sys does not declare OpenBLAS' own functions")]
    // SAFETY: the signature is that of OpenBLAS' cblas.h.
    unsafe extern "C" {
        fn openblas_set_num_threads(threads: i32);
        fn openblas_get_corename() -> *const std::ffi::c_char;
    }

    /// The kind of processor that OpenBLAS takes this machine for.
    pub fn core() -> String {
        #[expect(unsafe_code, reason = "OpenBLAS is a C library")]
        // SAFETY: takes nothing and gives a string of its own, which ends in zero and is never freed.
        let name = unsafe { std::ffi::CStr::from_ptr(openblas_get_corename()) };
        name.to_string_lossy().into_owned()
    }

    /// OpenBLAS' own threads stay out of the way: tiles are given to the pool's.
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

    macro_rules! by_cblas {
        ($($t:ty, $f:ident, $how:ident, $one:expr);*) => {$(
            impl Blas for $t {
                fn gemm([m, n, k]: [usize; 3], c: &mut [$t], a: &[$t], b: &[$t], pool: Option<&rayon::ThreadPool>) {
                    debug_assert!(c.len() == m * n && a.len() == m * k && b.len() == k * n);
                    one_thread();
                    let rows = m.div_ceil(threads(pool)).max(1);
                    let tile = |(c, a): (&mut [$t], &[$t])| {
                        #[expect(unsafe_code, reason = "BLAS takes pointers")]
                        // SAFETY: the tile of c has `c.len() / n` rows of n, that of a as many rows of k, and
                        // b is k x n; the leading dimensions say the same, so that BLAS stays inside.
                        unsafe {
                            let one = $one;
                            cblas_sys::$f(
                                CBLAS_LAYOUT::CblasRowMajor,
                                CBLAS_TRANSPOSE::CblasNoTrans, CBLAS_TRANSPOSE::CblasNoTrans,
                                (c.len() / n) as i32, n as i32, k as i32,
                                by_cblas!(@$how one), a.as_ptr().cast(), k as i32,
                                b.as_ptr().cast(), n as i32,
                                by_cblas!(@$how one), c.as_mut_ptr().cast(), n as i32,
                            );
                        }
                    };
                    within(pool, || c.par_chunks_mut(rows * n).zip(a.par_chunks(rows * k)).for_each(tile));
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

/// `c += a b` modulo 2^64, rows in parallel.
fn integers(
    [m, n, k]: [usize; 3],
    c: &mut [u8],
    a: &[u8],
    b: &[u8],
    pool: Option<&rayon::ThreadPool>,
) -> Result<()> {
    use rayon::prelude::*;
    let (a, b, c) = (cast::<i64>(a, m * k)?, cast::<i64>(b, k * n)?, cast_mut::<i64>(c, m * n)?);
    if m == 0 || n == 0 || k == 0 {
        return Ok(());
    }
    /// Rows of `b` that stay in cache while rows of `c` pass.
    const DEPTH: usize = 64;
    let stripe = |(c, a): (&mut [i64], &[i64])| {
        for from in (0..k).step_by(DEPTH) {
            let depth = DEPTH.min(k - from);
            for (c, a) in c.chunks_exact_mut(n).zip(a.chunks_exact(k)) {
                for (x, b) in a[from..from + depth].iter().zip(b[from * n..].chunks_exact(n)) {
                    for (c, b) in c.iter_mut().zip(b) {
                        *c = c.wrapping_add(x.wrapping_mul(*b));
                    }
                }
            }
        }
    };
    match pool {
        None => stripe((c, a)),
        Some(pool) => {
            let rows = m.div_ceil(4 * pool.current_num_threads()).max(1);
            pool.install(|| c.par_chunks_mut(rows * n).zip(a.par_chunks(rows * k)).for_each(stripe));
        }
    }
    Ok(())
}

/// `sum += term`, elements of a type that products are computed in.
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
