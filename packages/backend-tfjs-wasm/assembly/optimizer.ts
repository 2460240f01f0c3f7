// What an optimiser does with tensors as large as the parameters, one pass each.
import { fma } from './fma';
import { read, write } from './lanes';

/** y = x + step d. */
export function axpy(x: usize, d: usize, step: f32, y: usize, n: i32): void {
  const end = <usize>n << 2, s = f32x4.splat(step);
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) v128.store(y + p, fma(s, v128.load(d + p), v128.load(x + p)));
  for (; p < end; p += 4) write(y + p, fma(s, read(d + p, false), read(x + p, false)), false);
}

/** <g, d> and <g, g>, products and sums in float64, as two float64 at `out`. */
export function dots(g: usize, d: usize, n: i32, out: usize): void {
  const end = <usize>n << 2;
  let s0 = f64x2.splat(0), s1 = s0, q0 = s0, q1 = s0;
  let p: usize = 0;
  for (; p + 16 <= end; p += 16) {
    const x = v128.load(g + p), y = v128.load(d + p);
    const x0 = f64x2.promote_low_f32x4(x), x1 = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 1));
    const y0 = f64x2.promote_low_f32x4(y), y1 = f64x2.promote_low_f32x4(i64x2.shuffle(y, y, 1, 1));
    s0 = f64x2.add(s0, f64x2.mul(x0, y0));
    s1 = f64x2.add(s1, f64x2.mul(x1, y1));
    q0 = f64x2.add(q0, f64x2.mul(x0, x0));
    q1 = f64x2.add(q1, f64x2.mul(x1, x1));
  }
  s0 = f64x2.add(s0, s1);
  q0 = f64x2.add(q0, q1);
  let s = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  let q = f64x2.extract_lane(q0, 0) + f64x2.extract_lane(q0, 1);
  for (; p < end; p += 4) {
    const x = <f64>load<f32>(g + p);
    s += x * <f64>load<f32>(d + p);
    q += x * x;
  }
  store<f64>(out, s);
  store<f64>(out, q, 8);
}

/** The sums of `groups` pairs from `dots`, in their order; each as its value in float32 and the rest of it, 0 where it overflows. */
export function sumDots(x: usize, groups: i32, out: usize): void {
  for (let pair: usize = 0; pair < 16; pair += 8) {
    let sum: f64 = 0;
    for (let i = 0; i < groups; i++) sum += load<f64>(x + pair + (<usize>i << 4));
    const high = <f32>sum;
    store<f32>(out + pair, high);
    store<f32>(out + pair, abs(high) < f32.POSITIVE_INFINITY ? <f32>(sum - <f64>high) : 0, 4);
  }
}

/** velocity = momentum velocity + g; d = -velocity, or with Nesterov's look ahead -(g + momentum velocity). */
export function momentum(
  velocity: usize, g: usize, beta: f32, nesterov: bool, newVelocity: usize, d: usize, n: i32,
): void {
  const b = f32x4.splat(beta);
  for (let i = 0; i < n; ) {
    const four = i + 4 <= n, p = <usize>i << 2;
    const x = read(g + p, four), v = fma(b, read(velocity + p, four), x);
    write(newVelocity + p, v, four);
    write(d + p, f32x4.neg(nesterov ? fma(b, v, x) : v), four);
    i += four ? 4 : 1;
  }
}

/**
 * Adam (arXiv:1412.6980, algorithm 1): m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
 * d = -(m / c1) / (sqrt(v / c2) + epsilon), c1 and c2 the bias corrections 1 - beta^t. With `greatest` (not 0) AMSGrad
 * (arXiv:1904.09237): the greatest v so far in the place of v.
 */
export function adam(
  m: usize, v: usize, greatest: usize, g: usize, beta1: f64, beta2: f64, c1: f64, c2: f64, epsilon: f32,
  newM: usize, newV: usize, newGreatest: usize, d: usize, n: i32,
): void {
  // 1 - beta in float64: in float32 it would lose 4 digits.
  const b1 = f32x4.splat(<f32>beta1), b2 = f32x4.splat(<f32>beta2), e = f32x4.splat(epsilon);
  const a1 = f32x4.splat(<f32>(1 - beta1)), a2 = f32x4.splat(<f32>(1 - beta2));
  const s1 = f32x4.splat(<f32>(-1 / c1)), s2 = f32x4.splat(<f32>(1 / c2));
  for (let i = 0; i < n; ) {
    const four = i + 4 <= n, p = <usize>i << 2;
    const x = read(g + p, four);
    const mi = fma(b1, read(m + p, four), f32x4.mul(a1, x));
    let vi = fma(b2, read(v + p, four), f32x4.mul(f32x4.mul(a2, x), x));
    write(newM + p, mi, four);
    write(newV + p, vi, four);
    if (greatest) {
      vi = f32x4.max(vi, read(greatest + p, four));
      write(newGreatest + p, vi, four);
    }
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(vi, s2)), e);
    write(d + p, f32x4.div(f32x4.mul(mi, s1), root), four);
    i += four ? 4 : 1;
  }
}

/** Adagrad: sum = sum + g^2, d = -g / (sqrt(sum) + epsilon). */
export function adagrad(sum: usize, g: usize, epsilon: f32, newSum: usize, d: usize, n: i32): void {
  const e = f32x4.splat(epsilon);
  for (let i = 0; i < n; ) {
    const four = i + 4 <= n, p = <usize>i << 2;
    const x = read(g + p, four), s = fma(x, x, read(sum + p, four));
    write(newSum + p, s, four);
    write(d + p, f32x4.div(f32x4.neg(x), f32x4.add(f32x4.sqrt(s), e)), four);
    i += four ? 4 : 1;
  }
}
