type Ablation = 'main' | 'reset' | 'line-search' | 'study-on-c' | 'preconditioned' | 'memory-rate';

/**
 * The comparisons of PoNoS's experiments (arXiv 2306.12747, section 5), as lists of methods, and one of our own:
 * `memory-rate`, the relaxed memory rate rho of @overparam/polyak-nonmonotone.
 */
export const ablations: Readonly<Record<Ablation, readonly string[]>> = {
  main: ['ponos', 'sls', 'sps', 'adam', 'sgd'],
  reset: ['ponos', 'ponos-reset0', 'zhang-reset2', 'zhang-reset3', 'zhang-reset4', 'zhang-every2'],
  'line-search': ['monotone-polyak', 'ponos-reset0', 'cross-batch-grippo', 'single-batch-grippo'],
  'study-on-c': ['ponos-reset0:c=0.5', 'ponos-reset0:c=0.1', 'monotone-polyak:c=0.5', 'monotone-polyak:c=0.1'],
  preconditioned: ['ponos-prec', 'sls-prec', 'sps-prec', 'adam'],
  'memory-rate': ['ponos:rho=1', 'ponos:rho=0.5', 'ponos:rho=0.25', 'ponos:rho=0.1', 'ponos:rho=0.05'],
};
