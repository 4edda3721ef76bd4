/** A step of a path: a name, the number of an item as text, or null for any of them. */
export type JsonPath = readonly (string | null)[];

const STEP = /\.([^.[\]'"*\s]+)|\.(\*)|\[(\*)\]|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

const ESCAPED = /\\(?:u([\da-fA-F]{4})|(.))/g;
const CONTROLS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * Reads the plain part of JSONPath (RFC 9535): `$`, names (`.score`, `['a b']`), items (`[0]`) and any of them (`[*]`,
 * `.*`). A path stands for what it names and everything below.
 *
 * @returns null for anything else: filters, slices, `..`
 */
export function parseJsonPath(path: string): JsonPath | null {
  if (!path.startsWith('$')) return null;
  const steps: (string | null)[] = [];
  STEP.lastIndex = 1;
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    const found = STEP.exec(path);
    if (found === null) return null;
    const [, name, , , item, single, double] = found;
    const quoted = single ?? double;
    steps.push(name ?? item ?? quoted?.replace(ESCAPED, unescaped) ?? null);
  }
  return steps;
}

function unescaped(_: string, code: string | undefined, letter = ''): string {
  return code === undefined ? (CONTROLS[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16));
}
