// Compares the public declarations of every built package with those of its last release, kept in its api.md, and fails
// where they differ and no pending changeset says so. `--write` keeps those of packages that have a new version.
import { writeFileSync } from 'node:fs';
import getReleasePlan from '@changesets/get-release-plan';
import { readRecord, recordPath, recordText } from './api/record.js';
import { apiOf } from './api/report.js';
import { verdict } from './api/verdict.js';
import { publicPackages, root } from './packages.js';

const { releases } = await getReleasePlan(root);
const bumpOf = (name) => releases.find((release) => release.name === name)?.type ?? 'none';
const write = process.argv.includes('--write');
const complaints = [];

for (const { folder, manifest } of publicPackages()) {
  const { name, version } = manifest;
  if (version === '0.0.0') continue; // Not released yet: it has promised nothing.
  const present = apiOf(folder, manifest);
  if (Object.keys(present).length === 0) continue; // A command, without types.
  const released = readRecord(folder);
  if (released?.version !== version) {
    if (write) writeFileSync(recordPath(folder), recordText(name, version, present));
    else complaints.push(`${name} ${version} has no record of its API: run 'npm run api', and commit its api.md.`);
  } else {
    const complaint = verdict({ name, released, present, bump: bumpOf(name) });
    if (complaint) complaints.push(complaint);
  }
}

if (complaints.length > 0) {
  console.error(complaints.join('\n\n'));
  process.exit(1);
}
console.log(
  write ? 'Every released package has its api.md.' : 'Every API is as released, or a changeset says how it changes.',
);
