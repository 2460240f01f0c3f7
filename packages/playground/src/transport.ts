import type { Run } from './room.ts';

export type Position = 'ready' | 'beginning' | 'running' | 'paused' | 'finished' | 'failed';

export interface TransportOptions {
  begin(signal: AbortSignal): Promise<Run>;
  changed(position: Position, status: string): void;
  failed(error: unknown): void;
  /** Milliseconds between two drawings of a run; 120 when absent. */
  readonly every?: number;
  now?(): number;
}

/** Start, pause, step and reset; one run at a time. */
export interface Transport {
  start(): Promise<void>;
  /** Finishes the current step and takes no further one. */
  pause(): void;
  /** Takes one step; starts a run if there is none. */
  step(): Promise<void>;
  /** Ends the run, even in the middle of a step. */
  reset(): void;
  /** Whether it runs, or is about to. */
  readonly going: boolean;
}

export function transport({ begin, changed, failed, every = 120, now = Date.now }: TransportOptions): Transport {
  let life = new AbortController();
  let run: Run | undefined;
  let going = false;
  /** The current work: one item at a time. */
  let work: Promise<void> | undefined;

  /** Takes steps until `enough` returns true. */
  const advance = async (once: boolean): Promise<void> => {
    const { signal } = life;
    try {
      if (!run) {
        changed('beginning', '');
        const begun = await begin(signal);
        if (signal.aborted) return begun.close();
        run = begun;
      }
      if (going) changed('running', run.status());
      let drawn = -Infinity;
      let more = true;
      while (more && (going || once)) {
        once = false;
        more = await run.step();
        if (signal.aborted) return;
        if (more && going && now() - drawn < every) continue;
        await run.draw();
        if (signal.aborted) return;
        drawn = now();
        if (going) changed('running', run.status());
      }
      going = false;
      changed(more ? 'paused' : 'finished', run.status());
    } catch (error) {
      if (signal.aborted) return;
      going = false;
      changed('failed', run?.status() ?? '');
      failed(error);
    }
  };
  const doing = async (once: boolean): Promise<void> => {
    if (work) return work;
    const mine = (work = advance(once));
    await mine;
    if (work === mine) work = undefined;
  };
  return {
    get going() {
      return going;
    },
    async start() {
      going = true;
      await doing(false);
    },
    pause() {
      going = false;
    },
    step: () => doing(true),
    reset() {
      life.abort();
      life = new AbortController();
      going = false;
      work = undefined;
      run?.close();
      run = undefined;
      changed('ready', '');
    },
  };
}
