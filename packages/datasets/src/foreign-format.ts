/** A format that no reader reads, and what to do about it. */
interface ForeignFormat {
  readonly what: string;
  readonly remedy: string;
}

/** How many bytes of a file are looked at. */
export const headLength = 512;

const bytesOf = (text: string): readonly number[] => Array.from(text, (character) => character.charCodeAt(0));
const unpack = (command: string): string => `decompress it first, as with ${command}`;

const magics: readonly (readonly [magic: readonly number[], at: number, what: string, remedy: string])[] = [
  [bytesOf('BZh'), 0, 'is compressed by bzip2', unpack('bunzip2')],
  [[0xfd, ...bytesOf('7zXZ'), 0], 0, 'is compressed by xz', unpack('unxz')],
  [[0x5d, 0, 0], 0, 'is compressed by LZMA', unpack('unlzma')],
  [[0x28, 0xb5, 0x2f, 0xfd], 0, 'is compressed by Zstandard', unpack('unzstd')],
  [[0x04, 0x22, 0x4d, 0x18], 0, 'is compressed by LZ4', unpack('unlz4')],
  [[0x1f, 0x9d], 0, 'is compressed by compress (.Z)', unpack('uncompress')],
  [[...bytesOf('PK'), 3, 4], 0, 'is a zip archive', 'unpack it, and pass the file that is in it'],
  [[...bytesOf('PK'), 5, 6], 0, 'is an empty zip archive', 'fetch the file again'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 0, 'is a 7z archive', 'unpack it, and pass the file that is in it'],
  [bytesOf('Rar!'), 0, 'is a rar archive', 'unpack it, and pass the file that is in it'],
  [bytesOf('ustar'), 257, 'is a tar archive', 'unpack it, as with tar -xf, and pass the file that is in it'],
  [bytesOf('PAR1'), 0, 'is a Parquet file', 'convert it to CSV'],
  [[0x89, ...bytesOf('HDF')], 0, 'is an HDF5 file', 'convert it to CSV or IDX'],
  [[0x93, ...bytesOf('NUMPY')], 0, 'is a NumPy file', 'convert it to CSV, as with numpy.savetxt'],
  [bytesOf('%PDF'), 0, 'is a PDF document', 'fetch the data file itself'],
  [[0x89, ...bytesOf('PNG')], 0, 'is a PNG image', 'fetch the data file itself'],
  [
    bytesOf('version https://git-lfs'),
    0,
    'is a pointer of Git LFS, not the file itself',
    'run git lfs pull, or fetch the file from its storage',
  ],
];

/** Of the text formats: UTF-16 and UTF-32 begin with one of these marks, if at all. */
const marks: readonly (readonly number[])[] = [
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0, 0, 0xfe, 0xff],
];

export const toUtf8 = 'convert it, as with iconv -f UTF-16 -t UTF-8';

/** What a file is that begins so, if that is known. `unzipped`: whether gzip was undone already. */
export function foreignFormat(head: Uint8Array, unzipped: boolean): ForeignFormat | undefined {
  const has = (magic: readonly number[], at: number): boolean => magic.every((byte, i) => head[at + i] === byte);
  const found = magics.find(([magic, at]) => has(magic, at));
  if (found) return { what: found[2], remedy: found[3] };
  if (unzipped && has([0x1f, 0x8b], 0)) return { what: 'is compressed by gzip twice', remedy: unpack('gunzip') };
  if (marks.some((mark) => has(mark, 0))) return { what: 'is UTF-16 or UTF-32 text', remedy: toUtf8 };
  const text = Array.from(head.subarray(0, 64), (byte) => String.fromCharCode(byte)).join('');
  if (/^(ï»¿)?\s*<(!doctype|html|\?xml)/i.test(text))
    return {
      what: 'is a web page or XML, as servers send it in place of a file that is missing',
      remedy: 'open the address in a browser, and correct it',
    };
  return undefined;
}
