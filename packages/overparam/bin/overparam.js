#!/usr/bin/env node
import { runProcess } from '../dist/process/run-process.js';

// A reader that has seen enough, such as head.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

runProcess(process.argv.slice(2));
