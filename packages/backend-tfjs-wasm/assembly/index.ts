export { gemm, gemmFused, gemmScratch } from './gemm';
export { epilogue } from './epilogue';
export { integerGemm } from './integer-gemm';
export { convolution, convolutionFilterGradient, convolutionInputGradient, convolutionScratch } from './convolution';
