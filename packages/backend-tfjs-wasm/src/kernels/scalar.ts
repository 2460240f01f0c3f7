// Functions of one and two numbers in JavaScript, for every numeric type: what is too rare in training for a kernel of its own.
// They round as tfjs's cpu backend does: computed in float64; to int32 towards zero and modulo 2^32, NaN to 0; to bool as whether
// the whole number is not 0.
import { type DataType, type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { WasmError } from '../error.ts';
import { broadcastAxes } from './broadcast.ts';
import { type KernelHost } from './host.ts';
import { inJavaScript, isNumeric, valuesOf, type Values } from './values.ts';

type Attributes = Readonly<Record<string, unknown>>;
type Unary = (x: number, attrs: Attributes) => number;
type Binary = (a: number, b: number) => number;
type Numeric = 'float32' | 'int32' | 'bool';

/** Half to even; what is rounded to 0 keeps its sign. */
function round(x: number): number {
  const [low, high] = [Math.floor(x), Math.ceil(x)];
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : high;
  return low % 2 === 0 ? low : high;
}

const sign: Unary = (x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : NaN);
const softplus: Unary = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const elu: Unary = (x) => (x >= 0 ? x : Math.expm1(x));

/** Abramowitz and Stegun, 7.1.26, as tfjs computes it. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - p * Math.exp(-x * x));
}

const clip: Unary = (x, { clipValueMin, clipValueMax }) =>
  x > (clipValueMax as number) ? (clipValueMax as number) : x < (clipValueMin as number) ? (clipValueMin as number) : x;

/** The functions of one number, but for those of which the result is of a type of its own. */
export const unaryFunctions: Readonly<Record<string, Unary>> = {
  Abs: Math.abs,
  Acos: Math.acos,
  Acosh: Math.acosh,
  Asin: Math.asin,
  Asinh: Math.asinh,
  Atan: Math.atan,
  Atanh: Math.atanh,
  Ceil: Math.ceil,
  ClipByValue: clip,
  Cos: Math.cos,
  Cosh: Math.cosh,
  Elu: elu,
  Erf: erf,
  Floor: Math.floor,
  Log: Math.log,
  Log1p: Math.log1p,
  Neg: (x) => -x,
  Reciprocal: (x) => 1 / x,
  Relu: (x) => Math.max(0, x),
  Relu6: (x) => Math.min(Math.max(0, x), 6),
  Round: round,
  Rsqrt: (x) => 1 / Math.sqrt(x),
  Selu: (x) => (x >= 0 ? 1.0507009873554805 * x : 1.7580993408473766 * Math.expm1(x)),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Sign: sign,
  Sin: Math.sin,
  Sinh: Math.sinh,
  Softplus: softplus,
  Sqrt: Math.sqrt,
  Square: (x) => x * x,
  Step: (x, { alpha }) => (x > 0 ? 1 : Number.isNaN(x) ? NaN : (alpha as number)),
  Tan: Math.tan,
  Tanh: Math.tanh,
};

/** Functions of one number whose result is always of one type. */
const typed: Readonly<Record<string, readonly [Numeric, Unary]>> = {
  Exp: ['float32', Math.exp],
  Expm1: ['float32', Math.expm1],
  LeakyRelu: ['float32', (x, { alpha }) => (x < 0 ? x * (alpha as number) : x)],
  IsFinite: ['bool', (x) => (Number.isFinite(x) ? 1 : 0)],
  IsInf: ['bool', (x) => (Math.abs(x) === Infinity ? 1 : 0)],
  IsNan: ['bool', (x) => (Number.isNaN(x) ? 1 : 0)],
  LogicalNot: ['bool', (x) => (x === 0 ? 1 : 0)],
};

/** a - b floor(a / b) with the sign of b; as in NumPy and TensorFlow. */
function mod(a: number, b: number): number {
  const rest = a % b;
  return a < 0 === b < 0 ? rest : (rest + b) % b;
}

const bothOrNaN = (a: number, b: number, f: Binary): number => (Number.isNaN(a) || Number.isNaN(b) ? NaN : f(a, b));

/** Functions of two numbers of one type. */
const arithmetic: Readonly<Record<string, Binary>> = {
  Add: (a, b) => a + b,
  Atan2: Math.atan2,
  BitwiseAnd: (a, b) => a & b,
  EluGrad: (dy, y) => (y >= 0 ? dy : dy * (y + 1)),
  FloorDiv: (a, b) => Math.floor(a / b),
  Maximum: (a, b) => bothOrNaN(a, b, Math.max),
  Minimum: (a, b) => bothOrNaN(a, b, Math.min),
  Mod: mod,
  Multiply: (a, b) => a * b,
  Pow: Math.pow,
  RealDiv: (a, b) => a / b,
  SquaredDifference: (a, b) => (a - b) * (a - b),
  Sub: (a, b) => a - b,
};

/** a^b modulo 2^32, as int32 multiplies; 1 / a^-b towards zero for negative b. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let power = 1;
  for (let base = a, rest = b; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = Math.imul(power, base);
    base = Math.imul(base, base);
  }
  return power;
}

/** What float64 does not compute exactly modulo 2^32. */
const exact: Readonly<Record<string, Binary>> = {
  Multiply: Math.imul,
  Pow: integerPower,
  SquaredDifference: (a, b) => Math.imul((a - b) | 0, (a - b) | 0),
};
const exactUnary: Readonly<Record<string, Unary>> = { Square: (x) => Math.imul(x, x) };

const comparisons: Readonly<Record<string, Binary>> = {
  Equal: (a, b) => (a === b ? 1 : 0),
  NotEqual: (a, b) => (a !== b ? 1 : 0),
  Less: (a, b) => (a < b ? 1 : 0),
  LessEqual: (a, b) => (a <= b ? 1 : 0),
  Greater: (a, b) => (a > b ? 1 : 0),
  GreaterEqual: (a, b) => (a >= b ? 1 : 0),
  LogicalAnd: (a, b) => (a !== 0 && b !== 0 ? 1 : 0),
  LogicalOr: (a, b) => (a !== 0 || b !== 0 ? 1 : 0),
  LogicalXor: (a, b) => ((a !== 0) === (b !== 0) ? 0 : 1),
};

/** As bool: 1 where the whole part is not 0. */
const truth = (value: number): number => (Math.trunc(value) === 0 || Number.isNaN(value) ? 0 : 1);

function mapUnary(host: KernelHost, x: TensorInfo, dtype: Numeric, f: Unary, attrs: Attributes): TensorInfo {
  return host.make(x.shape, dtype, (out) => {
    const [from, to] = [valuesOf(host, x), valuesOf(host, out)];
    for (let i = 0; i < from.length; i++) to[i] = dtype === 'bool' ? truth(f(from[i]!, attrs)) : f(from[i]!, attrs);
  });
}

function mapBinary(host: KernelHost, a: TensorInfo, b: TensorInfo, dtype: Numeric, f: Binary): TensorInfo {
  const { shape, merged } = broadcastAxes(a.shape, b.shape);
  return host.make(shape, dtype, (out) => {
    if (util.sizeFromShape(shape) === 0) return;
    const [x, y, to] = [valuesOf(host, a), valuesOf(host, b), valuesOf(host, out)];
    let at = 0;
    const walk = (axis: number, i: number, j: number): void => {
      const [size, stepA, stepB] = merged.slice(axis, axis + 3) as [number, number, number];
      if (axis + 3 < merged.length) for (let n = 0; n < size; n++) walk(axis + 3, i + n * stepA, j + n * stepB);
      else at = line(f, x, y, to, at, [size, i, stepA, j, stepB], dtype === 'bool');
    };
    walk(0, 0, 0);
  });
}

/** One line of results; returns where the next one begins. */
function line(
  f: Binary,
  x: Values,
  y: Values,
  to: Values,
  at: number,
  [size, i, stepA, j, stepB]: readonly [number, number, number, number, number],
  bool: boolean,
): number {
  for (let n = 0; n < size; n++) {
    const value = f(x[i + n * stepA]!, y[j + n * stepB]!);
    to[at + n] = bool ? truth(value) : value;
  }
  return at + size;
}

/** @throws BAD_DTYPE unless all inputs are numbers; where they must agree, of one type */
function assertNumeric(name: string, inputs: readonly TensorInfo[]): void {
  if (!inputs.every(isNumeric) || new Set(inputs.map(({ dtype }) => dtype)).size > 1) throw badType(name, inputs);
}

const badType = (name: string, inputs: readonly TensorInfo[]): WasmError =>
  new WasmError(
    'BAD_DTYPE',
    `${name} of ${inputs.map(({ dtype }) => dtype).join(' and ')}: it takes numbers of one type, and no complex ones. Use tf.cast to float32.`,
  );

/** The kernel of a function of one number, for all numeric types. */
export function unaryKernel(host: KernelHost, name: string): KernelFunc {
  return inJavaScript(host, name, ({ inputs, attrs }) => {
    const { x } = inputs as unknown as { x: TensorInfo };
    assertNumeric(name, [x]);
    const [dtype, f] = typed[name] ?? [x.dtype as Numeric, unaryFunctions[name]];
    if (!f) throw badType(name, [x]);
    const whole = x.dtype !== 'float32' ? exactUnary[name] : undefined;
    return mapUnary(host, x, dtype, whole ?? f, (attrs ?? {}) as Attributes);
  });
}

/** The kernel of a function of two numbers, for all numeric types. */
export function binaryKernel(
  host: KernelHost,
  name: string,
  [first, second]: readonly [string, string] = ['a', 'b'],
): KernelFunc {
  return inJavaScript(host, name, ({ inputs }) => {
    const named = inputs as unknown as Readonly<Record<string, TensorInfo>>;
    const [a, b] = [named[first]!, named[second]!];
    // The slopes are seldom whole numbers: the result never is, as on tfjs's cpu backend.
    if (name === 'Prelu' && isNumeric(a) && isNumeric(b))
      return mapBinary(host, a, b, 'float32', (x, alpha) => (x < 0 ? x * alpha : x));
    assertNumeric(name, [a, b]);
    const comparison = comparisons[name];
    if (comparison) return mapBinary(host, a, b, 'bool', comparison);
    const dtype: DataType = a.dtype;
    const f = (dtype !== 'float32' ? exact[name] : undefined) ?? arithmetic[name];
    if (!f) throw badType(name, [a, b]);
    return mapBinary(host, a, b, dtype as Numeric, f);
  });
}

/** What has no kernel in assembly for any type. */
export function scalarKernels(host: KernelHost): Readonly<Record<string, KernelFunc>> {
  const unary = [
    ...['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Sin', 'Sinh', 'Tan'],
    ...['Ceil', 'Floor', 'Round', 'Sign', 'IsFinite', 'IsInf', 'IsNan', 'LogicalNot'],
  ];
  return Object.fromEntries([
    ...unary.map((name): [string, KernelFunc] => [name, unaryKernel(host, name)]),
    ...['Atan2', 'BitwiseAnd', 'FloorDiv', 'Mod'].map((name): [string, KernelFunc] => [name, binaryKernel(host, name)]),
  ]);
}
