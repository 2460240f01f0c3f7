import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run, show } from './run.js';

const VERDACCIO = '6.8.0'; // the newest for Node 20

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A registry on the loopback interface that holds what is published to it, and hands on to npm's for all else. It is
 * installed in the folder, not in the repository, whose lockfile it would triple.
 * @param {string} folder to be made
 * @returns {Promise<{ url: string, publish(tarball: string): void, stop(): Promise<void> }>}
 */
export async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  // Without the override npm finds no node-fetch: an inner package asks for its tag 'cjs'.
  const overrides = { 'node-fetch': '2.7.0' };
  write('package.json', JSON.stringify({ private: true, dependencies: { verdaccio: VERDACCIO }, overrides }));
  show(folder, 'npm', 'install', '--no-fund', '--no-audit', '--loglevel=error');

  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const ours = ['@overparam/*', 'overparam', 'create-overparam'];
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: { npm: { url: run(folder, 'npm', 'config', 'get', 'registry').trim(), timeout: '60s', max_fails: 10 } },
    packages: {
      ...Object.fromEntries(ours.map((name) => [name, { access: '$all', publish: '$all', unpublish: '$all' }])),
      '**': { access: '$all', proxy: 'npm' },
    },
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
    max_body_size: '100mb',
  };
  write('config.yaml', JSON.stringify(config)); // JSON is YAML
  write('.npmrc', `registry=${url}\n//127.0.0.1:${port}/:_authToken=nobody\n`);

  const server = spawn(
    'node',
    ['node_modules/verdaccio/bin/verdaccio', '-c', 'config.yaml', '-l', `127.0.0.1:${port}`],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface(server.stdout);
  await new Promise((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`verdaccio ended with ${code}`)));
    lines.on('line', (line) => {
      if (line.includes(`127.0.0.1:${port}`)) resolve();
      else console.log(line);
    });
  });
  return {
    url,
    // Provenance is a statement of the release workflow, which alone can sign it.
    publish: (tarball) => void run(folder, 'npm', 'publish', tarball, '--provenance=false', '--access=public'),
    async stop() {
      server.removeAllListeners('exit');
      server.kill();
      await once(server, 'close');
    },
  };
}
