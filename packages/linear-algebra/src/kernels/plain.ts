import { type Kernels } from './kernels.ts';

const KC = 256;

/** The kernels in plain TypeScript: the reference, and what runs where WebAssembly with SIMD does not. */
export function plainKernels(heap: Float64Array): Kernels {
  const panel = new Float64Array(4 * KC);

  /** y += t x */
  const axpy = (x: number, columns: number, t: number, y: number): void => {
    for (let p = 0; p < columns; p++) heap[y + p]! += t * heap[x + p]!;
  };

  return {
    gemm(a, ars, acs, b, brs, bcs, c, ldc, m, n, k, alpha, add, triangle = 0) {
      for (let pc = 0; pc < k; pc += KC) {
        const kc = Math.min(KC, k - pc);
        const more = add || pc > 0;
        for (let j = 0; j < n; j += 4) {
          const columns = Math.min(4, n - j);
          for (let q = 0; q < 4; q++) {
            for (let p = 0; p < kc; p++) {
              panel[4 * p + q] = q < columns ? heap[b + (pc + p) * brs + (j + q) * bcs]! : 0;
            }
          }
          for (let i = 0; i < m; i++) {
            if (triangle === 1 ? j > i : triangle === 2 && j + columns <= i) continue;
            let s0 = 0;
            let s1 = 0;
            let s2 = 0;
            let s3 = 0;
            for (let p = 0, at = a + i * ars + pc * acs; p < kc; p++, at += acs) {
              const x = alpha * heap[at]!;
              s0 += x * panel[4 * p]!;
              s1 += x * panel[4 * p + 1]!;
              s2 += x * panel[4 * p + 2]!;
              s3 += x * panel[4 * p + 3]!;
            }
            const to = c + i * ldc + j;
            heap[to] = more ? heap[to]! + s0 : s0;
            if (columns > 1) heap[to + 1] = more ? heap[to + 1]! + s1 : s1;
            if (columns > 2) heap[to + 2] = more ? heap[to + 2]! + s2 : s2;
            if (columns > 3) heap[to + 3] = more ? heap[to + 3]! + s3 : s3;
          }
        }
      }
    },

    symmetricProduct(a, stride, n, x, y) {
      const both = (at: number, r: number, c: number): void => {
        const e = heap[at]!;
        heap[y + r]! += e * heap[x + c]!;
        heap[y + c]! += e * heap[x + r]!;
      };
      for (let i = 0; i < n; i += 4) {
        const end = Math.min(i + 4, n);
        for (let r = i; r < end; r++) {
          heap[y + r]! += heap[a + r * (stride + 1)]! * heap[x + r]!;
          for (let c = r + 1; c < end; c++) both(a + r * stride + c, r, c);
        }
        const pairs = (n - end) & ~1;
        for (let r = i; r < end; r++) {
          let even = 0;
          let odd = 0;
          const xr = heap[x + r]!;
          for (let c = end, at = a + r * stride + end; c < end + pairs; c += 2, at += 2) {
            const e = heap[at]!;
            const f = heap[at + 1]!;
            even += e * heap[x + c]!;
            odd += f * heap[x + c + 1]!;
            heap[y + c]! += e * xr;
            heap[y + c + 1]! += f * xr;
          }
          heap[y + r]! += even + odd;
        }
        if (end + pairs < n) for (let r = i; r < end; r++) both(a + r * stride + n - 1, r, n - 1);
      }
    },

    rowDots(a, stride, rows, columns, x, y) {
      const whole = columns & ~1;
      for (let i = 0; i < rows; i++, a += stride) {
        let even = 0;
        let odd = 0;
        for (let p = 0; p < whole; p += 2) {
          even += heap[a + p]! * heap[x + p]!;
          odd += heap[a + p + 1]! * heap[x + p + 1]!;
        }
        let sum = even + odd;
        if (whole < columns) sum += heap[a + whole]! * heap[x + whole]!;
        heap[y + i] = sum;
      }
    },

    rowSum(a, stride, rows, columns, t, y) {
      for (let i = 0; i < rows; i++) axpy(a + i * stride, columns, heap[t + i]!, y);
    },

    rankOne(a, stride, rows, columns, t, x, shrink = false) {
      for (let i = 0; i < rows; i++, a += stride) {
        axpy(x, columns, heap[t + i]!, a);
        if (shrink) {
          x++;
          columns--;
        }
      }
    },
  };
}
