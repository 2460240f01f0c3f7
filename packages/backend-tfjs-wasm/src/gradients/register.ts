import { type GradConfig, registerGradient, unregisterGradient } from '@tensorflow/tfjs-core';

const gradients: readonly GradConfig[] = [];

/** Puts right gradients in the place of tfjs's wrong ones, and adds missing ones, on every backend. Idempotent. */
export function registerGradients(): void {
  for (const gradient of gradients) {
    try {
      unregisterGradient(gradient.kernelName);
    } catch {
      // There was none.
    }
    registerGradient(gradient);
  }
}
