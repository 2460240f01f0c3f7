// A program is a list of calls of the kernels, kept in memory: for each call a word with the kernel's number (see
// `src/programs/signatures.ts`) and the size of the record in bytes, then the arguments, 4 bytes each and 8 for a float64.
import { adagrad, adam, axpy, dots, momentum, sumDots } from './optimizer';
import { batchNorm, layerNorm, layerNormGradient } from './normalize';
import { binary, logical, select, selectBytes } from './binary';
import { boolToNumber, clip, floatToInt, intToFloat, numberToBool } from './convert';
import { convolution, convolutionFilterGradient, convolutionInputGradient } from './convolution';
import { depthwise, depthwiseFilterGradient, depthwiseInputGradient, repeat, sumGroups } from './depthwise';
import { dropout } from './dropout';
import { epilogue } from './epilogue';
import { fill } from './fill';
import { gather, segmentSum } from './segments';
import { gemmBatch } from './gemm';
import { integerGemm } from './integer-gemm';
import { logSoftmax, softmax, softmaxCrossEntropy, softmaxGradient } from './softmax';
import {
  argmaxPool, maxPool, maxPoolFilterGradient, maxPoolInputGradient, maxPoolPick, meanPool, meanPoolGradient,
} from './pool';
import { interpolate, interpolateAdjoint } from './resize';
import { reduce, sumTotals, total } from './reduce';
import { stridedCopy } from './strided-copy';
import { unary } from './unary';
import { Window } from './window';

/** The k-th word of the arguments as an integer or an address, a flag, a float32, a float64 (with the next word), and a window. */
// @ts-ignore: decorator
@inline
function i(at: usize, k: usize): i32 { return load<i32>(at + (k << 2), 4); }
// @ts-ignore: decorator
@inline
function b(at: usize, k: usize): bool { return load<i32>(at + (k << 2), 4) != 0; }
// @ts-ignore: decorator
@inline
function f(at: usize, k: usize): f32 { return load<f32>(at + (k << 2), 4); }
// @ts-ignore: decorator
@inline
function d(at: usize, k: usize): f64 { return load<f64>(at + (k << 2), 4); }
// @ts-ignore: decorator
@inline
function w(at: usize, k: usize): Window { return changetype<Window>(<usize>load<u32>(at + (k << 2), 4)); }

/**
 * Makes the calls of the program from `at` to `end`. It stops where a `gather` meets an index that is out of range, and returns
 * the address of that call; else 0.
 */
export function runProgram(at: usize, end: usize): usize {
  for (; at < end; at += <usize>(load<u32>(at) >> 8)) {
    const kernel = load<u32>(at) & 255;
    switch (kernel) {
      case 0:
        gemmBatch(
          i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6), i(at, 7), i(at, 8), i(at, 9),
          i(at, 10), i(at, 11), i(at, 12), i(at, 13), i(at, 14), i(at, 15), b(at, 16), i(at, 17), i(at, 18),
          i(at, 19), f(at, 20), i(at, 21), i(at, 22)
        );
        break;
      case 1:
        integerGemm(
          i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6), i(at, 7), i(at, 8), i(at, 9)
        );
        break;
      case 2:
        convolution(
          i(at, 0), w(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6), i(at, 7), f(at, 8), i(at, 9),
          i(at, 10)
        );
        break;
      case 3: convolutionFilterGradient(i(at, 0), w(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5)); break;
      case 4: convolutionInputGradient(i(at, 0), w(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5)); break;
      case 5: epilogue(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), f(at, 6), i(at, 7), i(at, 8)); break;
      case 6: depthwise(i(at, 0), w(at, 1), i(at, 2), i(at, 3)); break;
      case 7: depthwiseFilterGradient(i(at, 0), w(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 8: depthwiseInputGradient(i(at, 0), w(at, 1), i(at, 2), i(at, 3)); break;
      case 9: repeat(i(at, 0), i(at, 1), i(at, 2), i(at, 3)); break;
      case 10: sumGroups(i(at, 0), i(at, 1), i(at, 2), i(at, 3)); break;
      case 11: maxPool(i(at, 0), w(at, 1), i(at, 2), i(at, 3)); break;
      case 12: argmaxPool(i(at, 0), w(at, 1), i(at, 2), b(at, 3)); break;
      case 13: maxPoolInputGradient(i(at, 0), w(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 14: maxPoolFilterGradient(i(at, 0), w(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 15: meanPool(i(at, 0), w(at, 1), i(at, 2)); break;
      case 16: meanPoolGradient(i(at, 0), w(at, 1), i(at, 2)); break;
      case 17: segmentSum(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), b(at, 6), i(at, 7)); break;
      case 18:
        if (
          gather(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6), i(at, 7)) >= 0
        ) return at;
        break;
      case 19: stridedCopy(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 20: fill(i(at, 0), i(at, 1), i(at, 2)); break;
      case 21: unary(i(at, 0), i(at, 1), i(at, 2), i(at, 3), f(at, 4)); break;
      case 22: binary(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5)); break;
      case 23: logical(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 24: select(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 25: reduce(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), f(at, 5), i(at, 6)); break;
      case 26: total(i(at, 0), i(at, 1), i(at, 2)); break;
      case 27: sumTotals(i(at, 0), i(at, 1), d(at, 2), i(at, 4)); break;
      case 28: softmax(i(at, 0), i(at, 1), i(at, 2), i(at, 3)); break;
      case 29: logSoftmax(i(at, 0), i(at, 1), i(at, 2), i(at, 3)); break;
      case 30: softmaxCrossEntropy(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5)); break;
      case 31: softmaxGradient(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
      case 32: dropout(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), f(at, 5), i(at, 6)); break;
      case 33:
        batchNorm(
          i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6), i(at, 7), i(at, 8), i(at, 9),
          i(at, 10), f(at, 11), i(at, 12)
        );
        break;
      case 34:
        layerNorm(
          i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), f(at, 5), i(at, 6), i(at, 7), i(at, 8)
        );
        break;
      case 35:
        layerNormGradient(
          i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6), i(at, 7), i(at, 8)
        );
        break;
      case 36: axpy(i(at, 0), i(at, 1), f(at, 2), i(at, 3), i(at, 4)); break;
      case 37: dots(i(at, 0), i(at, 1), i(at, 2), i(at, 3)); break;
      case 38: sumDots(i(at, 0), i(at, 1), i(at, 2)); break;
      case 39: momentum(i(at, 0), i(at, 1), f(at, 2), b(at, 3), i(at, 4), i(at, 5), i(at, 6)); break;
      case 40:
        adam(
          i(at, 0), i(at, 1), i(at, 2), i(at, 3), d(at, 4), d(at, 6), d(at, 8), d(at, 10), f(at, 12), i(at, 13),
          i(at, 14), i(at, 15), i(at, 16), i(at, 17)
        );
        break;
      case 41: adagrad(i(at, 0), i(at, 1), f(at, 2), i(at, 3), i(at, 4), i(at, 5)); break;
      case 42: floatToInt(i(at, 0), i(at, 1), i(at, 2)); break;
      case 43: intToFloat(i(at, 0), i(at, 1), i(at, 2)); break;
      case 44: boolToNumber(i(at, 0), i(at, 1), i(at, 2), b(at, 3)); break;
      case 45: numberToBool(i(at, 0), i(at, 1), i(at, 2), b(at, 3)); break;
      case 46: clip(i(at, 0), i(at, 1), i(at, 2), f(at, 3), f(at, 4)); break;
      case 47: maxPoolPick(i(at, 0), w(at, 1), i(at, 2), i(at, 3)); break;
      case 48: interpolate(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6)); break;
      case 49: interpolateAdjoint(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4), i(at, 5), i(at, 6)); break;
      case 50: selectBytes(i(at, 0), i(at, 1), i(at, 2), i(at, 3), i(at, 4)); break;
    }
  }
  return 0;
}
