import { type Exports } from '../kernels/exports.ts';

/** A function of the kernels' module that can be part of a program: all that write results. */
export type Kernel = Exclude<keyof Exports, 'gemmScratch' | 'convolutionScratch' | 'runProgram'>;

/**
 * What the arguments of each kernel are, in their order: `p` an address that it reads from, `w` one that it writes to (and may read
 * from), `s` scratch, `i` an integer or a flag, `f` a float32, `d` a float64. A kernel's place in this list is its number in a
 * program; `assembly/program.ts` has the same numbers.
 */
export const signatures: Readonly<Record<Kernel, string>> = {
  gemmBatch: 'iiiiipiipiiwiiiiispifpi',
  integerGemm: 'piipiiwiii',
  convolution: 'pppwispifpi',
  convolutionFilterGradient: 'pppwis',
  convolutionInputGradient: 'pppwis',
  epilogue: 'wiiipifpi',
  depthwise: 'pppw',
  depthwiseFilterGradient: 'ppwps',
  depthwiseInputGradient: 'wppp',
  repeat: 'piiw',
  sumGroups: 'piiw',
  maxPool: 'pppw',
  argmaxPool: 'ppwi',
  maxPoolInputGradient: 'ppppw',
  maxPoolFilterGradient: 'ppppw',
  meanPool: 'ppw',
  meanPoolGradient: 'wpp',
  segmentSum: 'ppiiiiiw',
  gather: 'ppiiiiiw',
  stridedCopy: 'pwpii',
  fill: 'wii',
  unary: 'ipwif',
  binary: 'ippwpi',
  logical: 'ippwi',
  select: 'pppwi',
  reduce: 'ipiiifw',
  total: 'piw',
  sumTotals: 'pidw',
  softmax: 'piiw',
  logSoftmax: 'piiw',
  softmaxCrossEntropy: 'ppiiww',
  softmaxGradient: 'ppiiw',
  dropout: 'piiiifw',
  batchNorm: 'ppipipipiiifw',
  layerNorm: 'pppiifwww',
  layerNormGradient: 'pppiippww',
  axpy: 'ppfwi',
  dots: 'ppiw',
  sumDots: 'piw',
  momentum: 'ppfiwwi',
  adam: 'ppppddddfwwwwi',
  adagrad: 'ppfwwi',
  floatToInt: 'pwi',
  intToFloat: 'pwi',
  boolToNumber: 'pwii',
  numberToBool: 'pwii',
  clip: 'pwiff',
  maxPoolPick: 'pppw',
  interpolate: 'ppiiiiw',
  interpolateAdjoint: 'ppiiiiw',
  selectBytes: 'pppwi',
};

export const kernels = Object.keys(signatures) as readonly Kernel[];

/** The numbers of the kernels in a program. */
export const opcodes: Readonly<Record<string, number>> = Object.fromEntries(kernels.map((name, i) => [name, i]));
