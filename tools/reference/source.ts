import { join } from 'node:path';
import { isTypeAliasDeclaration, type Node, type TypeNode } from 'typescript/unstable/ast';
import { API, type Checker, type Project, type Symbol as Sym, SymbolFlags } from 'typescript/unstable/sync';

/** One thing that `@sluice/sdk` exports. */
export interface Exported {
  readonly name: string;
  readonly kind: 'function' | 'class' | 'type' | 'value';
  /** File that declares it, relative to the package's `src`, without its ending. */
  readonly file: string;
  readonly doc: Doc;
  /** What it is, as the source says it, without a body; of several overloads a line each. */
  readonly signature: string;
  /** Fields of an interface or an object type, those it inherits first as the source has them. */
  readonly members: readonly Member[];
  /** Names of exported types that the signature, or a member, mentions. */
  readonly mentions: readonly string[];
}

export interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly doc: Doc;
  /** Fields of a type that is written where it is used. */
  readonly members: readonly Member[];
}

/** A comment of the source. */
export interface Doc {
  readonly text: string;
  /** `@default` of an option. */
  readonly otherwise: string | null;
  /** `@throws` and `@returns`, whole. */
  readonly throws: string | null;
  readonly returns: string | null;
}

const src = join(import.meta.dirname, '../../packages/sdk/src');

/** Everything that `@sluice/sdk` exports, read by the TypeScript compiler, in the order of the source. */
export function exportsOfSdk(): readonly Exported[] {
  const api = new API({ cwd: src });
  try {
    const config = join(src, '../tsconfig.build.json');
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    const index = project?.program.getSourceFile(join(src, 'index.ts'));
    if (project === undefined || index === undefined) throw new Error(`${config} does not hold src/index.ts.`);
    const module = project.checker.getSymbolAtLocation(index);
    if (module === undefined) throw new Error('src/index.ts exports nothing.');
    return project.checker.getExportsOfModule(module).map((one) => exported(project, one));
  } finally {
    api.close();
  }
}

function exported(project: Project, symbol: Sym): Exported {
  const { checker } = project;
  const target = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  // A name that is a value and a type is told by its value, which comes first.
  const node = target.declarations[0]?.resolve(project);
  if (node === undefined) throw new Error(`${symbol.name} has no declaration.`);
  const kind = kindOf(target.flags);
  const file = node
    .getSourceFile()
    .fileName.slice(src.length + 1)
    .replace(/\.ts$/, '');
  const members = kind === 'type' ? membersOf(project, target, node) : [];
  // Of overloads the last one is the implementation, which nobody calls.
  const overloads = target.declarations.length > 1 && kind === 'function' ? target.declarations.slice(0, -1) : null;
  const signatures = (overloads?.map((one) => one.resolve(project)) ?? [node]).filter((one) => one !== undefined);
  const signature = signatures.map((one) => signatureOf(one, kind)).join('\n');
  return {
    name: symbol.name,
    kind,
    file,
    doc: docOf(checker, target),
    signature,
    members,
    mentions: [...new Set(`${signature} ${typesIn(members)}`.match(/\b[A-Z]\w+/g) ?? [])],
  };
}

function typesIn(members: readonly Member[]): string {
  return members.map((one) => `${one.type} ${typesIn(one.members)}`).join(' ');
}

function kindOf(flags: number): Exported['kind'] {
  if (flags & SymbolFlags.Function) return 'function';
  if (flags & SymbolFlags.Class) return 'class';
  return flags & SymbolFlags.Value ? 'value' : 'type';
}

/** Fields of an interface, or of an alias of an object type; none of a union. */
function membersOf(project: Project, symbol: Sym, node: Node): Member[] {
  const { checker } = project;
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if (isTypeAliasDeclaration(node) && !/^\{/.test(node.type.getText())) return [];
  return checker.getPropertiesOfType(type).map((one) => memberOf(project, one));
}

function memberOf(project: Project, symbol: Sym): Member {
  const { checker } = project;
  const node = symbol.valueDeclaration?.resolve(project) as (Node & { readonly type?: Node }) | undefined;
  const type = checker.getTypeOfSymbol(symbol);
  const written = node?.type?.getText() ?? (type === undefined ? 'unknown' : checker.typeToString(type));
  // `{ readonly max?: number }` has fields of its own, which are told one by one.
  const own = node?.type !== undefined && /^\{[^[]*\}$/s.test(written) ? node.type : null;
  const fields = own === null ? undefined : checker.getTypeFromTypeNode(own as TypeNode);
  return {
    name: symbol.name,
    optional: (symbol.flags & SymbolFlags.Optional) !== 0,
    type: tidy(written),
    doc: docOf(checker, symbol),
    members: fields === undefined ? [] : checker.getPropertiesOfType(fields).map((one) => memberOf(project, one)),
  };
}

function docOf(checker: Checker, symbol: Sym): Doc {
  const tags = symbol.getJsDocTags(checker);
  const tag = (name: string) => {
    const texts = tags.filter((one) => one.name === name).map((one) => flowing(one.text ?? ''));
    return texts.length === 0 ? null : texts.join(' ');
  };
  return {
    text: flowing(symbol.getDocumentationComment(checker)),
    otherwise: tag('default'),
    throws: tag('throws'),
    returns: tag('returns'),
  };
}

/** Lines of a comment as paragraphs, `{@link x}` as code. */
function flowing(text: string): string {
  return text
    .replace(/\{@link ([^}]+)\}/g, (_, name: string) => `\`${name.trim()}\``)
    .replace(/(?<!\n)\n(?![\n|-])/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .trim();
}

/** A declaration as a reader of a reference needs it: no body, no `readonly`. */
function signatureOf(node: Node, kind: Exported['kind']): string {
  const text = node.getText().replace(/^export /, '');
  if (kind === 'function')
    return tidy(
      beforeBody(text)
        .replace(/^async /, '')
        .replace(/;$/, ''),
    );
  if (kind === 'type') return tidy(text.replace(/\/\*\*[\s\S]*?\*\//g, ''));
  if (kind === 'class') return tidy(text.replace(/\s*\{[\s\S]*$/, ''));
  const name = /^\w+/.exec(text)?.[0] ?? text;
  return text.includes('{') ? `const ${name}: { … }` : tidy(`const ${text}`);
}

/** Up to the brace that opens the body: the first one outside of parentheses, brackets and types. */
function beforeBody(text: string): string {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === '(' || char === '[' || char === '<') depth += 1;
    if (char === ')' || char === ']' || (char === '>' && text[index - 1] !== '=')) depth -= 1;
    if (char === '{') {
      // A brace after `:` or inside parentheses belongs to a type.
      if (depth === 0 && !/[:=|&]\s*$/.test(text.slice(0, index))) return text.slice(0, index).trim();
      depth += 1;
    }
    if (char === '}') depth -= 1;
  }
  return text;
}

function tidy(text: string): string {
  return text
    .replace(/\breadonly /g, '')
    .replace(/\s+/g, ' ')
    .replace(/([({[]) ?\| /g, '$1')
    .replace(/, ([)}\]])/g, '$1')
    .trim();
}
