#!/usr/bin/env node
import { runCli } from './commands/cli.ts';

process.exitCode = await runCli(process.argv.slice(2));
// Connections and workers are closed by now; a stray timer of a library must not keep the terminal.
process.stdout.write('', () => process.exit());
