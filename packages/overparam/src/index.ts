export { runSession } from './session/session.ts';
export { startBackend } from './session/backend.ts';
