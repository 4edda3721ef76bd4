import { kindText, topWords } from './bash.ts';
import type { CommandModel } from './model.ts';

/** A script for fish. */
export function fishScript(commands: readonly CommandModel[]): string {
  const top = topWords(commands);
  const lines = commands.flatMap(({ path, description, options, words }) => {
    const [first = '', below] = path.split(' ');
    const seen = `__fish_seen_subcommand_from ${first}${below === undefined ? '' : `; and __fish_seen_subcommand_from ${below}`}`;
    const inner = commands
      .filter((one) => one.path.startsWith(`${path} `))
      .map((one) => one.path.slice(path.length + 1));
    const offered =
      below === undefined
        ? `complete -c sluice -n '__fish_use_subcommand' -a ${first} -d ${quoted(description)}`
        : `complete -c sluice -n '__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${inner.join(' ') || below}' -a ${below} -d ${quoted(description)}`;
    return [
      offered,
      ...words.flatMap((values, index) => argumentLine(seen, kindText(values), index)),
      ...options.map(
        (option) =>
          `complete -c sluice -n '${seen}' -l ${option.flag.slice(2)} -d ${quoted(option.description)}${option.value === null ? '' : following(kindText(option.value))}`,
      ),
    ];
  });
  return `# Completion of sluice for fish: sluice completion fish | source
complete -c sluice -f
function __sluice_names
    sluice __names $argv 2>/dev/null
end
function __sluice_args
    set -l words (commandline -opc)
    set -l found
    for word in $words[2..-1]
        string match -q -- '-*' $word; or contains -- $word ${[...new Set(commands.flatMap(({ path }) => path.split(' ')))].join(' ')}; or set -a found $word
    end
    set -q found[1]; and printf '%s\\n' $found
end
${lines.join('\n')}
# ${top.length} commands
`;
}

function argumentLine(seen: string, kind: string, index: number): string[] {
  if (kind === '') return [];
  const given = `test (count (__sluice_args)) -eq ${index}`;
  return [`complete -c sluice -n '${seen}; and ${given}'${following(kind, true)}`];
}

function following(kind: string, isArgument = false): string {
  const required = isArgument ? '' : ' -r';
  if (kind === '@files' || kind === '@folders') return `${required} -F`;
  if (kind.startsWith('@')) return `${required} -a '(__sluice_names ${kind.slice(1)} (__sluice_args)[1])'`;
  return kind === '' ? required : `${required} -a '${kind}'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
