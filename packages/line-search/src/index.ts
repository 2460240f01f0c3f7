export type { Condition, Found, Line, Probe, Search, SlopeTrial } from './line.ts';
export { search } from './search.ts';

export { armijo, type ArmijoOptions } from './armijo.ts';
export { wolfe, type WolfeOptions } from './wolfe.ts';
export { lipschitz, type LipschitzOptions } from './lipschitz.ts';
export { finite } from './finite.ts';
export { nearlyLinear } from './nearly-linear.ts';
export { band, type BandOptions } from './band.ts';

export { backtracking, type BacktrackingOptions } from './backtracking.ts';
export { strongWolfe, type StrongWolfeOptions } from './strong-wolfe.ts';
export { goldstein, type GoldsteinOptions } from './goldstein.ts';
export { grid, type GridOptions } from './grid.ts';

export type { Reference } from './reference.ts';
export { monotone } from './monotone.ts';
export { zhangHager, type ZhangHagerOptions, type ZhangHagerState } from './zhang-hager.ts';
export { grippo, type GrippoOptions, type GrippoState } from './grippo.ts';
export { grippoPerSample, type GrippoPerSampleOptions, type GrippoPerSampleState } from './grippo-per-sample.ts';
export { fromPlain, toPlain, type PlainNumber } from './plain-number.ts';

export { polyak, type PolyakOptions } from './polyak.ts';
export { clip } from './clip.ts';
export { grown, type GrownOptions } from './grown.ts';
export { smoothed } from './smoothed.ts';
export { decsps, type DecSps, type DecSpsOptions, type DecSpsState } from './decsps.ts';
export { barzilaiBorwein, type Secant } from './barzilai-borwein.ts';
export { quadraticInitial, sameChange } from './nocedal-wright.ts';
export { decreaseRatio, type DecreaseRatioOptions, type LastDecrease } from './decrease-ratio.ts';
export { remember, longestMemory } from './memory.ts';
export { smoothedRatio, type SmoothedRatioState, type TriedDecrease } from './smoothed-ratio.ts';
export { steered, type SteeredOptions } from './steered.ts';
export { failedStep } from './failed-step.ts';
export { count, fraction, positive } from './range.ts';
