import { commandPaths, kindText, topWords, valued } from './bash.ts';
import type { CommandModel } from './model.ts';

/** A script for zsh. */
export function zshScript(commands: readonly CommandModel[]): string {
  const options = commands.map(
    ({ path, options: all }) => `      '${path}') kind='${all.map(({ flag }) => flag).join(' ')}' ;;`,
  );
  const following = commands.flatMap(({ path, options: all }) =>
    all.flatMap(({ flag, value }) => (value === null ? [] : [`    '${path} ${flag}') kind='${kindText(value)}' ;;`])),
  );
  const args = commands.flatMap(({ path, words }) => {
    const below = commands
      .filter((one) => one.path.startsWith(`${path} `))
      .map((one) => one.path.slice(path.length + 1));
    return (below.length > 0 ? [below] : words).map(
      (values, index) => `      '${path}:${index}') kind='${kindText(values)}' ;;`,
    );
  });
  return `#compdef sluice
# Completion of sluice for zsh: source <(sluice completion zsh)
_sluice() {
  local command='' kind='' word prev="\${words[CURRENT-1]}" i
  local -a args
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "\${command:+$command }$word" in
      ${commandPaths(commands)
        .map((path) => `'${path}'`)
        .join('|')}) command="\${command:+$command }$word"; continue ;;
    esac
    case "$word" in
      ${valued(commands).join('|')}) ((i++)) ;;
      -*) ;;
      *) args+=("\${(Q)word}") ;;
    esac
  done
  case "$command $prev" in
${following.join('\n')}
    *)
    if [[ "\${words[CURRENT]}" == -* ]]; then
      case "$command" in
${options.join('\n')}
      esac
    else
      case "$command:\${#args}" in
      :0) kind='${topWords(commands).join(' ')}' ;;
${args.join('\n')}
      esac
    fi ;;
  esac
  case "$kind" in
    '') return 1 ;;
    @files) _files ;;
    @folders) _files -/ ;;
    @*) compadd -- \${(f)"$("\${words[1]}" __names "\${kind#@}" "\${args[1]}" 2>/dev/null)"} ;;
    *) compadd -- \${=kind} ;;
  esac
}
compdef _sluice sluice
`;
}
