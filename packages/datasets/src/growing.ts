/** A Float64Array whose final length is not known: `push`, then `array()`. */
export function growing(): { push(value: number): void; readonly length: number; array(): Float64Array } {
  let values = new Float64Array(1024);
  let length = 0;
  return {
    push(value) {
      if (length === values.length) {
        const larger = new Float64Array(2 * length);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    get length() {
      return length;
    },
    array: () => values.slice(0, length),
  };
}
