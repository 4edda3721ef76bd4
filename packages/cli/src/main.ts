#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheDir } from './cache-dir.ts';

// Parsing a few hundred modules is most of what a short command does.
enableCompileCache(join(cacheDir(), 'node'));
const { runCli } = await import('./commands/cli.ts');

process.exitCode = await runCli(process.argv.slice(2));
// Connections and workers are closed by now; a stray timer of a library must not keep the terminal.
process.stdout.write('', () => process.exit());
