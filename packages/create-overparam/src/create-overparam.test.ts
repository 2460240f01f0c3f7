import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main, type Terminal } from './main.ts';
import { scaffold } from './scaffold.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'create-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8');
const filesOf = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

/** A stream that may call itself a terminal, and what was written to it. */
function stream(isTTY = false): PassThrough & { isTTY: boolean; said(): string } {
  const chunks: Buffer[] = [];
  const through = new PassThrough();
  through.on('data', (chunk: Buffer) => chunks.push(chunk));
  return Object.assign(through, { isTTY, said: () => stripVTControlCharacters(Buffer.concat(chunks).toString()) });
}

async function command(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const terminal = { stdin: new PassThrough() as Terminal['stdin'], stdout: stream(), stderr: stream() };
  const code = await main(argv, terminal);
  return { code, stdout: terminal.stdout.said(), stderr: terminal.stderr.said() };
}

describe('a new repository', () => {
  it.each(['method', 'backend'] as const)('of a %s is complete, and has its name everywhere', async (kind) => {
    const written = await scaffold({ kind, name: '@me/best-one', folder });
    const files = await filesOf(folder);
    expect(files).toEqual(written.sort());
    const expected = ['package.json', 'README.md', 'LICENSE', 'tsconfig.json', '.gitignore', '.changeset/config.json', '.github/workflows/ci.yml', 'src/best-one.ts', 'src/best-one.test.ts']; // prettier-ignore
    expect(files).toEqual(expect.arrayContaining(expected));
    for (const file of files) {
      const text = await read(file);
      expect(text, file).not.toMatch(/my-(method|backend|name|kind|year)|[mM]y(Method|Backend)/);
    }
    expect(await read('src/index.ts')).toContain('bestOne');
    expect(await read('README.md')).toContain("from '@me/best-one'");
    expect(await read('.changeset/first-release.md')).toContain('"@me/best-one": minor');
  });

  it('takes overparam in the versions of this release', async () => {
    await scaffold({ kind: 'method', name: 'mine', folder });
    const own = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const made = JSON.parse(await read('package.json')) as Record<string, Record<string, string>>;
    expect(made['dependencies']).toEqual({ '@overparam/core': own.dependencies['@overparam/core'] });
    expect(made['devDependencies']!['@overparam/conformance']).toBe(own.dependencies['@overparam/conformance']);
    expect(made['scripts']).not.toHaveProperty('postinstall');
  });

  it('goes into a folder that is empty but for .git, and into no other', async () => {
    await mkdir(join(folder, 'new/.git'), { recursive: true });
    await scaffold({ kind: 'method', name: 'mine', folder: join(folder, 'new') });
    const before = await filesOf(folder);
    await expect(scaffold({ kind: 'method', name: 'other', folder: join(folder, 'new') })).rejects.toMatchObject({
      code: 'NOT_EMPTY',
    });
    await writeFile(join(folder, 'file'), '');
    await expect(scaffold({ kind: 'method', name: 'other', folder: join(folder, 'file') })).rejects.toMatchObject({
      code: 'NOT_EMPTY',
      message: expect.stringContaining('is a file') as string,
    });
    expect(await filesOf(folder)).toEqual([...before, 'file'].sort());
  });

  it('is not begun under a bad name', async () => {
    await expect(scaffold({ kind: 'method', name: '../up', folder })).rejects.toMatchObject({ code: 'BAD_NAME' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('create-overparam', () => {
  it('--help, --version', async () => {
    const { code, stdout } = await command('--help');
    expect(code).toBe(0);
    for (const word of ['npm create overparam', '--kind', '--folder', '--yes', '"method", "backend"'])
      expect(stdout).toContain(word);
    expect((await command('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('writes into the given folder, and says how to continue', async () => {
    const { code, stdout } = await command('best', '--kind', 'backend', '--folder', join(folder, 'here'));
    expect(code).toBe(0);
    expect(stdout).toContain('npm test');
    expect(await read('here/package.json')).toContain('"best"');
  });

  it.each([
    [[], 'give a name'],
    [['Best', '--folder', 'x'], 'cannot be the name of a package'],
    [['best', '--kind', 'other'], 'Allowed choices are method, backend'],
    [['best', 'more'], 'too many arguments'],
    [['best', '--nonsense'], 'unknown option'],
  ])('%j is an error: %s', async (argv, why) => {
    const { code, stderr } = await command(...argv);
    expect(code).toBe(1);
    expect(stderr).toContain(why);
  });

  it('does not write into a folder that has something', async () => {
    await writeFile(join(folder, 'mine'), '');
    const { code, stderr } = await command('best', '--folder', folder);
    expect(code).toBe(1);
    expect(stderr).toContain('is not empty (mine, ...)');
    expect(await readdir(folder)).toEqual(['mine']);
  });

  it('asks in a terminal: the kind by arrow keys, and a name until it will do', async () => {
    const [stdin, stdout] = [keyboard(), stream(true)];
    const done = main(['--folder', join(folder, 'asked')], { stdin, stdout, stderr: stream() });
    await typed(stdin, stdout, 'What shall it be?', '\u001b[B\r');
    await typed(stdin, stdout, 'called on npm?', 'Bad\r');
    await typed(stdin, stdout, 'capital letters', '\u007f\u007f\u007fgood\r');
    expect(await done).toBe(0);
    expect(await read('asked/src/good.ts')).toContain('export function good(');
    expect(await read('asked/package.json')).toContain('A backend for overparam.');
  });

  it('a question that is cancelled makes nothing', async () => {
    const [stdin, stdout] = [keyboard(), stream(true)];
    const done = main(['--folder', join(folder, 'asked')], { stdin, stdout, stderr: stream() });
    await typed(stdin, stdout, 'What shall it be?', '\u0003');
    expect(await done).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** What a prompt needs of a terminal's input. */
const keyboard = (): PassThrough & { isTTY: boolean } =>
  Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });

/** Waits for a question, and answers it key by key, as a person would. */
async function typed(
  stdin: PassThrough,
  stdout: PassThrough & { said(): string },
  question: string,
  keys: string,
): Promise<void> {
  while (!stdout.said().includes(question)) await new Promise((resolve) => setImmediate(resolve));
  for (const key of keys.startsWith('\u001b') ? [keys.slice(0, 3), keys.slice(3)] : keys) {
    stdin.write(key);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
