import type { Fields, Settings } from './settings.ts';

/** One run from some settings. */
export interface Run {
  /** One step, whole or not at all; false when there is nothing left to do. */
  step(): Promise<boolean>;
  /** Draws the current state. Called between steps only. */
  draw(): void | Promise<void>;
  /** One line about its progress. */
  status(): string;
  /** Frees everything, even in the middle of a step. */
  close(): void;
}

/** One system of the project, to play with. */
export interface Room<F extends Fields = Fields> {
  readonly title: string;
  /** Paragraphs: what to see and to try. */
  readonly about: readonly string[];
  readonly fields: F;
  /** Builds its part of the page, before anything runs. */
  furnish(place: HTMLElement, page: Page<F>): Furnished<F>;
}

/** What a room may do to the page around it. */
export interface Page<F extends Fields> {
  /** Changes settings, as by the form; restarts the run unless the room handles the change itself. */
  set(changes: Partial<Settings<F>>, keepRunning?: boolean): void;
}

export interface Furnished<F extends Fields> {
  /** @param signal aborts the start, or any step */
  begin(settings: Settings<F>, signal: AbortSignal): Promise<Run>;
  /** Shows the state before a run. */
  clear(settings: Settings<F>): void;
  /** Called when the page leaves this room. */
  leave?(): void;
}
