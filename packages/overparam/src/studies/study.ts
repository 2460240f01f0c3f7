import type { PlotOptions } from '@observablehq/plot';
import type { Numbers } from '../figures/index.ts';

/** An option of a study's own: its default stands in the help. */
export interface StudyOption {
  /** As commander takes it: `--tau0 <list>`. */
  readonly flags: string;
  readonly about: string;
  readonly default: string;
}

/** A part of a study that is computed, saved and reported on its own. */
export interface Piece {
  /** Unlike that of any other piece. */
  readonly label: string;
}

/** How far a piece is. */
export interface StudyProgress {
  /** From 0 to 1. */
  readonly done: number;
  readonly text: string;
  /** Plain data, from which `work` continues to the same result; absent: the piece starts again. */
  readonly snapshot?: () => unknown;
}

export interface Working {
  /** What `snapshot` gave, after an interrupt. */
  readonly from: unknown;
  /** To be awaited between steps. Returns false to stop: the snapshot is safe. */
  progress(progress: StudyProgress): Promise<boolean>;
}

/** What came of a piece. */
export interface Outcome<P, R> {
  readonly piece: P;
  readonly result: R;
  /** Of computing, over all sessions. */
  readonly seconds: number;
}

export interface StudyTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
}

export interface StudyFigure {
  /** For file names and links. */
  readonly name: string;
  readonly title: string;
  readonly note?: string;
  /** One line of text for each curve, in the order of their colours. */
  readonly legend?: readonly string[];
  /** A drawing, or a film of several of the same frame. */
  readonly plots: PlotOptions | readonly PlotOptions[];
  readonly numbers: Numbers;
}

/** What a study shows in the end. */
export interface Findings {
  /** Sentences: the setting, and what came out. */
  readonly text: readonly string[];
  readonly tables: readonly StudyTable[];
  /** The first two make the picture. */
  readonly figures: readonly StudyFigure[];
}

/** An experiment: pieces of work, with numbers, tables and figures. */
export interface Study<Settings extends object = object, P extends Piece = Piece, R = unknown> {
  readonly name: string;
  readonly title: string;
  /** Whose experiment it is. */
  readonly source: string;
  /** What data it takes, and where they come from. */
  readonly data: string;
  /** How long it takes with its defaults, on two cores. */
  readonly takes: string;
  readonly options: readonly StudyOption[];
  /**
   * @param given the options as text, by name, defaults included, and `data` where it was given
   * @throws OverparamError `BAD_OPTION`
   */
  settings(given: Readonly<Record<string, string | undefined>>): Settings | Promise<Settings>;
  pieces(settings: Settings): readonly P[];
  /**
   * @returns plain data; undefined where `progress` returned false
   * @throws OverparamError
   */
  work(piece: P, settings: Settings, working: Working): Promise<R | undefined>;
  findings(outcomes: readonly Outcome<P, R>[], settings: Settings): Findings;
  /** The numbers by which a sweep compares pieces, of one run each; a study without them is in no sweep. Not finite: null. */
  measures?(result: R): Readonly<Record<string, number | null>>;
}

/** The names of a study's options: as the command line has them, and as `settings` takes them. */
export const optionNames = ({
  options,
}: Pick<Study, 'options'>): readonly { readonly long: string; readonly key: string }[] =>
  options.map(({ flags }) => {
    const long = /--([\w-]+)/.exec(flags)![1]!;
    return { long, key: long.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) };
  });
