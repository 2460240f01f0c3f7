import type { Fields, Settings } from './settings.ts';

/** One run from some settings. */
export interface Run {
  /** One step, whole or not at all; false when there is nothing left to do. */
  step(): Promise<boolean>;
  /** Shows what there is now; between steps, and never during one. */
  draw(): void | Promise<void>;
  /** One line on where it stands. */
  status(): string;
  /** Lets everything go, in the middle of a step too. */
  close(): void;
}

/** One system of the project, to play with. */
export interface Room<F extends Fields = Fields> {
  readonly title: string;
  /** What one sees and may try: paragraphs. */
  readonly about: readonly string[];
  readonly fields: F;
  /** Fills its part of the page, before anything runs. */
  furnish(place: HTMLElement, page: Page<F>): Furnished<F>;
}

/** What a room may do to the page around it. */
export interface Page<F extends Fields> {
  /** Changes settings, as by the form; begins anew unless the room goes on with them by itself. */
  set(changes: Partial<Settings<F>>, keepRunning?: boolean): void;
}

export interface Furnished<F extends Fields> {
  /** @param signal aborts while it begins, and during any step */
  begin(settings: Settings<F>, signal: AbortSignal): Promise<Run>;
  /** Shows the state before a run. */
  clear(settings: Settings<F>): void;
  /** The page goes to another room. */
  leave?(): void;
}
