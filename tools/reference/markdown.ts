import type { Doc, Exported, Member } from './source.ts';

/** Rows of a table of options: those of a nested object stand below it, `retry.errors`. */
export function membersTable(members: readonly Member[], what = 'option'): string {
  const rows = members.flatMap((one) => memberRows(one, ''));
  return table([what, 'type', 'default', 'meaning'], rows);
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
  if (!object) parts.push(`\`\`\`ts\n${wrapped(one.signature)}\n\`\`\``);
  parts.push(...prose(one.doc));
  if (object) parts.push(membersTable(one.members, 'field'));
  return parts.join('\n\n');
}

/** A long signature with one parameter, or one case of a union, a line. */
function wrapped(signature: string): string {
  if (signature.length <= 110) return signature;
  if (signature.startsWith('type ')) return signature.replace(/ ?\| (?=['{]|[A-Z])/g, '\n  | ');
  const open = signature.indexOf('(');
  let depth = 0;
  let text = '';
  for (const [index, char] of [...signature].entries()) {
    if ('([{<'.includes(char)) depth += 1;
    if (')]}'.includes(char) || (char === '>' && signature[index - 1] !== '=')) depth -= 1;
    if (char === ')' && depth === 0 && index > open) text += '\n';
    text += char;
    if ((char === '(' && index === open) || (char === ',' && depth === 1 && index > open)) text += '\n ';
  }
  return text.replace(/\n {2,}/g, '\n  ').replace(/\( *\n */, '(\n  ');
}
