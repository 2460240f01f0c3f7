import { armijo, backtracking, search, strongWolfe } from '@overparam/line-search';

// f along a ray: step to value, or to value and slope.
const phi = (step: number) => Math.cosh(step - 2);
const phiAndSlope = (step: number) => ({ value: Math.cosh(step - 2), slope: Math.sinh(step - 2) });

const halved = search(phi, backtracking({ accept: armijo({ c: 0.1 }) }), { initial: 16, ...phiAndSlope(0) });
console.log(halved.step, halved.backtracks); // 2 3

const exact = search(phiAndSlope, strongWolfe({ c2: 1e-3 }), { initial: 16, ...phiAndSlope(0) });
console.log(exact.step.toFixed(2), exact.accepted); // 2.00 true
