import { cpus } from 'node:os';

/** The machine, by the model of its processor alone, and the runtime. */
export const machine = (): string => `${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`;
