/** y ~ f(b; x), with the derivatives of f in b. */
export interface NistModel {
  /** As NIST writes it. */
  readonly formula: string;
  /** f(b; x), for x of one number a predictor. */
  value(b: ArrayLike<number>, x: readonly number[]): number;
  /** df / db */
  gradient(b: ArrayLike<number>, x: readonly number[]): number[];
}

type Of<T> = (b: readonly number[], x: number) => T;

/** A model of one predictor. */
const model = (formula: string, value: Of<number>, gradient: Of<number[]>): NistModel => ({
  formula,
  value: (b, [x]) => value(Array.from(b), x!),
  gradient: (b, [x]) => gradient(Array.from(b), x!),
});

const { atan, cos, exp, log, PI: pi, sin } = Math;

const saturation = model(
  'b1*(1-exp[-b2*x])',
  ([b1, b2], x) => -b1! * Math.expm1(-b2! * x),
  ([b1, b2], x) => [-Math.expm1(-b2! * x), b1! * x * exp(-b2! * x)],
);

const ultrasonic = model(
  'exp(-b1*x)/(b2+b3*x)',
  ([b1, b2, b3], x) => exp(-b1! * x) / (b2! + b3! * x),
  ([b1, b2, b3], x) => {
    const q = b2! + b3! * x;
    const f = exp(-b1! * x) / q;
    return [-x * f, -f / q, (-x * f) / q];
  },
);

const gaussians = model(
  'b1*exp(-b2*x) + b3*exp(-(x-b4)**2/b5**2) + b6*exp(-(x-b7)**2/b8**2)',
  ([b1, b2, b3, b4, b5, b6, b7, b8], x) =>
    b1! * exp(-b2! * x) + b3! * exp(-(((x - b4!) / b5!) ** 2)) + b6! * exp(-(((x - b7!) / b8!) ** 2)),
  ([b1, b2, b3, b4, b5, b6, b7, b8], x) => {
    const decay = exp(-b2! * x);
    const peak = (height: number, centre: number, width: number): number[] => {
      const t = (x - centre) / width;
      const e = exp(-(t ** 2));
      return [e, (2 * height * t * e) / width, (2 * height * t ** 2 * e) / width];
    };
    return [decay, -b1! * x * decay, ...peak(b3!, b4!, b5!), ...peak(b6!, b7!, b8!)];
  },
);

/** (b_1 + ... + b_{n+1} x^n) / (1 + b_{n+2} x + ... + b_{2n+1} x^n) */
function rational(formula: string, n: number): NistModel {
  const parts = (b: readonly number[], x: number): readonly [number, number] => {
    let [p, q] = [b[n]!, b[2 * n]!];
    for (let k = n - 1; k >= 0; k--) [p, q] = [p * x + b[k]!, q * x + (k === 0 ? 1 : b[n + k]!)];
    return [p, q];
  };
  return model(
    formula,
    (b, x) => {
      const [p, q] = parts(b, x);
      return p / q;
    },
    (b, x) => {
      const [p, q] = parts(b, x);
      const powers = Array.from({ length: n + 1 }, (_, k) => x ** k / q);
      return [...powers, ...powers.slice(1).map((power) => (-power * p) / q)];
    },
  );
}

const cubics = rational('(b1+b2*x+b3*x**2+b4*x**3) / (1+b5*x+b6*x**2+b7*x**3)', 3);

const decays = model(
  'b1*exp(-b2*x) + b3*exp(-b4*x) + b5*exp(-b6*x)',
  ([b1, b2, b3, b4, b5, b6], x) => b1! * exp(-b2! * x) + b3! * exp(-b4! * x) + b5! * exp(-b6! * x),
  ([b1, b2, b3, b4, b5, b6], x) =>
    [
      [b1!, b2!],
      [b3!, b4!],
      [b5!, b6!],
    ].flatMap(([height, rate]) => [exp(-rate! * x), -height! * x * exp(-rate! * x)]),
);

/** The models of the 27 data sets, by name. */
export const models: Readonly<Record<string, NistModel>> = {
  Bennett5: model(
    'b1 * (b2+x)**(-1/b3)',
    ([b1, b2, b3], x) => b1! * (b2! + x) ** (-1 / b3!),
    ([b1, b2, b3], x) => {
      const power = (b2! + x) ** (-1 / b3!);
      return [power, (-b1! * power) / (b3! * (b2! + x)), (b1! * power * log(b2! + x)) / b3! ** 2];
    },
  ),
  BoxBOD: saturation,
  Chwirut1: ultrasonic,
  Chwirut2: ultrasonic,
  DanWood: model(
    'b1*x**b2',
    ([b1, b2], x) => b1! * x ** b2!,
    ([b1, b2], x) => [x ** b2!, b1! * x ** b2! * log(x)],
  ),
  ENSO: model(
    'b1 + b2*cos(2*pi*x/12) + b3*sin(2*pi*x/12) + b5*cos(2*pi*x/b4) + b6*sin(2*pi*x/b4) + b8*cos(2*pi*x/b7) + b9*sin(2*pi*x/b7)',
    ([b1, b2, b3, b4, b5, b6, b7, b8, b9], x) => {
      const t = 2 * pi * x;
      const year = b1! + b2! * cos(t / 12) + b3! * sin(t / 12);
      return year + b5! * cos(t / b4!) + b6! * sin(t / b4!) + b8! * cos(t / b7!) + b9! * sin(t / b7!);
    },
    ([, , , b4, b5, b6, b7, b8, b9], x) => {
      const t = 2 * pi * x;
      const cycle = (period: number, a: number, b: number): number[] => {
        const [c, s] = [cos(t / period), sin(t / period)];
        return [(t / period ** 2) * (a * s - b * c), c, s];
      };
      return [1, cos(t / 12), sin(t / 12), ...cycle(b4!, b5!, b6!), ...cycle(b7!, b8!, b9!)];
    },
  ),
  Eckerle4: model(
    '(b1/b2) * exp[-0.5*((x-b3)/b2)**2]',
    ([b1, b2, b3], x) => (b1! / b2!) * exp(-0.5 * ((x - b3!) / b2!) ** 2),
    ([b1, b2, b3], x) => {
      const t = (x - b3!) / b2!;
      const f = exp(-0.5 * t ** 2) / b2!;
      return [f, (b1! * f * (t ** 2 - 1)) / b2!, (b1! * f * t) / b2!];
    },
  ),
  Gauss1: gaussians,
  Gauss2: gaussians,
  Gauss3: gaussians,
  Hahn1: cubics,
  Kirby2: rational('(b1+b2*x+b3*x**2) / (1+b4*x+b5*x**2)', 2),
  Lanczos1: decays,
  Lanczos2: decays,
  Lanczos3: decays,
  MGH09: model(
    'b1*(x**2+x*b2) / (x**2+x*b3+b4)',
    ([b1, b2, b3, b4], x) => (b1! * (x ** 2 + x * b2!)) / (x ** 2 + x * b3! + b4!),
    ([b1, b2, b3, b4], x) => {
      const [p, q] = [x ** 2 + x * b2!, x ** 2 + x * b3! + b4!];
      return [p / q, (b1! * x) / q, (-b1! * p * x) / q ** 2, (-b1! * p) / q ** 2];
    },
  ),
  MGH10: model(
    'b1 * exp[b2/(x+b3)]',
    ([b1, b2, b3], x) => b1! * exp(b2! / (x + b3!)),
    ([b1, b2, b3], x) => {
      const e = exp(b2! / (x + b3!));
      return [e, (b1! * e) / (x + b3!), (-b1! * b2! * e) / (x + b3!) ** 2];
    },
  ),
  MGH17: model(
    'b1 + b2*exp[-x*b4] + b3*exp[-x*b5]',
    ([b1, b2, b3, b4, b5], x) => b1! + b2! * exp(-x * b4!) + b3! * exp(-x * b5!),
    ([, b2, b3, b4, b5], x) => {
      const [e4, e5] = [exp(-x * b4!), exp(-x * b5!)];
      return [1, e4, e5, -b2! * x * e4, -b3! * x * e5];
    },
  ),
  Misra1a: saturation,
  Misra1b: model(
    'b1 * (1-(1+b2*x/2)**(-2))',
    ([b1, b2], x) => b1! * (1 - (1 + (b2! * x) / 2) ** -2),
    ([b1, b2], x) => {
      const q = 1 + (b2! * x) / 2;
      return [1 - q ** -2, b1! * x * q ** -3];
    },
  ),
  Misra1c: model(
    'b1 * (1-(1+2*b2*x)**(-.5))',
    ([b1, b2], x) => b1! * (1 - (1 + 2 * b2! * x) ** -0.5),
    ([b1, b2], x) => {
      const q = 1 + 2 * b2! * x;
      return [1 - q ** -0.5, b1! * x * q ** -1.5];
    },
  ),
  Misra1d: model(
    'b1*b2*x*((1+b2*x)**(-1))',
    ([b1, b2], x) => (b1! * b2! * x) / (1 + b2! * x),
    ([b1, b2], x) => {
      const q = 1 + b2! * x;
      return [(b2! * x) / q, (b1! * x) / q ** 2];
    },
  ),
  Nelson: {
    formula: 'log[y] = b1 - b2*x1 * exp[-b3*x2]',
    value: (b, [x1, x2]) => b[0]! - b[1]! * x1! * exp(-b[2]! * x2!),
    gradient(b, [x1, x2]) {
      const e = x1! * exp(-b[2]! * x2!);
      return [1, -e, b[1]! * x2! * e];
    },
  },
  Rat42: model(
    'b1 / (1+exp[b2-b3*x])',
    ([b1, b2, b3], x) => b1! / (1 + exp(b2! - b3! * x)),
    ([b1, b2, b3], x) => {
      const e = exp(b2! - b3! * x);
      const f = 1 / (1 + e);
      return [f, -b1! * e * f ** 2, b1! * x * e * f ** 2];
    },
  ),
  Rat43: model(
    'b1 / ((1+exp[b2-b3*x])**(1/b4))',
    ([b1, b2, b3, b4], x) => b1! * (1 + exp(b2! - b3! * x)) ** (-1 / b4!),
    ([b1, b2, b3, b4], x) => {
      const e = exp(b2! - b3! * x);
      const q = 1 + e;
      const f = q ** (-1 / b4!);
      const slope = (b1! * f * e) / (q * b4!);
      return [f, -slope, x * slope, (b1! * f * log(q)) / b4! ** 2];
    },
  ),
  Roszman1: model(
    'b1 - b2*x - arctan[b3/(x-b4)]/pi',
    ([b1, b2, b3, b4], x) => b1! - b2! * x - atan(b3! / (x - b4!)) / pi,
    ([, , b3, b4], x) => {
      const t = x - b4!;
      const q = pi * (t ** 2 + b3! ** 2);
      return [1, -x, -t / q, -b3! / q];
    },
  ),
  Thurber: cubics,
};
