export { gemmBatch, gemmScratch } from './gemm';
export { epilogue } from './epilogue';
export { integerGemm } from './integer-gemm';
export { convolution, convolutionFilterGradient, convolutionInputGradient, convolutionScratch } from './convolution';
export { depthwise, depthwiseFilterGradient, depthwiseInputGradient, repeat, sumGroups } from './depthwise';
export {
  argmaxPool, maxPool, maxPoolFilterGradient, maxPoolInputGradient, maxPoolPick, meanPool, meanPoolGradient,
} from './pool';
export { gather, segmentSum } from './segments';
export { interpolate, interpolateAdjoint } from './resize';
export { reduce, sumTotals, total } from './reduce';
export { unary } from './unary';
export { stridedCopy } from './strided-copy';
export { binary, logical, select, selectBytes } from './binary';
export { adagrad, adam, axpy, dots, momentum, sumDots } from './optimizer';
export { batchNorm, layerNorm, layerNormGradient } from './normalize';
export { logSoftmax, softmax, softmaxCrossEntropy, softmaxGradient } from './softmax';
export { fill } from './fill';
export { dropout } from './dropout';
export { boolToNumber, clip, floatToInt, intToFloat, numberToBool } from './convert';
export { runProgram } from './program';
