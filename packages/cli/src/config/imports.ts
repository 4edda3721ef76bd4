/** One import of a source file. */
export interface Import {
  /** `node:fs`, `./helper.ts` */
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
}

const statement = /(?<=^|[\n;}])[ \t]*(import|export)\b([^'"`;()]*?)(['"])([^'"\n]+)\3/g;
const call = /(?<![.\w])(?:import|require)\s*\(\s*(['"])([^'"\n]+)\1/g;

/**
 * What a TypeScript or JavaScript file imports when it runs, in order. Types are left out, and so is what is imported
 * and never named again, because a bundler drops both.
 */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const found: { at: number; specifier: string }[] = [];
  for (const match of code.matchAll(statement)) {
    const [text, word = '', what = '', , specifier = ''] = match;
    const from = /\bfrom\s*$/.test(what);
    if (!from && (word === 'export' || what.trim() !== '')) continue;
    const names = what.replace(/\bfrom\s*$/, '').trim();
    if (isTypes(names)) continue;
    const rest = code.slice(0, match.index) + code.slice(match.index + text.length);
    if (word === 'import' && from && !localNames(names).some((name) => mentions(rest, name))) continue;
    found.push({ at: match.index + text.length, specifier });
  }
  for (const match of code.matchAll(call)) found.push({ at: match.index, specifier: match[2] ?? '' });
  return found
    .sort((a, b) => a.at - b.at)
    .map(({ at, specifier }) => ({ specifier, line: code.slice(0, at).split('\n').length }));
}

function isTypes(names: string): boolean {
  if (/^type\s+(?!,|from\b)/.test(names)) return true;
  const [, inner] = /^\{([^}]*)\}$/.exec(names) ?? [];
  const parts = inner?.split(',').filter((part) => part.trim() !== '') ?? [];
  return parts.length > 0 && parts.every((part) => /^\s*type\s/.test(part));
}

/** `a, { b as c, d }` and `* as e`: a, c, d, e. */
function localNames(names: string): string[] {
  return names
    .split(/[{},]/)
    .map((part) => part.trim())
    .filter((part) => part !== '' && !/^type\s/.test(part))
    .map((part) => part.split(/\s+as\s+/).at(-1) ?? part);
}

function mentions(code: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`).test(code);
}

/** Comments, and texts that look like code, as blanks, so that places stay what they are. */
function withoutComments(source: string): string {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;
  const blank = /^\/[/*]|[;\n{}]|\b(?:import|export|require)\b/;
  return source.replace(token, (text) => (blank.test(text) ? text.replace(/[^\n]/g, ' ') : text));
}
