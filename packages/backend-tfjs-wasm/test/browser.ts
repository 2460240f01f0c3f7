import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

/** The browser to test in, if there is one: OVERPARAM_CHROMIUM, or where distributions install it. */
export const browserPath: string | undefined = [
  process.env['OVERPARAM_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

export interface Site {
  readonly address: string;
  close(): Promise<void>;
}

export interface Serving {
  /** Sent with every answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Pages that stand in for files, by their path. */
  readonly pages?: Readonly<Record<string, string>>;
  /** Paths that are answered by 404. */
  readonly missing?: RegExp;
}

/** Serves the files under `folder`. */
export async function serve(folder: string, { headers = {}, pages = {}, missing }: Serving = {}): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const page = pages[path];
    try {
      if (missing?.test(path)) throw new Error('missing');
      const body = page ?? readFileSync(join(folder, path.endsWith('/') ? `${path}index.html` : path));
      const type = page === undefined ? (types[extname(path)] ?? 'text/html') : 'text/html';
      response.writeHead(200, { 'content-type': type, ...headers }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Headless Chromium with a profile of its own. */
export async function launch(): Promise<{ readonly context: BrowserContext; close(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'overparam-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath!,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** What a page writes into its status line (`#result`), what the browser had to say, and how many workers the page has. */
export interface Status {
  readonly status: string;
  readonly choice: string;
  readonly problems: readonly string[];
  readonly workers: number;
}

/** Opens the page, and waits for its result. */
export async function statusOf(context: BrowserContext, address: string): Promise<Status> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(address);
  const result = page.locator('#result:not(:empty)');
  await result.waitFor({ timeout: 50_000 });
  const status = (await result.textContent()) ?? '';
  const choice = (await page.locator('#choice').textContent()) ?? '';
  const workers = page.workers().length;
  await page.close();
  return { status, choice, problems, workers };
}
