/** Runs `run`, and tells whether it called Math.random, the source of every generator of tfjs that has no seed. */
export function withoutRandomness<T>(run: () => T): { readonly result: T; readonly drew: boolean } {
  const { random } = Math;
  let drew = false;
  Math.random = () => {
    drew = true;
    return random();
  };
  try {
    return { result: run(), drew };
  } finally {
    Math.random = random;
  }
}
