import { cpus } from 'node:os';

/** Where numbers were computed. */
export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
}

export const environment = (): Environment => ({
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores`,
});
