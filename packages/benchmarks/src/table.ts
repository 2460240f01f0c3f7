export type Row = Readonly<Record<string, string | number>>;

/** Rows as a Markdown table, numbers with three digits. */
export function table(rows: readonly Row[]): string {
  const head = Object.keys(rows[0] ?? {});
  const shown = (cell: string | number | undefined): string =>
    typeof cell === 'number' ? String(Number(cell.toPrecision(3))) : (cell ?? '');
  const lines = [head, head.map(() => '---'), ...rows.map((row) => head.map((key) => shown(row[key])))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
