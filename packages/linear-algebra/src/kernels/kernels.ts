/**
 * The hot loops, on one heap of numbers. Offsets, strides and sizes count elements; a transpose is a pair of strides.
 * Both implementations round the same operations in the same order: their results agree to the bit.
 */
export interface Kernels {
  /**
   * C = alpha A B, or C += alpha A B with `add`; A is m x k, B k x n. With `triangle` 1 only the lower triangle of C is
   * wanted, with 2 only the upper: the rest is then undefined.
   */
  gemm(
    a: number,
    aRowStride: number,
    aColumnStride: number,
    b: number,
    bRowStride: number,
    bColumnStride: number,
    c: number,
    cRowStride: number,
    m: number,
    n: number,
    k: number,
    alpha: number,
    add: boolean,
    triangle?: 0 | 1 | 2,
  ): void;
  /** y += A x for a symmetric A, n x n, of which only the upper triangle is read. */
  symmetricProduct(a: number, stride: number, n: number, x: number, y: number): void;
  /** y_i = <row i of A, x>. */
  rowDots(a: number, stride: number, rows: number, columns: number, x: number, y: number): void;
  /** y += the sum over i of t_i (row i of A). */
  rowSum(a: number, stride: number, rows: number, columns: number, t: number, y: number): void;
  /** Row i of A += t_i x. With `shrink`, each row begins one element later in x than the one before: a triangle. */
  rankOne(a: number, stride: number, rows: number, columns: number, t: number, x: number, shrink?: boolean): void;
}
