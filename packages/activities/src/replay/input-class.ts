/** The part of a path that names the route: without the query. */
export function routeOf(method: string, path: string): string {
  return `${method} ${path.split('?', 1)[0]}`;
}

/** Names of fields listed before a class is cut; wide tables would make unreadable rows. */
const FIELDS = 12;

/**
 * What kind of input a body is: the fields and types of its JSON, lists by their first item and by how many they hold
 * (none, one, many). Two requests of one class exercise the same code; a missing or null field makes another class.
 */
export function inputClassOf(body: Buffer | null): string {
  if (body === null || body.length === 0) return 'empty';
  try {
    return shapeOf(JSON.parse(body.toString('utf8')), 0);
  } catch {
    return 'not JSON';
  }
}

function shapeOf(value: unknown, depth: number): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (depth > 5) return '…';
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${value.length === 1 ? '1' : 'n'} × ${shapeOf(value[0], depth + 1)}]`;
  }
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const shown = fields.slice(0, FIELDS).map(([name, inner]) => `${name}: ${shapeOf(inner, depth + 1)}`);
  const nulls = fields.slice(FIELDS).filter(([, inner]) => inner === null);
  const more = fields.length > FIELDS ? [`+${fields.length - FIELDS} fields, ${nulls.length} null`] : [];
  return `{${[...shown, ...more].join(', ')}}`;
}
