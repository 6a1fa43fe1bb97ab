"""Writes answers.txt: expressions, and what NumPy 2.4 prints for them.

A record is a line with the expression, the text, and a line `---`. The arrays are those of `answers` in eval.rs.
"""

from pathlib import Path

import numpy as np

arrays = {
    "a": np.arange(12.0).reshape(3, 4),
    "b": np.arange(4.0),
    "n": np.array([-7, -1, 0, 3, 120], dtype=np.int8),
    "f": np.array([-1.5, -0.0, np.nan, np.inf, 2.25], dtype=np.float32),
    "t": np.array([[True, False], [True, True]]),
}
expressions = """
a
sum(a)
a.mean(axis=0)
a.std(axis=1, ddof=1)
var(a, axis=(0, 1)), var(a, axis=1, keepdims=True), std(a, correction=1)
a.max(axis=(0, 1), keepdims=True)
a @ b
a @ a.T, b @ b, b @ a.T
a[1:, ::2].T
a[::-1, -1]
a[None, 1, ..., 2:], a[(1, 2)], a[-1][-1], a[..., newaxis].shape[2] + a.size
where(a > 5, a, -a)
(1 < a) & (a <= 3), (b == 1) | ~(b < 3), (b > 1) ^ (b > 2)
astype(a, float32).sum(dtype='f8'), a.astype('i4')[0], astype(b, bool), astype(b, complex64)
a.astype(int8)[0] // 2
np.float16(0.1), float32(1) / 3, np.int8(5) + n
b ** 2 / 3, 2 ** b, b ** -1.0 + 1, 2.0 ** -b
-b % 3, b // 2, n // 2, n % 4, -n
sqrt(b) * 1e6
b + 1j, abs(b - 2j), (b + 1j) * (b - 1j), conj(b + 2j), (b * 1j).real, (b * 1j).imag
1 / b[1:]
argmax(a, axis=1), any(a > 11), all(a >= 0), count_nonzero(a), argmin(b), argmax(f)
clip(a[0], 1, 2), abs(-b), round(b / 2), min(a), max(a), clip(b, 1, None), b.clip(max=2), clip(b, a_min=1, a_max=2)
reshape(a, (2, 6)), a.ravel()[-1], a.reshape(-1, 2)[0], a.reshape((4, 3)), a.flatten()[5]
transpose(a, (1, 0))[0], swapaxes(a, 0, 1)[1], moveaxis(a, 0, -1)[2], permute_dims(a, (1, 0)).shape[0], a.transpose(1, 0)[3]
moveaxis(a[None], (0, 1), (-1, 0)).shape[1], matrix_transpose(a)[1], a.mT[2]
flip(b), flip(a, axis=0)[0], squeeze(a[None]).shape[0], expand_dims(b, 0), flipud(a)[0], fliplr(a)[0]
broadcast_to(b, (2, 4)), expand_dims(b, (0, 2)).shape[2], squeeze(a[None], axis=0)[0]
nanmean(where(a > 1, a, nan)), nansum(f), nanmax(f), nanmin(f[:3]), nanstd(f[:3]), mean(f), max(f), sum(n), prod(n[:2])
dot(b, b), vecdot(a, b), outer(b, b[:2]), dot(a, b), dot(2, b), ptp(a, axis=1)
a.real[0, 1], a.imag.sum(), (b + 2j).imag
a[3:], sum(a[3:]), a[3:].shape[0], prod(a[:0], axis=1), a[:, :0]
f, f * 2, f < 0, isnan(f), isfinite(f), sign(f[:2]), signbit(f), floor(f), trunc(f), maximum(f, 1), fmax(f, 1), -f
n + 1, n * n, n << 1, n >> 1, n & 3, n | 8, n ^ 1, ~n, abs(n), n.sum(), n.mean(), n / 2, n ** 2, n.max(), n > 0
t, ~t, t & True, t.sum(), t.sum(axis=0), t.any(axis=1), t + t, t * 2, t.mean(), logical_not(t), t @ t, t | False
exp(b), log(b[1:]), sin(b), tanh(b), arctan2(b, 2), hypot(b, 4), expm1(b), log1p(b), cbrt(b), exp2(b), log2(b[1:])
copysign(b, -1), nextafter(b, 10), logaddexp(b, 1), reciprocal(b[1:]), square(b), fmod(-b, 2), remainder(-b, 2)
float32(a) + 1, float32(a) * 0.1, float32(b) + 1j, int8(b) + 1, uint8(b) - 1, uint8(b) + int8(b), uint64(b) + int64(b)
sum(a > 5), mean(a, dtype=float32), sum(float32(a)), sum(n, dtype=int32), mean(n), sum(t, dtype=uint8), std(float32(a), axis=0)
(a - a.mean(axis=0)) / a.std(axis=0)
((a - mean(a, axis=1, keepdims=True)) ** 2).sum(axis=1), sum((a - b) ** 2, axis=(0, 1), keepdims=True)
np.pi * b ** 2, e ** b, b + inf, pi, 2 * pi / 3
a * 1e10, a / 1e10, float32(a) * 1e30, b * 1e-5
equal(a, 3.0).any(), not_equal(b, 2), less(b, 2), greater_equal(b, 2), isinf(f), power(b, 3), true_divide(b, 3)
int64(a) @ int64(b), float32(a) @ float32(b), (a + 1j) @ (b - 1j)
""".strip().splitlines()

out = []
for text in expressions:
    with np.errstate(all="ignore"):
        value = eval(text, {**vars(np), "np": np, "complex64": np.complex64, **arrays})
    values = value if isinstance(value, tuple) else (value,)
    # A number of Python's prints as NumPy's scalar of its type.
    printed = "\n".join(str(np.asarray(v)[()]) for v in values)
    out.append(f"{text}\n{printed}\n---\n")
Path(__file__).with_name("answers.txt").write_text("".join(out))
