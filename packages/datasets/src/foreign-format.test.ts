import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { lines, readCifar, readCsv, readIdx, readLabelledIdx, readLibsvm, readNistStrd, type Source } from './index.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const begins = (magic: readonly number[], length = 600): Uint8Array => {
  const file = new Uint8Array(length).fill(65);
  file.set(magic);
  return file;
};
const text = 'a,b\n1,2\n';
const utf16 = (littleEndian: boolean, mark: boolean): Uint8Array =>
  Uint8Array.from(
    [...(mark ? '\ufeff' : ''), ...text].flatMap((c) => {
      const [low, high] = [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8];
      return littleEndian ? [low, high] : [high, low];
    }),
  );
/** A tar archive of one file. */
const tar = (): Uint8Array => {
  const file = new Uint8Array(2048);
  file.set(bytes('data.csv'));
  file.set(bytes('ustar\u000000'), 257);
  file.set(bytes(text), 512);
  return file;
};

const readers: readonly (readonly [string, (source: Source, options?: never) => Promise<unknown>])[] = [
  ['readCsv', readCsv],
  ['readLibsvm', readLibsvm],
  ['readNistStrd', readNistStrd],
  ['readIdx', readIdx],
  ['readCifar', readCifar],
  ['readLabelledIdx', (source, options) => readLabelledIdx({ images: source, labels: source }, { classes: 10, ...(options as object | undefined) })], // prettier-ignore
];

describe.each(readers)('%s', (name, read) => {
  it.each<readonly [string, Uint8Array, string, string]>([
    ['bzip2', begins([0x42, 0x5a, 0x68, 0x39]), 'is compressed by bzip2', 'bunzip2'],
    ['xz', begins([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'is compressed by xz', 'unxz'],
    ['zstd', begins([0x28, 0xb5, 0x2f, 0xfd]), 'is compressed by Zstandard', 'unzstd'],
    ['zip', begins([0x50, 0x4b, 3, 4]), 'is a zip archive', 'unpack it'],
    ['7z', begins([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]), 'is a 7z archive', 'unpack it'],
    ['tar', tar(), 'is a tar archive', 'tar -xf'],
    ['tar.gz', gzipSync(tar()), 'which gzip has compressed, is a tar archive', 'tar -xf'],
    ['gzip twice', gzipSync(gzipSync(text)), 'is compressed by gzip twice', 'gunzip'],
    ['bzip2 in gzip', gzipSync(begins([0x42, 0x5a, 0x68])), 'is compressed by bzip2', 'bunzip2'],
    ['HTML', bytes('\n <!DOCTYPE html>\n<html><body>404</body></html>\n'), 'is a web page or XML', 'open the address'],
    ['HTML with a mark', bytes('\ufeff<html></html>\n'), 'is a web page or XML', 'open the address'],
    ['XML', bytes('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), 'is a web page or XML', 'open'],
    ['LFS', bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 12\n'), 'Git LFS', 'git lfs pull'],
    ['UTF-16 LE', utf16(true, true), 'is UTF-16', 'iconv'],
    ['UTF-16 BE', utf16(false, true), 'is UTF-16', 'iconv'],
    ['Parquet', begins([0x50, 0x41, 0x52, 0x31]), 'is a Parquet file', 'CSV'],
    ['HDF5', begins([0x89, 0x48, 0x44, 0x46]), 'is an HDF5 file', 'CSV'],
    ['NumPy', begins([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]), 'is a NumPy file', 'savetxt'],
  ])('names %s and the remedy', async (_, file, what, remedy) => {
    const inPieces = async function* (): AsyncGenerator<Uint8Array> {
      for (const byte of file) yield Uint8Array.of(byte);
    };
    for (const source of [file, inPieces()]) {
      const outcome = read(source);
      await expect(outcome).rejects.toMatchObject({
        code: 'DATA_WRONG_FORMAT',
        message: expect.stringContaining(what),
      });
      await expect(outcome).rejects.toThrow(remedy);
    }
  });

  it.each<readonly [unknown, string]>([
    ['data/file.csv', 'pass createReadStream(path)'],
    ['https://example.com/file.csv', 'pass (await fetch(address)).body'],
    [text, 'pass new TextEncoder().encode(text)'],
    [new URL('file:///data.csv'), 'pass createReadStream(url)'],
    [new Response(text), 'pass its body'],
    [new Blob([text]), 'pass file.stream()'],
    [Promise.resolve(bytes(text)), 'await it first'],
    [null, 'a response without a body'],
    [undefined, 'pass one'],
    [new DataView(new ArrayBuffer(4)), 'pass new Uint8Array(array.buffer'],
    [new Float32Array(2), 'pass new Uint8Array(array.buffer'],
    [[1, 2, 3], 'the type Array'],
    [{ path: 'x' }, 'an object'],
    [42, 'the type Number'],
  ])('says what to pass in place of %s', async (source, says) => {
    const outcome = read(source as never);
    await expect(outcome).rejects.toMatchObject({ code: 'BAD_OPTION' });
    await expect(outcome).rejects.toThrow(says);
  });

  it('says that a stream has an encoding', async () => {
    const here = fileURLToPath(import.meta.url);
    const outcome = read(createReadStream(here, 'utf8') as never);
    await expect(outcome).rejects.toThrow('The source gives pieces of text: open it without an encoding.');
  });

  it('refuses unknown options', async () => {
    for (const [unknown, says] of [
      ['delimiter', `${name} has no option 'delimiter'. It takes`],
      ['max_bytes', "Did you mean 'maxBytes'?"],
      ['__proto__', `${name} has no option '__proto__'`],
    ] as const) {
      const options = Object.defineProperty({}, unknown, { value: 1, enumerable: true });
      await expect(read(bytes(text), options as never)).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
      await expect(read(bytes(text), options as never)).rejects.toThrow(says);
    }
  });
});

describe('text', () => {
  it('takes bytes of another realm, and ArrayBuffers as pieces', async () => {
    const foreign = runInContext(`Uint8Array.from([${bytes(text).join()}])`, createContext()) as Uint8Array;
    const buffers = async function* (): AsyncGenerator<ArrayBuffer> {
      yield bytes(text).buffer;
    };
    for (const source of [foreign, buffers() as never]) expect((await readCsv(source)).shape).toEqual([1, 2]);
  });

  it('may begin with a mark of UTF-8', async () => {
    expect((await readCsv(bytes(`\ufeff${text}`))).columns).toEqual(['a', 'b']);
  });

  it.each([
    ['UTF-16 without a mark', utf16(true, false)],
    ['UTF-16 of the other order', utf16(false, false)],
  ])('of zero bytes is refused: %s', async (_, file) => {
    await expect(readCsv(file)).rejects.toMatchObject({
      code: 'DATA_WRONG_FORMAT',
      message: expect.stringContaining('iconv -f UTF-16 -t UTF-8'),
    });
  });

  it.each(['a,b\r1,2\r', 'a,b\r1,2', '1 1:2\r1 2:3\r'])('of lines that end in CR alone is named: %j', async (file) => {
    for (const options of [{}, { unterminated: true }]) {
      await expect(readCsv(bytes(file), options)).rejects.toThrow('lines end in CR alone, as on old Macs');
      await expect(readLibsvm(bytes(file), options)).rejects.toMatchObject({ code: 'DATA_WRONG_FORMAT' });
    }
  });

  it('that is cut off in its first line break is cut off', async () => {
    await expect(readCsv(bytes('a,b\r'))).rejects.toMatchObject({ code: 'DATA_TRUNCATED' });
  });

  it.each([
    ['1,setosa', "pass { categorical: ['b'] }".replaceAll("'", '"')],
    ['1,', 'pass { missing: [""] }'],
    ['1,NA', 'pass { missing: ["NA"] }'],
  ])('of %j says which option helps', async (line, says) => {
    await expect(readCsv(bytes(`a,b\n${line}\n`))).rejects.toThrow(says);
  });

  it('with another separator says so', async () => {
    await expect(readCsv(bytes('a;b\n1;2\n'))).rejects.toThrow('pass { separator: ";" }');
    await expect(readCsv(bytes('a\tb\n1\t2\n'))).rejects.toThrow(String.raw`pass { separator: "\t" }`);
  });
});

describe('what never ends is refused', () => {
  /** A source of the same piece again and again, that counts its bytes. */
  function endless(
    piece: string,
    first = '',
  ): { readonly source: AsyncGenerator<Uint8Array>; readonly read: () => number } {
    let count = 0;
    const again = bytes(piece.repeat(4096));
    return {
      read: () => count,
      source: (async function* () {
        if (first) yield bytes(first);
        for (;;) {
          count += again.length;
          yield again;
        }
      })(),
    };
  }
  const maxBytes = 2 ** 20;

  it.each([
    ['CSV', readCsv, '1\n', 'a\n'],
    ['CSV of many columns', readCsv, '1,2,3,4\n', 'a,b,c,d\n'],
    ['LIBSVM', readLibsvm, '1\n', ''],
  ] as const)('rows of %s, before their numbers need more than maxBytes', async (_, read, row, first) => {
    const { source, read: bytesRead } = endless(row, first);
    await expect(read(source, { maxBytes })).rejects.toMatchObject({ code: 'DATA_TOO_LARGE' });
    // A number takes 8 bytes, and 2 in the text.
    expect(bytesRead()).toBeLessThan(maxBytes / 2);
  });

  it.each([
    ['a line', 'abcdefgh', '', 'DATA_TOO_LARGE', 'more than 33554432 bytes'],
    ['a line of CR', '1,2\r', 'a,b\r', 'DATA_WRONG_FORMAT', 'CR alone'],
    ['a quoted field', 'text\n', '"', 'DATA_MALFORMED', 'still open after 33554432 characters'],
  ])('%s', async (_, piece, first, code, says) => {
    const { source, read: bytesRead } = endless(piece, first);
    const outcome = readCsv(source, { maxBytes: 2 ** 28 });
    await expect(outcome).rejects.toMatchObject({ code });
    await expect(outcome).rejects.toThrow(says);
    expect(bytesRead()).toBeLessThan(2 ** 26);
  });

  it('lines have checked options too', async () => {
    await expect(lines(bytes(text), { maxByte: 1 } as never).next()).rejects.toThrow("Did you mean 'maxBytes'?");
  });
});
