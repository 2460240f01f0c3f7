/** A generator of uniform numbers in [0, 1): mulberry32. */
export function uniform(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Noisy pictures of size x size pixels, of a disc (label 0) or a square (label 1) of the same area, anywhere in the picture. */
export function shapes(count, size, random) {
  const pixels = new Float32Array(count * size * size);
  const labels = new Float32Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = random() < 0.5 ? 0 : 1;
    const radius = size * (0.2 + 0.1 * random());
    const half = (radius * Math.sqrt(Math.PI)) / 2;
    const [cx, cy] = [radius + random() * (size - 2 * radius), radius + random() * (size - 2 * radius)];
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const inside = labels[n]
          ? Math.max(Math.abs(x - cx), Math.abs(y - cy)) < half
          : Math.hypot(x - cx, y - cy) < radius;
        pixels[(n * size + y) * size + x] = (inside ? 1 : 0) + 0.3 * (random() - 0.5);
      }
  }
  return { pixels, labels };
}
