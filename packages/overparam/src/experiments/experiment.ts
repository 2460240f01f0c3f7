import type { Task } from '../training/task.ts';

/** A problem with the settings that it is known by. */
export interface Experiment {
  readonly name: string;
  readonly title: string;
  /** Whose experiment it is. */
  readonly source: string;
  /** What data it takes, and where they come from. */
  readonly data: string;
  /** How long it takes with its defaults, on two cores. */
  readonly takes: string;
  readonly defaults: {
    readonly model: string;
    readonly batch: number;
    readonly epochs: number;
    readonly methods: readonly string[];
  };
  /** Which models suit its inputs: those that take vectors when absent, or sequences of tokens. */
  readonly models?: 'recurrent';
  /** Of the methods that have one, where none is given. */
  readonly learningRates: Readonly<Record<string, number>>;
  readonly longestStep?: number;
  /** Named lists of methods. */
  readonly ablations: Readonly<Record<string, readonly string[]>>;
  /**
   * @param data a file or folder of the user's; undefined: what the package brings along
   * @throws OverparamError `DATA_MISSING`, `DATA_FOREIGN`, or what the reader says
   */
  load(data: string | undefined): Promise<Task>;
}
