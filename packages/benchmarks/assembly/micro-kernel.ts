// What one core can do at best: the micro-kernel of the products, its panels packed and in the first cache.
import { ROWS, tile, tile4, tile5, tile6 } from '../../backend-tfjs-wasm/assembly/tile';

// As in the package: several callers each, so that none is inlined into another's registers.
export { tile, tile4, tile5, tile6 };

/** `times` tiles of k steps each, from panels of A at 1024 and of B at 8192; returns the rows of a tile. */
export function run(times: i32, k: i32): i32 {
  for (let i = 0; i < times; i++) {
    if (ROWS == 6) tile6(k, 1024, 4, 24, 8192, 32, 32768, 32, true);
    else tile5(k, 1024, 4, 20, 8192, 32, 32768, 32, true);
  }
  return ROWS;
}
