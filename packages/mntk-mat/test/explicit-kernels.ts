import type { Answer, Matrix, ModularOracle, ModuleKernelsRequest } from '@overparam/core';
import type { Float64CompositeOracle } from '@overparam/backend-float64';
import { gram, matrix } from '@overparam/linear-algebra';

/** `moduleKernels` by explicit Jacobians: the rows of each sample, weighted by V and added, and their Gram matrix. */
export function explicitKernels(oracle: Float64CompositeOracle): Pick<ModularOracle, 'moduleKernels'> {
  return {
    moduleKernels({ modules = oracle.modules(), samples, along }: ModuleKernelsRequest = {}): Answer<Matrix[]> {
      const { samples: N, outputs: C } = oracle.dimensions();
      const V = along === 'loss' ? oracle.lossGradient() : along;
      const chosen = samples ?? Array.from({ length: N }, (_, n) => n);
      return modules.map((module) => {
        const J = oracle.jacobian({ modules: [module] });
        const P = J.columns;
        const each = chosen.flatMap((n) => {
          const rows = Array.from({ length: C }, (_, k) => J.data.subarray((n * C + k) * P, (n * C + k + 1) * P));
          if (!V) return rows;
          return [rows[0]!.map((_, p) => rows.reduce((sum, row, k) => sum + V.data[n * C + k]! * row[p]!, 0))];
        });
        return gram(matrix(each.length, P, Float64Array.from(each.flatMap((row) => [...row]))));
      });
    },
  };
}
