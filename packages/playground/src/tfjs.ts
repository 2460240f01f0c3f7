// Replaces '@tensorflow/tfjs' in this page: its core with all gradients.
import '@tensorflow/tfjs-core/dist/register_all_gradients';

export * from '@tensorflow/tfjs-core';
