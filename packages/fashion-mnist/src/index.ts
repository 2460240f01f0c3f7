export { load, type FashionMnist, type Images } from './load.ts';
export { classes } from './classes.ts';
export { files, type FileName } from './files.ts';
export { officialSha256, sha256 } from './checksums.ts';
