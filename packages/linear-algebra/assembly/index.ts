export { gemm } from './gemm';
export { rankOne, rowDots, rowSum } from './rows';
export { symmetricProduct } from './symmetric-product';
