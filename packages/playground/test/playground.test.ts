import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { build, preview, type PreviewServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const axe = fileURLToPath(new URL('../../../node_modules/axe-core/axe.min.js', import.meta.url));
/** Where pictures for the README go, when they are asked for. */
const pictures = process.env['OVERPARAM_PICTURES'];
const browserPath = [
  process.env['OVERPARAM_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

/** A room, with settings that train in a moment, and the figure that has to change. */
const rooms = [
  ['classifier', 'hidden=16&batch=64&methods=ponos,sgd', 'loss'],
  ['gauss-newton', 'width=40&samples=20&lambda=2', 'losses'],
  ['heads', 'layers=1&heads=2&every=2', 'loss'],
  ['particles', 'particles=20', 'gap'],
] as const;

const patiently = { timeout: 60_000 };
const limit = 120_000;

describe.skipIf(!browserPath)(
  'the page (skipped where there is no Chromium; OVERPARAM_CHROMIUM names one)',
  { timeout: limit },
  () => {
    const outDir = mkdtempSync(join(tmpdir(), 'overparam-playground-'));
    let browser: Browser | undefined;
    let server: PreviewServer | undefined;
    let address: string;
    beforeAll(async () => {
      await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true, reportCompressedSize: false } });
      server = await preview({ root, logLevel: 'error', build: { outDir }, preview: { port: 0, host: '127.0.0.1' } });
      address = server.resolvedUrls!.local[0]!;
      browser = await chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox', '--disable-gpu'] });
    }, 300_000);
    afterAll(async () => {
      await browser?.close();
      await server?.close();
      rmSync(outDir, { recursive: true, force: true });
    });

    /** A page of its own, and all that goes wrong on it. */
    async function open(
      hash: string,
      options: BrowserContextOptions = {},
      prepare: (page: Page) => unknown = () => undefined,
    ): Promise<{ page: Page; problems: string[] }> {
      const page = await browser!.newPage({ viewport: { width: 1200, height: 900 }, ...options });
      const problems: string[] = [];
      page.on('console', (message) => ['error', 'warning'].includes(message.type()) && problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('request', (request) => {
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address)) problems.push(request.url());
      });
      await prepare(page);
      await page.goto(`${address}${hash}`);
      await position(page, 'ready');
      return { page, problems };
    }
    const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
    const position = async (page: Page, name: string): Promise<void> =>
      void (await page.locator(`#room[data-position=${name}]`).waitFor());
    const alert = async (page: Page): Promise<string | null> => page.locator('[role=alert]').textContent();
    const stepOf = async (page: Page): Promise<number> =>
      Number(/Step (\d+)/.exec((await page.getByRole('status').textContent()) ?? '')?.[1] ?? 0);
    const drawing = (page: Page, figure: string): Promise<string> => page.locator(`#${figure} svg`).first().innerHTML();
    const frames = (page: Page, count: number): Promise<void> =>
      page.evaluate(async (count) => {
        for (let k = 0; k < count; k++) await new Promise((frame) => requestAnimationFrame(frame));
      }, count);
    const violations = async (page: Page): Promise<unknown> => {
      await page.addScriptTag({ path: axe });
      return page.evaluate(async () => {
        const { violations } = await (
          globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          }
        ).axe.run();
        return violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
      });
    };
    const seed = (page: Page): ReturnType<Page['getByRole']> => page.getByRole('spinbutton', { name: 'Seed' });
    const narrow = async (page: Page): Promise<boolean> =>
      page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

    it('takes less than a megabyte, compressed, until a training begins', async () => {
      const sizes: Promise<number>[] = [];
      const { page, problems } = await open('', {}, (page) =>
        page.on('response', (response) => sizes.push(response.body().then((body) => gzipSync(body).length))),
      );
      const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
      expect(total).toBeGreaterThan(10_000);
      expect(total).toBeLessThan(1_000_000);
      expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await press(page, 'Copy link');
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(page.url());
      expect(problems).toEqual([]);
      await page.close();
    });

    it.each(rooms)('%s trains, pauses, steps, resets and is shared', async (room, settings, figure) => {
      const { page, problems } = await open(`#/${room}?${settings}`);
      const blank = await drawing(page, figure);
      await press(page, 'Start');
      await position(page, 'running');
      await expect.poll(() => stepOf(page), patiently).toBeGreaterThan(1);
      const early = await drawing(page, figure);
      expect(early).not.toBe(blank);
      await expect.poll(() => drawing(page, figure), patiently).not.toBe(early);
      await press(page, 'Pause');
      await position(page, 'paused');
      const [step, paused] = [await stepOf(page), await drawing(page, figure)];
      await frames(page, 20);
      expect([await stepOf(page), await drawing(page, figure)]).toEqual([step, paused]);
      await press(page, 'Step');
      await expect.poll(() => stepOf(page), patiently).toBe(step + 1);
      await position(page, 'paused');
      expect(await violations(page)).toEqual([]);

      await seed(page).fill('7');
      await seed(page).press('Enter');
      await position(page, 'ready');
      expect(await drawing(page, figure)).toBe(blank);
      expect(page.url()).toContain('seed=7');
      for (const setting of settings.split('&')) expect(decodeURIComponent(page.url())).toContain(setting);
      await page.reload();
      await position(page, 'ready');
      expect(await seed(page).inputValue()).toBe('7');
      expect(await alert(page)).toBe('');
      expect(problems).toEqual([]);
      await page.close();
    });

    it.each(rooms)('%s fits a phone, in the dark', async (room) => {
      const { page, problems } = await open(`#/${room}`, {
        viewport: { width: 360, height: 740 },
        colorScheme: 'dark',
      });
      expect(await narrow(page)).toBe(true);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe('rgb(20, 24, 29)');
      expect(problems).toEqual([]);
      await page.close();
    });

    it('particles: spikes are dragged, and moved by the keyboard, while the flow goes on', async () => {
      const { page, problems } = await open('#/particles?spikes=0:0.5+2:0.4');
      await press(page, 'Start');
      await expect.poll(() => stepOf(page), patiently).toBeGreaterThan(1);
      const spike = page.getByRole('slider', { name: 'Spike 1' });
      await spike.focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowDown');
      expect(decodeURIComponent(page.url())).toContain('spikes=0.05:0.45+2.00:0.40');
      const grip = await page.getByRole('slider', { name: 'Spike 2' }).locator('.grip').boundingBox();
      await page.mouse.move(grip!.x + grip!.width / 2, grip!.y + grip!.height / 2);
      await page.mouse.down();
      const ring = await page.locator('.ring').boundingBox();
      // A quarter of the way up from the middle to the edge, on the left: inside of the circle.
      await page.mouse.move(ring!.x + ring!.width / 2, ring!.y + 0.35 * ring!.height, { steps: 3 });
      await page.mouse.up();
      expect(decodeURIComponent(page.url())).toMatch(/spikes=0\.05:0\.45\+1\.5\d:-0\.4\d/);
      const before = await stepOf(page);
      await expect.poll(() => stepOf(page), patiently).toBeGreaterThan(before);
      expect(await page.locator('#room').getAttribute('data-position')).toBe('running');
      const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Gap as CSV')]);
      expect(download.suggestedFilename()).toBe('gap.csv');
      const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
      expect(lines[0]).toBe('"curve","step","J(μ) − min J is at most"');
      expect(lines[1]).toMatch(/^"gap",\d+,[\d.e-]+$/);
      expect(problems).toEqual([]);
      await page.close();
    });

    it('particles: the gap closes, and opens when a spike is moved', async () => {
      const { page } = await open('#/particles?pace=50&spikes=1:0.5');
      await press(page, 'Start');
      await page.getByRole('status').getByText(', closed').waitFor(patiently);
      const closed = await stepOf(page);
      await frames(page, 10);
      expect(await stepOf(page)).toBe(closed);
      await page.getByRole('slider', { name: 'Spike 1' }).press('ArrowRight');
      await expect.poll(() => stepOf(page), patiently).toBeGreaterThan(closed);
      await page.close();
    });

    it('shows what is wrong with an address, with a setting, and with a training', async () => {
      const { page } = await open('#/classifier?seed=-1');
      expect(await alert(page)).toBe('seed is "-1": it takes a whole number from 0 to 1000000. (BAD_OPTION)');
      await seed(page).fill('1.5');
      await seed(page).press('Enter');
      expect(await page.getByText('seed is "1.5": it takes a whole number').isVisible()).toBe(true);
      await page.context().route('**/*.wasm', (route) => route.fulfill({ status: 404 }));
      await press(page, 'Start');
      await position(page, 'failed');
      expect(await alert(page)).toContain('FILES_NOT_FOUND');
      await page.context().unroute('**/*.wasm');
      await press(page, 'Reset');
      await position(page, 'ready');
      expect(await alert(page)).toBe('');
      await page.close();
    });

    it.runIf(pictures)('has its picture taken', { timeout: 300_000 }, async () => {
      mkdirSync(pictures!, { recursive: true });
      for (const [room, steps] of [
        ['classifier', 150],
        ['gauss-newton', 40],
        ['heads', 200],
        ['particles', 250],
      ] as const) {
        const { page } = await open(`#/${room}`, {
          viewport: { width: 1000, height: 960 },
          colorScheme: room === 'particles' ? 'dark' : 'light',
        });
        await press(page, 'Start');
        await expect.poll(() => stepOf(page), { timeout: 120_000 }).toBeGreaterThan(steps);
        await press(page, 'Pause');
        await position(page, 'paused');
        await page.screenshot({ path: join(pictures!, `${room}.png`) });
        await page.close();
      }
    });
  },
);
