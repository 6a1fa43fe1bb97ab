//! Tests of the kernels as a whole.
