/** `ValueError: …`, `TypeError [ERR_X]: …`, `torch.cuda.OutOfMemoryError: …`: what a thrown error says first. */
const raised =
  /^(?:Uncaught )?(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Warning|Exit|Panic)(?: \[\w+\])?(?::|$)/;

/**
 * The line of a failed program's last lines that says why it failed. Python says it last; others say more after it: Node
 * the stack and its version, Go the stacks and the exit code, Rust a hint, Java its stack.
 */
export function lastWords(tail: readonly string[]): string {
  const lines = tail.filter((line) => line.trim() !== '');
  return (node(lines) ?? go(lines) ?? rust(lines) ?? java(lines) ?? lines.at(-1) ?? '').trim();
}

/** `Node.js v24.1.0` ends what Node says of an error that nobody caught. */
function node(lines: readonly string[]): string | null {
  if (!/^Node\.js v\d/.test(lines.at(-1) ?? '')) return null;
  const said = lines.slice(0, -1);
  const error =
    said.find((line, index) => raised.test(line) && isFrame(said[index + 1])) ??
    said.findLast((line) => raised.test(line));
  if (error !== undefined) return error;
  // What is no error is thrown without a stack: the line under the marker `^`.
  const marker = said.findIndex((line) => /^\s*\^+\s*$/.test(line));
  return said.slice(marker + 1).find((line) => !isFrame(line) && !/^\(Use `node /.test(line)) ?? null;
}

function isFrame(line: string | undefined): boolean {
  return line === undefined || /^\s+at /.test(line);
}

function go(lines: readonly string[]): string | null {
  if (!lines.some((line) => /^goroutine \d+ \[/.test(line))) return null;
  return lines.find((line) => /^(?:panic|fatal error): /.test(line)) ?? null;
}

/** The words of a panic stand in a line of their own since Rust 1.73. */
function rust(lines: readonly string[]): string | null {
  const at = lines.findIndex((line) => /^thread '.*'.* panicked at /.test(line));
  if (at < 0) return null;
  const [, quoted] = /panicked at '(.+)', /.exec(lines[at] ?? '') ?? [];
  return `panic: ${quoted ?? lines[at + 1] ?? ''}`;
}

function java(lines: readonly string[]): string | null {
  const last = lines.at(-1) ?? '';
  if (!/^\s+(?:at [\w.$/<>]+\(|\.\.\. \d+ more)/.test(last)) return null;
  return lines.findLast((line) => /^(?:Exception in thread|Caused by: )/.test(line)) ?? null;
}
