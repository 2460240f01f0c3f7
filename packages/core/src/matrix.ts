/** A dense matrix: element (i, j) is `data[i * columns + j]`. Plain data, structured-cloneable. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}
