import type { Housekeeping, LinearizeRequest, Matrix, ModularOracle } from '@overparam/core';

/** lambda_max of each module at each selection; the last one holds on. */
export type Script = Readonly<Record<string, readonly number[]>>;

/** A scripted oracle: module l has the kernel diag(lambda, 0), and every module weighs 1 in f. */
export interface Scripted extends ModularOracle, Housekeeping {
  readonly linearized: (readonly string[] | undefined)[];
  readonly requests: (LinearizeRequest | undefined)[];
  modules(): readonly string[];
  names: readonly string[];
}

export function scripted(script: Script): Scripted {
  let selection = -1;
  const linearized: (readonly string[] | undefined)[] = [];
  const requests: (LinearizeRequest | undefined)[] = [];
  return {
    name: 'scripted',
    names: Object.keys(script),
    linearized,
    requests,
    modules() {
      return this.names;
    },
    moduleKernels({ modules = [] } = {}): Matrix[] {
      selection++;
      return modules.map((module) => {
        const lambdas = script[module]!;
        const lambda = lambdas[Math.min(selection, lambdas.length - 1)]!;
        return { rows: 2, columns: 2, data: Float64Array.of(lambda, 0, 0, 0) };
      });
    },
    linearize(request?: LinearizeRequest) {
      requests.push(request);
      linearized.push(request?.modules);
      return { value: 1, slope: -1, squaredGradientNorm: 1 };
    },
    probe: () => 0.5,
    move: () => undefined,
  };
}
