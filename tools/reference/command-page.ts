import { Command } from 'commander';
import { addCommands } from '../../packages/cli/src/commands/program.ts';
import { code, table } from './markdown.ts';
import { madeOf } from './pages.ts';

/** `docs/reference/cli.md`: every command with its arguments and options, as `--help` has them. */
export function commandPage(): string {
  const program = new Command('sluice');
  addCommands(program, () => {});
  const commands = program.commands.filter((command) => !('_hidden' in command && command._hidden === true));
  return [
    '# Reference: the `sluice` command',
    '`sluice COMMAND --help` prints the same. What they do, and the exit codes: [the command](../cli.md).',
    table(
      ['command', 'will'],
      commands.map((command) => [`[\`${command.name()}\`](#sluice-${command.name()})`, command.description()]),
    ),
    ...commands.map((one) => section(one)),
    madeOf("the command's own definitions in `packages/cli/src/commands/program.ts`"),
  ].join('\n\n');
}

function section(command: Command, above = 'sluice'): string {
  const path = `${above} ${command.name()}`;
  const args = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '…' : ''}`;
    return row(one.required ? `<${name}>` : `[${name}]`, one.description, otherwise(one.defaultValue));
  });
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map((one) => row(one.flags, one.description, one.mandatory ? '**required**' : otherwise(one.defaultValue)));
  const rows = [...args, ...options];
  return [
    `## \`${path}\``,
    `\`\`\`\n${path} ${command.usage()}\n\`\`\``,
    sentence(command.description()),
    ...(rows.length === 0 ? [] : [table(['argument or option', 'meaning', 'default'], rows)]),
    ...command.commands.map((one) => section(one, path)),
  ].join('\n\n');
}

/** A default that is told in words stands in the column of defaults. */
function row(name: string, description: string, standard: string): string[] {
  const [, meaning = description, words] = /^(.*?) \(default: (.*)\)$/.exec(description) ?? [];
  return [code(name), meaning, words ?? standard];
}

function sentence(text: string): string {
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return whole.endsWith('.') ? whole : `${whole}.`;
}

/** Only values that say something: a flag is off, a list is empty, by themselves. */
function otherwise(value: unknown): string {
  if (value === undefined || value === true || value === false || (Array.isArray(value) && value.length === 0))
    return '';
  return code(String(value));
}
