import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

/**
 * The public declarations of a built package, without comments, sorted by name: what its users can see of each entry
 * in `exports`, and the types that are not exported but that the exported ones mention.
 * @param {string} folder of the package
 * @param {{ exports: Record<string, string | { types?: string }> }} manifest its package.json
 * @returns {Record<string, string>} by entry, '.' for the main one
 */
export function apiOf(folder, manifest) {
  return Object.fromEntries(
    Object.entries(manifest.exports ?? {})
      .filter(([, target]) => target.types)
      .map(([entry, target]) => [entry, declarationsOf(folder, join(folder, target.types))]),
  );
}

function declarationsOf(folder, mainEntryPointFilePath) {
  const reports = mkdtempSync(join(tmpdir(), 'api-'));
  // Some packages are for Node, some for browsers too: a report needs the names of both.
  const platform = { lib: ['es2023', 'dom'], types: ['node'] };
  const compilerOptions = { ...platform, target: 'es2023', module: 'nodenext', skipLibCheck: true };
  try {
    const config = ExtractorConfig.prepare({
      packageJsonFullPath: join(folder, 'package.json'),
      configObject: {
        projectFolder: folder,
        newlineKind: 'lf',
        mainEntryPointFilePath,
        compiler: { overrideTsconfig: { compilerOptions, files: [mainEntryPointFilePath] } },
        apiReport: {
          enabled: true,
          reportFileName: 'report.api.md',
          reportFolder: reports,
          reportTempFolder: join(reports, 'temp'),
          includeForgottenExports: true,
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: { default: { logLevel: 'error' } },
          extractorMessageReporting: { default: { logLevel: 'none' } },
          tsdocMessageReporting: { default: { logLevel: 'none' } },
        },
      },
    });
    const errors = [];
    const { succeeded } = Extractor.invoke(config, {
      localBuild: true,
      messageCallback(message) {
        if (message.logLevel === 'error') errors.push(message.formatMessageWithLocation());
        message.handled = true;
      },
    });
    if (!succeeded) throw new Error(`No API report of ${mainEntryPointFilePath}:\n${errors.join('\n')}`);
    return withoutComments(/^```ts\n([\s\S]*)^```/m.exec(readFileSync(join(reports, 'report.api.md'), 'utf8'))[1]);
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

const withoutComments = (code) => code.replaceAll(/^ *\/\/.*\n/gm, '').trim();
