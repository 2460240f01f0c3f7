import { adamRates } from './rates.ts';
import type { Record } from './train.ts';

const [WIDTH, HEIGHT, MARGIN] = [230, 190, 42];

/**
 * The final train loss against the learning rate, a panel for each task: Adam's curve, and `ponosAdam`, which has no rate,
 * as level lines. Logarithmic on both axes; plain attributes, so that every viewer draws it alike.
 */
export function figureOf(
  tasks: readonly (readonly [name: string, records: readonly Record[]])[],
  seed: number,
): string {
  const panels = tasks.map(([name, records], i) => panel(name, records.filter((record) => record.seed === seed), i * WIDTH)); // prettier-ignore
  const width = WIDTH * tasks.length;
  const legend = [
    ['Adam, constant rate', '#4269d0', ''],
    ['ponosAdam, with a known end', '#ff725c', ''],
    ['ponosAdam without, averaged', '#ff725c', ' stroke-dasharray="4 3"'],
  ].map(
    ([text, color, dash], i) =>
      `<path d="M${20 + i * 210},14h24" stroke="${color}" stroke-width="2"${dash}/><text x="${50 + i * 210}" y="18">${text}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT + 30}" viewBox="0 0 ${width} ${HEIGHT + 30}" font-family="sans-serif" font-size="11" fill="#444">
<rect width="${width}" height="${HEIGHT + 30}" fill="#fff"/>
<g fill="none">${legend.join('').replaceAll('<text', '<text fill="#444"')}</g>
${panels.join('\n')}
</svg>
`;
}

function panel(name: string, records: readonly Record[], left: number): string {
  const lossOf = (contestant: string, of: 'last' | 'averaged' = 'last'): number | undefined =>
    records.find((record) => record.contestant === contestant)?.[of]?.train;
  const curve = adamRates.flatMap((rate) => {
    const loss = lossOf(`adam ${rate}`);
    return loss === undefined ? [] : [[rate, loss] as const];
  });
  const levels = [lossOf('ponosAdam'), lossOf('ponosAdam unbounded', 'averaged')];
  const all = [...curve.map(([, loss]) => loss), ...levels.filter((level) => level !== undefined)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const [least, most] = [Math.log10(adamRates[0]!), Math.log10(adamRates.at(-1)!)];
  const x = (rate: number): string =>
    (left + MARGIN + ((WIDTH - MARGIN - 14) * (Math.log10(rate) - least)) / (most - least)).toFixed(1);
  const y = (loss: number): string => {
    const up = Math.log(loss / low) / (Math.log(high / low) || 1);
    return (30 + HEIGHT - MARGIN - (HEIGHT - MARGIN - 26) * up).toFixed(1);
  };
  const [from, to] = [x(adamRates[0]!), x(adamRates.at(-1)!)];
  const ticks = [low, Math.sqrt(low * high), high].map(
    (loss) =>
      `<path d="M${from},${y(loss)}H${to}" stroke="#ddd"/><text x="${Number(from) - 4}" y="${Number(y(loss)) + 4}" text-anchor="end">${short(loss)}</text>`,
  );
  const bottom = 30 + HEIGHT - MARGIN + 16;
  const rates = [1e-3, 1e-2, 1e-1].map(
    (rate) => `<text x="${x(rate)}" y="${bottom}" text-anchor="middle">${rate}</text>`,
  );
  const line = `<path d="M${curve.map(([rate, loss]) => `${x(rate)},${y(loss)}`).join('L')}" fill="none" stroke="#4269d0" stroke-width="2"/>`;
  const points = curve.map(([rate, loss]) => `<circle cx="${x(rate)}" cy="${y(loss)}" r="2.5" fill="#4269d0"/>`);
  const level = levels.map((loss, i) =>
    loss === undefined
      ? ''
      : `<path d="M${from},${y(loss)}H${to}" stroke="#ff725c" stroke-width="2"${i ? ' stroke-dasharray="4 3"' : ''}/>`,
  );
  return `<g>${ticks.join('')}${rates.join('')}${line}${points.join('')}${level.join('')}<text x="${left + WIDTH / 2 + 14}" y="42" text-anchor="middle" font-weight="bold">${name}</text><text x="${left + WIDTH / 2 + 14}" y="${bottom + 15}" text-anchor="middle">learning rate</text></g>`;
}

const short = (value: number): string =>
  value >= 1e4 || value < 1e-2 ? value.toExponential(1).replace('e+', 'e') : String(Number(value.toPrecision(2)));
