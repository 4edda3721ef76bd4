import { type CommandModel, nameKinds, type Values } from './model.ts';

/** A script for bash, without the package bash-completion. */
export function bashScript(commands: readonly CommandModel[]): string {
  return `# Completion of sluice for bash: eval "$(sluice completion bash)"
# Sets plain to a word as the shell reads it, running nothing; quote to the quote that is open at its end; opened to what
# stands before that.
_sluice_plain() {
  local rest="$1" one
  plain='' quote='' opened=''
  while [[ -n "$rest" ]]; do
    one="\${rest:0:1}" rest="\${rest:1}"
    case "$quote$one" in
      "'" | '"') quote="$one" opened="$plain" ;;
      "''" | '""') quote='' ;;
      '\\' | '"\\') plain+="\${rest:0:1}" rest="\${rest:1}" ;;
      *) plain+="$one" ;;
    esac
  done
}
# Sets quoted to a text that the shell reads as it is, behind the quote that is open.
_sluice_quoted() {
  local one i
  quoted=''
  case "$quote" in
    "'") quoted="\${1//"'"/"'\\''"}" ;;
    '"') for ((i = 0; i < \${#1}; i++)); do
      one="\${1:i:1}"
      [[ "$one" == ['"$\`\\'] ]] && one="\\\\$one"
      quoted+="$one"
    done ;;
    *) [[ -z "$1" ]] || printf -v quoted %q "$1" ;;
  esac
}
_sluice() {
  local line="\${COMP_LINE:0:COMP_POINT}" words command='' cur prev word kind='' found='' from i plain quote opened quoted
  local args=()
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=('')
  prev="\${words[-2]}"
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word="\${words[i]}"
    case "\${command:+$command }$word" in
${cases(commandPaths(commands), `command="\${command:+$command }$word"; continue`, 6)}
    esac
    case "$word" in
      ${valued(commands).join('|')}) ((i++)) ;;
      -*) ;;
      *) _sluice_plain "$word"; args+=("$plain") ;;
    esac
  done
  _sluice_plain "\${words[-1]}"
  cur="$plain"
  case "$command $prev" in
${optionCases(commands)}
    *)
      if [[ "$cur" == -* ]]; then
        case "$command" in
${commands.map(({ path, options }) => `          '${path}') kind='${words(options.map(({ flag }) => flag))}' ;;`).join('\n')}
        esac
      else
        case "$command:\${#args[@]}" in
          :0) kind='${words(topWords(commands))}' ;;
${argumentCases(commands, 10)}
        esac
      fi ;;
  esac
  case "$kind" in
    '') return ;;
    @files) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    @folders) compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    @*) found="$("\${words[0]}" __names "\${kind#@}" "\${args[@]:0:1}" 2>/dev/null)" ;;
    *) found="\${kind// /$'\\n'}" ;;
  esac
  # bash replaces what stands behind the open quote, or behind the last of these only, and names of steps hold them.
  from="$opened"
  [[ -z "$quote" ]] && from="\${cur%"\${cur##*[=:]}"}"
  while IFS= read -r word; do
    [[ -n "$word" && "$word" == "$cur"* ]] || continue
    _sluice_quoted "\${word#"$from"}"
    COMPREPLY+=("$quoted")
  done <<< "$found"
}
complete -F _sluice sluice
`;
}

export function commandPaths(commands: readonly CommandModel[]): string[] {
  return commands.map(({ path }) => path);
}

/** Commands, and for those that have others below them, these. */
export function topWords(commands: readonly CommandModel[]): string[] {
  return commandPaths(commands).filter((path) => !path.includes(' '));
}

/** Options behind which a value stands. */
export function valued(commands: readonly CommandModel[]): string[] {
  return [
    ...new Set(
      commands.flatMap(({ options }) => options.filter(({ value }) => value !== null).map(({ flag }) => flag)),
    ),
  ];
}

/** Words as they are, names and files as `@kind`. */
export function kindText(values: Values): string {
  if (typeof values !== 'string') return words(values);
  return values === 'files' || values === 'folders' || nameKinds.some((kind) => kind === values) ? `@${values}` : '';
}

function words(list: readonly string[]): string {
  return list.join(' ');
}

function cases(patterns: readonly string[], then: string, indent: number): string {
  return `${' '.repeat(indent)}${patterns.map((one) => `'${one}'`).join('|')}) ${then} ;;`;
}

function optionCases(commands: readonly CommandModel[]): string {
  return commands
    .flatMap(({ path, options }) =>
      options.flatMap(({ flag, value }) =>
        value === null ? [] : [`    '${path} ${flag}') kind='${kindText(value)}' ;;`],
      ),
    )
    .join('\n');
}

/** `command:N`: its Nth word. */
function argumentCases(commands: readonly CommandModel[], indent: number): string {
  return commands
    .flatMap(({ path, words: own }) => {
      const below = commands
        .filter((one) => one.path.startsWith(`${path} `))
        .map((one) => one.path.slice(path.length + 1));
      const all: readonly Values[] = below.length > 0 ? [below] : own;
      return all.map((values, index) => `${' '.repeat(indent)}'${path}:${index}') kind='${kindText(values)}' ;;`);
    })
    .join('\n');
}
