import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Isolated, the page has memory that threads share: its kernels compute on all cores. Without these headers they take one. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  server: { headers },
  preview: { headers },
  root: import.meta.dirname,
  base: './', // static files, wherever they are put
  resolve: {
    // From source, as the tests.
    conditions: ['@overparam/source', 'module', 'browser', 'development|production'],
    // Of tfjs only what runs here: no layers, no other backends.
    alias: [{ find: /^@tensorflow\/tfjs$/, replacement: fileURLToPath(new URL('src/tfjs.ts', import.meta.url)) }],
  },
  // Else a development server finds them one by one, and reloads the page each time.
  optimizeDeps: {
    include: [
      '@observablehq/plot',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/register_all_gradients',
      '@tensorflow/tfjs-backend-wasm',
    ],
  },
  worker: { format: 'es' },
  build: { target: 'es2022', chunkSizeWarningLimit: 2000, modulePreload: { polyfill: false } },
});
