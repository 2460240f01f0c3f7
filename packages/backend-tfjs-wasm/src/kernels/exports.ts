type Epilogue = [bias: number, activation: number, slope: number, slopes: number, slopeStride: number];

/** The functions of the kernels' module (`assembly/index.ts`). Offsets count bytes, strides elements; a bool is 0 or 1. */
export interface Exports {
  gemmScratch(m: number, n: number, k: number): number;
  gemmBatch(
    ...args: [
      ...[count: number, aStep: number, bStep: number, cStep: number, slopesStep: number],
      ...[a: number, aRowStride: number, aColumnStride: number],
      ...[b: number, bRowStride: number, bColumnStride: number],
      ...[c: number, cRowStride: number, m: number, n: number, k: number, add: number, scratch: number],
      ...Epilogue,
    ]
  ): void;
  integerGemm(
    ...args: [
      ...[a: number, aRowStride: number, aColumnStride: number],
      ...[b: number, bRowStride: number, bColumnStride: number],
      ...[c: number, m: number, n: number, k: number],
    ]
  ): void;
  convolutionScratch(window: number, outChannels: number): number;
  convolution(
    ...args: [
      ...[x: number, window: number, filter: number, y: number, outChannels: number, scratch: number],
      ...Epilogue,
    ]
  ): void;
  convolutionFilterGradient(
    ...args: [x: number, window: number, dy: number, dw: number, outChannels: number, scratch: number]
  ): void;
  convolutionInputGradient(
    ...args: [dy: number, window: number, filter: number, dx: number, outChannels: number, scratch: number]
  ): void;
  epilogue(...args: [c: number, rowStride: number, rows: number, columns: number, ...Epilogue]): void;
  depthwise(x: number, window: number, filter: number, y: number): void;
  depthwiseFilterGradient(x: number, window: number, dFilter: number, dy: number, part: number): void;
  depthwiseInputGradient(dx: number, window: number, filter: number, dy: number): void;
  repeat(x: number, count: number, times: number, to: number): void;
  sumGroups(x: number, count: number, size: number, to: number): void;
  maxPool(x: number, window: number, filter: number, y: number): void;
  argmaxPool(x: number, window: number, y: number, withinBatch: number): void;
  maxPoolInputGradient(x: number, window: number, filter: number, dy: number, dx: number): void;
  maxPoolPick(x: number, window: number, other: number, y: number): void;
  maxPoolFilterGradient(x: number, window: number, filter: number, dy: number, dFilter: number): void;
  meanPool(x: number, window: number, y: number): void;
  meanPoolGradient(dx: number, window: number, dy: number): void;
  segmentSum(
    ...args: [
      ...[x: number, ids: number, rows: number, inner: number, stride: number],
      ...[segments: number, whole: number, out: number],
    ]
  ): void;
  gather(
    ...args: [
      ...[x: number, ids: number, batch: number, outer: number, count: number],
      ...[size: number, bytes: number, out: number],
    ]
  ): number;
  interpolate(...args: [x: number, table: number, outer: number, n: number, m: number, inner: number, y: number]): void;
  interpolateAdjoint(
    ...args: [y: number, table: number, outer: number, n: number, m: number, inner: number, x: number]
  ): void;
  stridedCopy(x: number, out: number, plan: number, depth: number, bytes: number): void;
  fill(x: number, n: number, bits: number): void;
  unary(f: number, x: number, y: number, n: number, alpha: number): void;
  binary(f: number, a: number, b: number, out: number, axes: number, rank: number): void;
  select(condition: number, a: number, b: number, out: number, n: number): void;
  selectBytes(condition: number, a: number, b: number, out: number, n: number): void;
  reduce(op: number, x: number, outer: number, n: number, inner: number, scale: number, y: number): void;
  total(x: number, n: number, out: number): void;
  sumTotals(x: number, groups: number, scale: number, y: number): void;
  softmax(x: number, rows: number, n: number, y: number): void;
  logSoftmax(x: number, rows: number, n: number, y: number): void;
  softmaxCrossEntropy(
    ...args: [labels: number, logits: number, rows: number, n: number, loss: number, gradient: number]
  ): void;
  dropout(
    ...args: [x: number, first: number, n: number, seed: number, threshold: number, scale: number, y: number]
  ): void;
  softmaxGradient(y: number, dy: number, rows: number, n: number, dx: number): void;
  batchNorm(
    ...args: [
      ...[x: number, mean: number, meanStride: number, variance: number, varianceStride: number],
      ...[scale: number, scaleStride: number, offset: number, offsetStride: number],
      ...[rows: number, channels: number, epsilon: number, y: number],
    ]
  ): void;
  axpy(x: number, d: number, step: number, y: number, n: number): void;
  dots(g: number, d: number, n: number, out: number): void;
  sumDots(x: number, groups: number, out: number): void;
  momentum(
    ...args: [
      ...[velocity: number, g: number, momentum: number, nesterov: number],
      ...[newVelocity: number, d: number, n: number],
    ]
  ): void;
  adam(
    ...args: [
      ...[m: number, v: number, greatest: number, g: number],
      ...[beta1: number, beta2: number, correction1: number, correction2: number, epsilon: number],
      ...[newM: number, newV: number, newGreatest: number, d: number, n: number],
    ]
  ): void;
  adagrad(sum: number, g: number, epsilon: number, newSum: number, d: number, n: number): void;
  floatToInt(x: number, y: number, n: number): void;
  intToFloat(x: number, y: number, n: number): void;
  boolToNumber(x: number, y: number, n: number, whole: number): void;
  numberToBool(x: number, y: number, n: number, whole: number): void;
  clip(x: number, y: number, n: number, low: number, high: number): void;
  logical(f: number, a: number, b: number, out: number, n: number): void;
  layerNorm(
    ...args: [
      ...[x: number, scale: number, offset: number, rows: number, n: number, epsilon: number],
      ...[y: number, means: number, factors: number],
    ]
  ): void;
  layerNormGradient(
    ...args: [
      ...[x: number, scale: number, dy: number, rows: number, n: number, means: number, factors: number],
      ...[dx: number, dScale: number],
    ]
  ): void;
  /** Makes the calls of a program; returns 0, or the address of the call that failed. */
  runProgram(at: number, end: number): number;
}
