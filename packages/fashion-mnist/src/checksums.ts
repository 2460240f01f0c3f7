import type { FileName } from './files.ts';

/** SHA-256 of this package's files, decompressed. */
export const sha256: Readonly<Record<FileName, string>> = {
  'train-images-idx3-ubyte': 'd33512cfdc636a0d8972818e6659995be209a88891df7fa2109d7895922c8985',
  'train-labels-idx1-ubyte': '620cb8e3b9348037c5ff9a07b02d773ab165330e072dfd19e0d21c59f8042dcf',
  't10k-images-idx3-ubyte': '15a92dd1e9b16ea361928086e77df4dfa890c255c00b5a8c8162c1040ce8eef1',
  't10k-labels-idx1-ubyte': '234596aeb6eb48133ec99a62541f90bc0728c9559a681f1e0638037462458f2c',
};

/** SHA-256 of the official files of 60,000 + 10,000 images, decompressed: the same for every way of compressing them. */
export const officialSha256: Readonly<Record<FileName, string>> = {
  'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
};
