import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** An isolated page may share memory between threads, so its kernels use all cores. Without these headers they use one. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  server: { headers },
  preview: { headers },
  root: import.meta.dirname,
  base: './', // static files, wherever they are put
  resolve: {
    // From source, as the tests.
    conditions: ['@overparam/source', 'module', 'browser', 'development|production'],
    // Only the parts of tfjs that run here: no layers, no other backends.
    alias: [{ find: /^@tensorflow\/tfjs$/, replacement: fileURLToPath(new URL('src/tfjs.ts', import.meta.url)) }],
  },
  // Otherwise the development server discovers them one by one and reloads the page each time.
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
