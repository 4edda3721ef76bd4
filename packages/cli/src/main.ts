#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';
import { cacheDir } from './cache-dir.ts';
import { makeFolder } from './make-folder.ts';
import { unfitNode } from './unfit-node.ts';

// A reader that has gone, as `head` has, wants no more: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 130);
  throw error;
});
const args = process.argv.slice(2);
const unfit = unfitNode();
if (unfit === null) {
  // Parsing a few hundred modules is most of what a short command does.
  keepCompiled(join(cacheDir(), 'node'));
  const { runCli } = await import('./commands/cli.ts');
  process.exitCode = await runCli(args);
} else {
  const { code, message, where, fix } = unfit;
  if (args.includes('--json')) console.log(JSON.stringify({ type: 'error', at: Date.now(), ...unfit, data: null }));
  else console.error(`error ${code}  ${message}\n  where  ${where}\n  fix    ${fix}`);
  process.exitCode = 1;
}
// Connections and workers are closed by now; a stray timer of a library must not keep the terminal.
process.stdout.write('', () => process.exit());

/** Where no such folder can be made, everything is compiled each time. */
function keepCompiled(folder: string): void {
  try {
    makeFolder(folder);
    module.enableCompileCache(folder);
  } catch {
    // Slower, and nothing else.
  }
}
