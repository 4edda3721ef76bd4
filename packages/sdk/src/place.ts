/** A line of a stack trace that names a file: `at name (/a/b.ts:3:7)`, `at file:///a/b.ts:3:7`. */
const frame = /(?:\(|\bat (?:async )?)(file:\/\/)?(\/[^()]*?):(\d+):\d+\)?$/;

/**
 * Where in a project's own code an error was raised, `pipelines/rents.ts:12`: the innermost line of its stack that
 * lies below the project's folder. Null where none does.
 *
 * @param root absolute path of the project's folder
 */
export function placeIn(root: string, error: unknown): string | null {
  const stack = (error as { readonly stack?: unknown } | null | undefined)?.stack;
  if (typeof stack !== 'string' || root === '') return null;
  const inside = root.endsWith('/') ? root : `${root}/`;
  for (const text of stack.split('\n')) {
    const [, url, path = '', line] = frame.exec(text.trimEnd()) ?? [];
    const file = url === undefined ? path : decoded(path);
    const own = file.startsWith(inside) && !file.includes('/node_modules/') && !file.startsWith(`${inside}.sluice/`);
    if (own) return `${file.slice(inside.length).replace(/\?.*$/, '')}:${line}`;
  }
  return null;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
