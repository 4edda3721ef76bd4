import { expect, test } from 'vitest';
import { importsOf } from './imports.ts';

const lines = (source: string) => importsOf(source).map(({ specifier, line }) => `${specifier}:${line}`);

test.each([
  ['a name', "import { a } from 'node:fs';\na();", ['node:fs:1']],
  ['a name of another', "import { a as b } from 'x';\nb();", ['x:1']],
  ['everything', "\nimport * as fs from 'fs';\nfs.x();", ['fs:2']],
  ['a default and names', 'import a, { b } from "x";\nb();', ['x:1']],
  ['names on lines of their own', "import {\n  a,\n  b,\n} from 'x';\na(b);", ['x:4']],
  ['nothing', "import './side.ts';", ['./side.ts:1']],
  ['what is handed on', "export { a } from './a.ts';\nexport * from './b.ts';", ['./a.ts:1', './b.ts:2']],
  ['a call', "const a = await import('node:os');\nconst b = require('fs');", ['node:os:1', 'fs:2']],
  ['two on one line', "import a from './a.ts';import b from './b.ts';\na(b)", ['./a.ts:1', './b.ts:1']],
])('an import of %s is found', (_, source, found) => {
  expect(lines(source)).toEqual(found);
});

test.each([
  ['of a type', "import type { A } from 'node:fs';\nlet a: A;"],
  ['of types only', "import { type A, type B } from 'node:fs';\nlet a: A & B;"],
  ['of a type that is handed on', "export type { A } from 'node:fs';"],
  ['that nothing uses', "import { a } from 'node:fs';\n"],
  ['in a comment', "// import 'node:fs';\n/* \nimport 'node:fs';\n*/"],
  ['in a text', "const x = \"'; import 'node:fs'\";"],
  ['that is a method', "loader.import('node:fs')"],
  ['that is another word', "export const from = 'node:fs'; export default 'x';"],
])('an import %s does not count', (_, source) => {
  expect(lines(source)).toEqual([]);
});
