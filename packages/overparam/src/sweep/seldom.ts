/** The function, called no more often than that; calls in between are left out. */
export function seldom<T>(milliseconds: number, call: (value: T) => void): (value: T) => void {
  let last = -Infinity;
  return (value) => {
    if (performance.now() - last < milliseconds) return;
    last = performance.now();
    call(value);
  };
}
