import { testLineSearchRule } from '@overparam/conformance';
import {
  armijo,
  backtracking,
  decsps,
  finite,
  goldstein,
  grid,
  grippo,
  grippoPerSample,
  lipschitz,
  monotone,
  strongWolfe,
  wolfe,
  zhangHager,
} from '@overparam/line-search';
import { describe, it } from 'vitest';

const runner = { describe, it };

const condition = armijo({ c: 0.5 });
testLineSearchRule(
  { search: backtracking({ accept: condition, delta: 0.5, maxTrials: 60 }) },
  { runner, name: 'backtracking, armijo', claims: { maxTrials: 60, accepts: condition } },
);
testLineSearchRule({ search: backtracking({ accept: finite(armijo()) }) }, { runner, name: 'backtracking, finite' });
testLineSearchRule(
  { search: backtracking({ accept: lipschitz() }) },
  { runner, name: 'backtracking, lipschitz', claims: { trial: 'gradient', accepts: lipschitz() } },
);
testLineSearchRule({ search: goldstein() }, { runner, name: 'goldstein' });
testLineSearchRule({ search: grid() }, { runner, name: 'grid', claims: { maxTrials: 31 } });
testLineSearchRule(
  { search: strongWolfe() },
  { runner, name: 'strongWolfe', claims: { trial: 'gradient', maxTrials: 60, accepts: wolfe() } },
);

testLineSearchRule({ reference: monotone }, { runner, name: 'monotone' });
testLineSearchRule({ reference: zhangHager() }, { runner, name: 'zhangHager' });
testLineSearchRule({ reference: zhangHager({ xi: 0.5, recursion: 'paper' }) }, { runner, name: 'zhangHager, paper' });
testLineSearchRule({ reference: grippo({ window: 3 }) }, { runner, name: 'grippo' });
const perSample = grippoPerSample({ window: 2, batchesPerEpoch: 3 });
testLineSearchRule({ reference: perSample }, { runner, name: 'grippoPerSample' });
testLineSearchRule({ stepSize: decsps() }, { runner, name: 'decsps' });
