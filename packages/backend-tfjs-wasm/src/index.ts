export { createKernelHost, type KernelHost } from './kernels/host.ts';
export { registerKernels } from './kernels/register.ts';
export { registerGradients } from './gradients/register.ts';
