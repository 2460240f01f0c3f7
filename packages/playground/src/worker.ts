import { serve } from '@overparam/core';

/** Creates the oracle of each room. */
const makers: Readonly<Record<string, () => Promise<{ make(settings: never): object | Promise<object> }>>> = {
  classifier: () => import('./rooms/classifier/oracle.ts'),
  'gauss-newton': () => import('./rooms/gauss-newton/oracle.ts'),
  heads: () => import('./rooms/heads/oracle.ts'),
  particles: () => import('./rooms/particles/oracle.ts'),
};

const { room, settings } = JSON.parse(self.name) as { room: string; settings: never };
/** Reports an error of the maker. */
let ready = (): void => undefined;
let oracle: object = {};
try {
  oracle = await (await makers[room]!()).make(settings);
} catch (error) {
  ready = () => {
    throw error;
  };
}
serve(Object.assign(oracle, { ready }), self);
