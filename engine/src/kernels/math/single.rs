//! The tables of `f32`.
#![allow(clippy::approx_constant, reason = "parts of constants, and coefficients near some")]

use super::lane::{Lane, operations};

impl Lane for f32 {
    const WHOLE: Self = 12_582_912.0;
    const EXP_RANGE: [Self; 2] = [-104.0, 89.0];
    const EXP2_RANGE: [Self; 2] = [-151.0, 129.0];
    const TANH_END: Self = 10.0;
    const TINY: Self = 1e-8;
    const ANGLE_END: Self = 32_768.0;
    const FRAC_2_PI: Self = std::f32::consts::FRAC_2_PI;
    const NORMAL: Self = f32::MIN_POSITIVE;
    const FINE_ANGLES: bool = true;
    const MANY: Self = 30.0;
    const POW_RANGE: [Self; 2] = [-200.0, 200.0];
    const TANGENT_END: Self = 0.999_999;
    const SINH_END: Self = 89.5;
    const ROOT_ONE: Self = 16_384.0;
    const SQUARES: [Self; 3] = [1e-15, 1e15, 1.267_650_6e30];
    const EXP: &'static [Self] = &[1.3950355e-03, 8.3688805e-03, 4.166621e-02, 1.666652e-01, 5.0e-01];
    const EXP2: &'static [Self] =
        &[1.5476279e-04, 1.3400267e-03, 9.618004e-03, 5.550328e-02, 2.402265e-01, 6.931472e-01];
    const LOG: &'static [Self] = &[2.9870504e-01, 3.997761e-01, 6.6666776e-01];
    const SIN: &'static [Self] = &[-1.9514113e-04, 8.332156e-03, -1.6666655e-01];
    const COS: &'static [Self] = &[2.4434938e-05, -1.3887339e-03, 4.1666646e-02];
    const PI_2: [Self; 3] = [1.5707964, -4.371139e-08, -1.7151245e-15];
    const LN_2_PARTS: [Self; 2] = [6.931472e-01, -1.9046542e-09];
    const TAN: &'static [Self] = &[
        4.4465614e-03,
        -5.5545923e-05,
        1.0952716e-02,
        2.123594e-02,
        5.4069147e-02,
        1.3332579e-01,
        3.3333352e-01,
    ];
    const LOG10_2_PARTS: [Self; 2] = [3.0103e-01, -1.4320989e-08];
    const TANH: &'static [Self] =
        &[-5.378558e-03, 2.0340554e-02, -5.3646773e-02, 1.3330321e-01, -3.3333242e-01];
    const SINH: &'static [Self] = &[2.8439983e-06, 1.983069e-04, 8.333383e-03, 1.6666666e-01];
    const ASIN: &'static [Self] = &[4.2211313e-02, 2.4152331e-02, 4.547601e-02, 7.495252e-02, 1.6666754e-01];
    const ATAN: &'static [Self] = &[
        -1.827731e-03,
        1.1066849e-02,
        -3.1460397e-02,
        5.8239523e-02,
        -8.419769e-02,
        1.0957691e-01,
        -1.4265269e-01,
        1.9998641e-01,
        -3.3333302e-01,
    ];
    const ROOT_3_BITS: Self = 13_955_527.0;
    const ROOT_3: &'static [Self] = &[4.678312e-01, -1.1915764, 1.7311435];
    const ATANH: &'static [Self] = &[2.6701215e-01, 2.8223538e-01, 4.0010375e-01, 6.6666573e-01];
    const LOG2_REST: &'static [Self] = &[0.28006253, 0.32011527, 0.41220388, 0.577078];
    const TWICE_LOG2_E_THIRD: [Self; 2] = [0.9617967, -7.028462e-09];
    const TWICE_LOG2_E: [Self; 2] = [2.88539, 3.851926e-08];
    const ATAN_SHORT: &'static [Self] =
        &[3.4068506e-02, -7.639191e-02, 1.0846549e-01, -1.4260444e-01, 1.9998872e-01, -3.3333316e-01];

    operations!(f32, 23, 127);
}
