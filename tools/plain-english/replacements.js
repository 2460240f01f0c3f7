/**
 * What comments, docstrings, error messages and documents say otherwise: [what to avoid, what to write].
 * docs/style.md shows them as a table, and a test keeps the two alike.
 * @type {readonly (readonly [name: string, found: RegExp, instead: string])[]}
 */
export const replacements = [
  ['told, tells', /\b(?:fore)?(?:told|tells?)\b/, 'returns, reports, shows, says; given, passed; predicted'],
  ['foresee, foreseen', /\bforese(?:e|en)\b/, 'predict'],
  ['goes on, go on, going on', /\b(?:go(?:es|ing)?|went|gone) on\b/, 'continues, continue; resumes'],
  ['so many', /\bso (?:many|much)\b(?! (?:that|as|for)\b)/, 'n; this number of'],
  ['so long as', /\bso long as\b/, 'while, if'],
  ['in the place of', /\bin the places? of\b/, 'instead of'],
  ['at hand', /\bat hand\b/, 'available, given'],
  ['comes along', /\bcom(?:e|es|ing) along\b/, 'is included, is bundled'],
  ['apart from', /\bapart from\b/, 'except for'],
  ['apart', /\bapart\b(?! from\b)/, 'separate, separately'],
  ['one a step, numbers a row', /\b(?:one|once|two|numbers?|entry|entries|time|times) an? (?:sample|step|batch|parameter|thread|core|layer|row|column|module|class|point|epoch|method|run|job|file|line|unit|variable)\b/, 'one per step, numbers per row'], // prettier-ignore
  ['is no ...', /(?<!\bthere )\b(?:is|are|was|were) no (?!longer|more|less|fewer|one\b|such|other|need|effect|way|use\b|room|matter|different|risk)\w+(?! (?:to|in|for|of|that|which|with|without|there|left)\b)/, 'is not a ...'], // prettier-ignore
  ['anew', /\banew\b/, 'again'],
  ['beforehand', /\bbeforehand\b/, 'before, in advance'],
  [
    'whither, whence, thereof, therein, thereby',
    /\b(?:whither|whence|thereof|therein|thereby|therefrom)\b/,
    'where, from which, of it, in it, so',
  ],
];
