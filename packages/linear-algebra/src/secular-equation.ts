/**
 * Solves the secular equation of a diagonal matrix with a rank-one term, D + rho z z^T:
 *
 *     f(lambda) = 1 + rho sum_j z_j^2 / (d_j - lambda) = 0
 *
 * for its root number i, which lies between d_i and d_{i+1}, the last one between d_{k-1} and d_{k-1} + rho |z|^2.
 * d ascends strictly, no z_j is zero, rho > 0. The iteration interpolates f by two poles, one fixed at its true weight or both
 * free: R.-C. Li, "Solving secular equations stably and efficiently", LAPACK Working Note 89 (1993), section 3. It moves inside a
 * bracket and halves it where a step leaves it, so it ends.
 *
 * The differences d_j - lambda, to full relative accuracy (from the nearer pole, not from lambda), are written to
 * heap[at .. at + k]; the eigenvectors are made of them.
 *
 * @param squares rho z_j^2
 * @returns lambda
 */
export function secularRoot(
  i: number,
  k: number,
  d: Float64Array,
  squares: Float64Array,
  heap: Float64Array,
  at: number,
): number {
  if (k === 1) {
    heap[at] = -squares[0]!;
    return d[0]! + squares[0]!;
  }
  const last = i === k - 1;
  let total = 0;
  if (last) for (let j = 0; j < k; j++) total += squares[j]!;
  const gap = last ? total : d[i + 1]! - d[i]!;

  // The root is measured from the nearer pole, `origin`; the sign of f halfway tells which that is.
  let origin = i;
  let low = 0;
  let high = gap;
  let tau = gap / 2;
  if (!last) {
    let others = 1;
    for (let j = 0; j < k; j++) {
      if (j !== i && j !== i + 1) others += squares[j]! / (d[j]! - d[i]! - tau);
    }
    const [s, t] = [squares[i]!, squares[i + 1]!];
    const nearLeft = others - s / tau + t / tau >= 0;
    if (nearLeft) {
      high = tau;
      const a = others * gap + s + t;
      const root = Math.sqrt(Math.abs(a * a - 4 * others * s * gap));
      tau = a > 0 ? (2 * s * gap) / (a + root) : (a - root) / (2 * others);
    } else {
      origin = i + 1;
      low = -tau;
      high = 0;
      const a = others * gap - s - t;
      const root = Math.sqrt(Math.abs(a * a + 4 * others * t * gap));
      tau = a < 0 ? (2 * t * gap) / (a - root) : -(a + root) / (2 * others);
    }
    if (!(tau > low && tau < high)) tau = (low + high) / 2;
  }

  const base = d[origin]!;
  for (let j = 0; j < k; j++) heap[at + j] = d[j]! - base;
  // The poles of the interpolation: those beside the root, or the last two.
  const left = last ? k - 2 : i;
  const right = last ? k - 1 : i + 1;
  let fixedWeight = !last;
  let previous = Infinity;
  for (let iteration = 0; iteration < 400; iteration++) {
    let psi = 0;
    let psiSlope = 0;
    let rounding = 0;
    for (let j = 0; j <= left; j++) {
      const inverse = 1 / (heap[at + j]! - tau);
      const term = squares[j]! * inverse;
      psi += term;
      psiSlope += term * inverse;
      rounding -= psi;
    }
    let phi = 0;
    let phiSlope = 0;
    for (let j = k - 1; j > left; j--) {
      const inverse = 1 / (heap[at + j]! - tau);
      const term = squares[j]! * inverse;
      phi += term;
      phiSlope += term * inverse;
      rounding += Math.abs(phi);
    }
    const slope = psiSlope + phiSlope;
    const f = 1 + psi + phi;
    rounding = Math.abs(rounding) + 8 * (Math.abs(psi) + Math.abs(phi)) + 2 + Math.abs(tau) * slope;
    if (Math.abs(f) <= Number.EPSILON * rounding) break;
    if (f < 0) low = tau;
    else high = tau;

    const toLeft = heap[at + left]! - tau;
    const toRight = heap[at + right]! - tau;
    let c: number;
    if (fixedWeight) {
      const near = origin === left ? toLeft : toRight;
      const far = origin === left ? toRight : toLeft;
      c = f - far * slope - (near - far) * squares[origin]! * (1 / near) * (1 / near);
    } else {
      c = f - toLeft * psiSlope - toRight * phiSlope;
    }
    const a = (toLeft + toRight) * f - toLeft * toRight * slope;
    const b = toLeft * toRight * f;
    const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
    let step: number;
    if (last) step = a >= 0 ? (a + root) / (2 * Math.abs(c)) : (2 * b) / (a - root);
    else step = a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
    if (!(f * step < 0)) step = -f / slope;
    let next = tau + step;
    if (!(next > low && next < high) || iteration % 8 === 7) next = (low + high) / 2;
    if (next === tau || next === low || next === high) break;
    // Slow progress: let both weights adapt, or fix one again.
    if (!last && Math.abs(f) > previous / 10) fixedWeight = !fixedWeight;
    previous = Math.abs(f);
    tau = next;
  }
  for (let j = 0; j < k; j++) heap[at + j]! -= tau;
  return base + tau;
}
