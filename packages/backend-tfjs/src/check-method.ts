import { badOption, checkNeeds, OverparamError, type Housekeeping, type Method } from '@overparam/core';

/** @throws OverparamError `BAD_OPTION` for what is no method: the function that makes one, the name of one, nothing */
export function checkMethod(method: unknown): void {
  const { needs, init, step } = (method ?? {}) as Partial<Method<unknown, unknown>>;
  if (Array.isArray(needs) && typeof init === 'function' && typeof step === 'function') return;
  if (typeof method === 'function')
    throw badOption(
      'method',
      `the function ${method.name || 'without a name'}`,
      `a method: call it, as ${method.name || 'ponos'}()`,
    );
  throw badOption(
    'method',
    typeof method === 'object' && method !== null ? 'an object without needs, init and step' : method,
    "a method, as ponos() of '@overparam/polyak-nonmonotone'",
  );
}

/**
 * Checks that an optimizer can answer what the method asks.
 * @throws OverparamError `MISSING_QUESTION`, which names `fit` for a method that asks about outputs
 */
export function checkQuestions<State, Report, Needs extends object>(
  method: Method<State, Report, Needs>,
  questions: Needs & Housekeeping,
): void {
  const missing = method.needs.filter((question) => typeof questions[question] !== 'function');
  if (!missing.some((question) => aboutOutputs.has(question))) return checkNeeds(method, questions);
  throw new OverparamError(
    'MISSING_QUESTION',
    `The method '${method.name}' asks about a model's outputs (${missing.join(', ')}), and an optimizer knows the loss alone: ` +
      `train with fit(method, { model, loss, x, y, epochs }) of this package, or with minimize(method, compositeOracle({ outputs, loss })).`,
  );
}

const aboutOutputs = new Set<string>([
  'outputs',
  'loss',
  'lossGradient',
  'lossHessianFactor',
  'kernel',
  'kernelProduct',
  'pullback',
  'probeOutputs',
  'displacementProduct',
  'jacobian',
  'direct',
  'sizes',
  'largestSquaredColumn',
]);
