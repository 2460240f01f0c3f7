export { maxThreads } from './control.ts';
export { countThreads, environmentThreads, isThreadCount, type ThreadCount } from './count.ts';
export { createPool, inTurn, type Job, type Pool, type PoolOptions } from './pool.ts';
export { noSharedMemory, withSharedMemory } from './shared-memory.ts';
export { type Events, type Spawn, type Thread } from './spawn.ts';
export { type Compute, createTeam, type Team } from './team.ts';
export { type WorkerData } from './worker.ts';
