/** Where effects of JavaScript are put down while a program is recorded. */
let effects: (() => void)[] | undefined;

/** Does `act` now, and in every run of the program that is being recorded, if there is one. */
export function effect(act: () => void): void {
  act();
  effects?.push(act);
}

/** Whether a program is being recorded. */
export const isRecording = (): boolean => effects !== undefined;

/** Runs `run`, and puts its effects into `into`. */
export function collectEffects<T>(into: (() => void)[], run: () => T): T {
  const outer = effects;
  effects = into;
  try {
    return run();
  } finally {
    effects = outer;
  }
}
