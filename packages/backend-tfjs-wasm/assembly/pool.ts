// The greatest and the mean under a window, and their gradients; with a filter, the greatest x + filter (grey dilation).
// The greatest starts from -Infinity; NaN is never greater, so it is passed over, as tfjs defines it; of equals the first.
import { read, write } from './lanes';
import { endTap, firstTap } from './taps';
import { inputBytes, Window } from './window';

// @ts-ignore: decorator
@inline
const MAX = 0, ARGMAX = 1, MAX_INPUT = 2, MAX_FILTER = 3, MEAN = 4, MEAN_INPUT = 5, PICK = 6;

/** y = max. `filter` is 0 or has the shape of the window. */
export function maxPool(x: usize, w: Window, filter: usize, y: usize): void {
  walk(x, w, filter, y, 0, MAX);
}

/** The index in x of the greatest, -1 where there is none; within its image, or within the batch. */
export function argmaxPool(x: usize, w: Window, y: usize, withinBatch: bool): void {
  walk(x, w, 0, y, withinBatch ? 1 : 0, ARGMAX);
}

/** dx[greatest] += dy, from zeros */
export function maxPoolInputGradient(x: usize, w: Window, filter: usize, dy: usize, dx: usize): void {
  memory.fill(dx, 0, inputBytes(w));
  walk(x, w, filter, dy, dx, MAX_INPUT);
}

/** y = other[greatest], 0 where there is none: the adjoint of `maxPoolInputGradient`. */
export function maxPoolPick(x: usize, w: Window, other: usize, y: usize): void {
  walk(x, w, 0, y, other, PICK);
}

/** dFilter[greatest] += dy */
export function maxPoolFilterGradient(x: usize, w: Window, filter: usize, dy: usize, dFilter: usize): void {
  walk(x, w, filter, dy, dFilter, MAX_FILTER);
}

/** y = mean of what is under the window. */
export function meanPool(x: usize, w: Window, y: usize): void {
  walk(x, w, 0, y, 0, MEAN);
}

/** dx += dy / count, for all under the window, from zeros. */
export function meanPoolGradient(dx: usize, w: Window, dy: usize): void {
  memory.fill(dx, 0, inputBytes(w));
  walk(dx, w, 0, dy, 0, MEAN_INPUT);
}

// @ts-ignore: decorator
@inline
function walk(x: usize, w: Window, filter: usize, y: usize, d: usize, mode: i32): void {
  const channels = w.channels;
  for (let b = 0; b < w.batch; b++) {
    for (let od = 0; od < w.outDepth; od++) {
      const front = od * w.strideDepth - w.front;
      const d0 = firstTap(front, w.dilationDepth), d1 = endTap(front, w.dilationDepth, w.kernelDepth, w.depth);
      for (let oh = 0; oh < w.outHeight; oh++) {
        const top = oh * w.strideHeight - w.top;
        const h0 = firstTap(top, w.dilationHeight), h1 = endTap(top, w.dilationHeight, w.kernelHeight, w.height);
        for (let ow = 0; ow < w.outWidth; ow++) {
          const left = ow * w.strideWidth - w.left;
          const w0 = firstTap(left, w.dilationWidth), w1 = endTap(left, w.dilationWidth, w.kernelWidth, w.width);
          for (let c = 0; c < channels; ) {
            const four = c + 4 <= channels;
            window(x, w, filter, y + (<usize>c << 2), d, b, c, front, top, left, d0, d1, h0, h1, w0, w1, mode, four);
            c += four ? 4 : 1;
          }
          y += <usize>channels << 2;
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function window(
  x: usize, w: Window, filter: usize, y: usize, d: usize, b: i32, c: i32, front: i32, top: i32, left: i32,
  d0: i32, d1: i32, h0: i32, h1: i32, w0: i32, w1: i32, mode: i32, four: bool,
): void {
  const mean = mode == MEAN || mode == MEAN_INPUT, hits = max(d1 - d0, 0) * max(h1 - h0, 0) * max(w1 - w0, 0);
  // Where the window misses the input, tfjs has the mean of nothing be 0.
  const count = f32x4.splat(<f32>max(hits, 1));
  const image = b * w.depth * w.height * w.width * w.channels;
  let best = mean ? f32x4.splat(0) : f32x4.splat(-Infinity), where = i32x4.splat(-1);
  if (mode == MEAN_INPUT) best = f32x4.div(read(y, four), count);
  for (let kd = d0; kd < d1; kd++) {
    for (let kh = h0; kh < h1; kh++) {
      const line = ((front + kd * w.dilationDepth) * w.height + top + kh * w.dilationHeight) * w.width + left;
      const tapLine = (kd * w.kernelHeight + kh) * w.kernelWidth;
      for (let kw = w0; kw < w1; kw++) {
        const at = (line + kw * w.dilationWidth) * w.channels + c, tap = (tapLine + kw) * w.channels + c;
        const p = x + (<usize>(image + at) << 2);
        let v = read(p, four);
        if (mode == MEAN) best = f32x4.add(best, v);
        else if (mode == MEAN_INPUT) write(p, f32x4.add(v, best), four);
        else {
          if (filter) v = f32x4.add(v, read(filter + (<usize>tap << 2), four));
          const greater = f32x4.gt(v, best);
          best = v128.bitselect(v, best, greater);
          if (mode != MAX) where = v128.bitselect(i32x4.splat(mode == MAX_FILTER ? tap : at), where, greater);
        }
      }
    }
  }
  if (mode == MAX) write(y, best, four);
  else if (mode == MEAN) write(y, f32x4.div(best, count), four);
  else if (mode == ARGMAX) {
    const index = i32x4.add(where, i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(d ? image : 0)));
    write(y, v128.bitselect(index, where, i32x4.ge_s(where, i32x4.splat(0))), four);
  } else if (mode == PICK) {
    const from = d + (<usize>image << 2);
    pick(from, i32x4.extract_lane(where, 0), y);
    if (four) {
      pick(from + 4, i32x4.extract_lane(where, 1), y + 4);
      pick(from + 8, i32x4.extract_lane(where, 2), y + 8);
      pick(from + 12, i32x4.extract_lane(where, 3), y + 12);
    }
  } else if (mode != MEAN_INPUT) {
    const to = mode == MAX_FILTER ? d : d + (<usize>image << 2);
    put(to, i32x4.extract_lane(where, 0), y);
    if (four) {
      put(to + 4, i32x4.extract_lane(where, 1), y + 4);
      put(to + 8, i32x4.extract_lane(where, 2), y + 8);
      put(to + 12, i32x4.extract_lane(where, 3), y + 12);
    }
  }
}

// @ts-ignore: decorator
@inline
function put(to: usize, index: i32, from: usize): void {
  if (index < 0) return;
  const at = to + (<usize>index << 2);
  store<f32>(at, load<f32>(at) + load<f32>(from));
}

// @ts-ignore: decorator
@inline
function pick(from: usize, index: i32, to: usize): void {
  store<f32>(to, index < 0 ? 0 : load<f32>(from + (<usize>index << 2)));
}
