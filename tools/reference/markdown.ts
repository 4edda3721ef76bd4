import type { Doc, Exported, Member } from './source.ts';

/** Rows of a table of options: those of a nested object stand below it, `retry.errors`. */
export function membersTable(members: readonly Member[]): string {
  const rows = members.flatMap((one) => memberRows(one, ''));
  return table(['option', 'type', 'default', 'meaning'], rows);
}

function memberRows({ name, optional, type, doc, members }: Member, above: string): string[][] {
  const path = `${above}${name}`;
  const nested = members.length > 0;
  const otherwise = doc.otherwise === null ? (optional ? 'none' : '**required**') : codeOf(doc.otherwise);
  const shown = nested ? 'object' : code(type);
  return [[code(path), shown, otherwise, doc.text], ...members.flatMap((one) => memberRows(one, `${path}.`))];
}

/** A default that is a value stands as code; one in words does not. */
function codeOf(text: string): string {
  const value = /^('.*'|-?[\d._]+|true|false|null|\{.*\}|\[.*\]|[a-zA-Z]+\(.*\))$/s.test(text);
  return value ? code(text) : text;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replace(/\n+/g, ' ').replace(/(?<!\\)\|/g, '\\|');
}

export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** What a comment says, in paragraphs. */
export function prose({ text, returns, throws }: Doc): string[] {
  const more = [
    returns === null ? '' : `Returns: ${returns}`,
    throws === null ? '' : `Throws: ${throws.replace(/^SluiceError /, '')}`,
  ];
  return [text, ...more].filter((part) => part !== '').map((part) => (/[.:]$/.test(part) ? part : `${part}.`));
}

/** First sentence of a comment. */
export function summary({ text }: Doc): string {
  return /^(.*?[^.][.:])(?=\s+[A-Z`]|$)/s.exec(text)?.[1] ?? text;
}

/** One export with its heading, its signature and its fields. */
export function entry(one: Exported, level: string): string {
  const parts = [`${level} \`${one.name}\``];
  const object = one.kind === 'type' && one.members.length > 0;
  if (!object) parts.push(`\`\`\`ts\n${one.signature.split('\n').map(wrapped).join('\n')}\n\`\`\``);
  parts.push(...prose(one.doc));
  // `~standard` is between libraries.
  const members = one.members.filter(({ name }) => !name.startsWith('~'));
  if (object && members.length > 0)
    parts.push(one.name.endsWith('Options') ? membersTable(members) : fieldsTable(members));
  return parts.join('\n\n');
}

/** Fields of what is returned: there are no defaults, and a `?` stands at what may be missing. */
function fieldsTable(members: readonly Member[]): string {
  const rows = (all: readonly Member[], above: string): string[][] =>
    all.flatMap(({ name, optional, type, doc, members: inner }) => [
      [code(`${above}${name}${optional ? '?' : ''}`), inner.length > 0 ? 'object' : code(type), doc.text],
      ...rows(inner, `${above}${name}.`),
    ]);
  return table(['field', 'type', 'meaning'], rows(members, ''));
}

/** A long signature with one parameter, or one case of a union, a line. */
function wrapped(signature: string): string {
  if (signature.length <= 110) return signature;
  const union = signature.startsWith('type ');
  const open = union ? -1 : signature.indexOf('(');
  let depth = 0;
  for (let index = 0, text = ''; index < signature.length; index += 1) {
    const char = signature[index] ?? '';
    if ('([{<'.includes(char)) depth += 1;
    if (')]}'.includes(char) || (char === '>' && signature[index - 1] !== '=')) depth -= 1;
    if (char === ')' && depth === 0 && index > open && !union) {
      return `${text.replace(/,$/, '')}\n${signature.slice(index)}`.replace(/\n {2,}/g, '\n  ');
    }
    text += union && char === '|' && depth === 0 ? '\n  |' : char;
    if (!union && (index === open || (char === ',' && depth === 1 && index > open))) text += '\n  ';
    if (index === signature.length - 1) return text.replace(/ +\n/g, '\n');
  }
  return signature;
}
