import type { CommanderError } from 'commander';
import { UsageError } from '../errors.ts';

/** What is wrong with a command line, as an error of ours; null where help or the version was asked for. */
export function misread({ code, exitCode, message }: CommanderError, args: readonly string[]): UsageError | null {
  if (exitCode === 0) return null;
  const command = args.find((one) => !one.startsWith('-'));
  const known = command === undefined || code === 'commander.unknownCommand' ? '' : `${command} `;
  if (code === 'commander.help') return new UsageError('No command was given.', `${HELP_OF}sluice --help`);
  const [what = '', guess] = message.replace(/^error: /, '').split('\n');
  const meant = guess === undefined ? '' : ` ${guess.replace(/^\(|\)$/g, '')}`;
  return new UsageError(`${sentence(what)}${meant}`, `${HELP_OF}sluice ${known}--help`);
}

const HELP_OF = 'See what there is: ';

function sentence(text: string): string {
  const upper = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.?!]$/.test(upper) ? upper : `${upper}.`;
}
