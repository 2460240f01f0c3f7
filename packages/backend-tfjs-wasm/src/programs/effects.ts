/** What JavaScript does besides running kernels, and what it reads, while a program is recorded. */
export interface Surroundings {
  /** Done once in each run, such as counting iterations. */
  readonly effects: (() => void)[];
  /** What must be equal to what it was, or the program does not apply. */
  readonly dependencies: { readonly read: () => unknown; readonly value: unknown }[];
}

let surroundings: Surroundings | undefined;

/** Whether a program is being recorded. */
export const isRecording = (): boolean => surroundings !== undefined;

/** Does `act` now, and in every run of the program that is being recorded, if there is one. */
export function effect(act: () => void): void {
  act();
  surroundings?.effects.push(act);
}

/** The program that is being recorded, if there is one, applies as long as `read()` is what it is now. */
export function dependOn(read: () => unknown): void {
  surroundings?.dependencies.push({ read, value: read() });
}

/** Puts effects and dependencies into `next` from now on, or nowhere. */
export const collect = (next: Surroundings | undefined): void => void (surroundings = next);
