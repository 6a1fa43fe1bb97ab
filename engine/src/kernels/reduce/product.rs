//! Products.

use std::marker::PhantomData;
use std::sync::Arc;

use bytemuck::Pod;
use num_complex::{Complex, Complex64};

use super::lanes::{Monoid, put_floats, put_integer};
use super::{Bytes, of};
use crate::kernels::block::Truth;
use crate::kernels::math::complex::multiply;
use crate::kernels::math::real::Real;
use crate::kernels::physical::{Physical, by_class};

/// A factor. Integers are multiplied in 64 bits and wrap, floats in double precision.
trait Factor: Pod + Send + Sync {
    type Product: Pod + Send + Sync;
    const ONE: Self::Product;
    fn widen(self) -> Self::Product;
    fn is_nan(self) -> bool;
    fn times(a: Self::Product, b: Self::Product) -> Self::Product;
    fn put(product: Self::Product, out: &mut [u8]);
}

macro_rules! whole_factor {
    ($($t:ty: $x:ident $wide:expr;)+) => { $(
        impl Factor for $t {
            type Product = u64;
            const ONE: u64 = 1;
            #[inline(always)]
            fn widen(self) -> u64 {
                let $x = self;
                $wide
            }
            #[inline(always)]
            fn is_nan(self) -> bool { false }
            #[inline(always)]
            fn times(a: u64, b: u64) -> u64 { a.wrapping_mul(b) }
            fn put(product: u64, out: &mut [u8]) { put_integer(product, out) }
        }
    )+ };
}
whole_factor! {
    Truth: x x.get().into();
    i8: x x as u64;
    i16: x x as u64;
    i32: x x as u64;
    i64: x x as u64;
    u8: x x as u64;
    u16: x x as u64;
    u32: x x as u64;
    u64: x x;
}

macro_rules! real_factor {
    ($($t:ty)+) => { $(
        impl Factor for $t {
            type Product = f64;
            const ONE: f64 = 1.0;
            #[inline(always)]
            fn widen(self) -> f64 { self.to_f64() }
            #[inline(always)]
            fn is_nan(self) -> bool { Real::is_nan(self) }
            #[inline(always)]
            fn times(a: f64, b: f64) -> f64 { a * b }
            fn put(product: f64, out: &mut [u8]) { put_floats([product], out) }
        }
    )+ };
}
real_factor!(f32 f64);

impl<T: Real> Factor for Complex<T>
where
    Complex<T>: Pod,
{
    type Product = Complex64;
    const ONE: Complex64 = Complex64::ONE;
    #[inline(always)]
    fn widen(self) -> Complex64 {
        Complex::new(self.re.to_f64(), self.im.to_f64())
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.re.is_nan() | self.im.is_nan()
    }
    #[inline(always)]
    fn times(a: Complex64, b: Complex64) -> Complex64 {
        multiply(a, b)
    }
    fn put(product: Complex64, out: &mut [u8]) {
        put_floats([product.re, product.im], out);
    }
}

/// Products; with `SKIP`, of the elements that are not NaN.
struct Product<T, const SKIP: bool>(PhantomData<T>);

impl<T: Factor, const SKIP: bool> Monoid for Product<T, SKIP> {
    type In = T;
    type Lane = T::Product;
    type Wide = T::Product;
    type State = T::Product;
    const VECTORS: bool = false;
    const START: T::Product = T::ONE;
    #[inline(always)]
    fn step(lane: T::Product, x: T) -> T::Product {
        T::times(lane, if SKIP && x.is_nan() { T::ONE } else { x.widen() })
    }
    #[inline(always)]
    fn widen(lane: T::Product) -> T::Product {
        lane
    }
    #[inline(always)]
    fn join(a: T::Product, b: T::Product) -> T::Product {
        T::times(a, b)
    }
    #[inline(always)]
    fn state(lane: T::Product, _: usize) -> T::Product {
        lane
    }
    fn new() -> T::Product {
        T::ONE
    }
    #[inline(always)]
    fn merge(into: &mut T::Product, from: &T::Product) {
        *into = T::times(*into, *from);
    }
    fn finish(state: &T::Product, out: &mut [u8]) {
        T::put(*state, out);
    }
}

/// The fold of `prod` or `nanprod`.
pub(super) fn bind(skip: bool, input: Physical) -> Option<Arc<dyn Bytes>> {
    fn float<T: Factor>(skip: bool) -> Option<Arc<dyn Bytes>> {
        if skip { of(Product::<T, true>(PhantomData)) } else { of(Product::<T, false>(PhantomData)) }
    }
    by_class!(input, T {
        truth => of(Product::<T, false>(PhantomData)),
        whole => of(Product::<T, false>(PhantomData)),
        float => float::<T>(skip),
        complex => float::<T>(skip),
        half => None,
    })
}
