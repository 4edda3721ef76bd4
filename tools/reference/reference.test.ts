import { expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../packages/cli/src/config/schema.ts';
import { referencePages } from './pages.ts';
import { exportsOfSdk } from './source.ts';

const pages = referencePages();

test.each(Object.keys(pages))(
  'docs/reference/%s is what the source says; `node_modules/.bin/node tools/reference.ts` writes it anew',
  async (file) => {
    await expect(pages[file]).toMatchFileSnapshot(`../../docs/reference/${file}`);
  },
);

test('every option that the config may have is told, and no other', () => {
  const told = [...(pages['config.md'] ?? '').matchAll(/^\| `([\w.]+)` \|/gm)].map(([, path = '']) =>
    path.split('.').at(-1),
  );
  const known = fieldsOf(z.toJSONSchema(configSchema, { unrepresentable: 'any', io: 'input' }));
  // What python(…) and command(…) make, and what is told as a signature: a union of objects.
  const elsewhere = ['interpreter', 'argv', 'code', 'env', 'requirements', 'webhook', 'url'];
  const ofUnions = ['kind', 'root', 'connectionStringEnv', 'container', 'prefix'];
  expect(new Set(told)).toEqual(
    new Set([...known].filter((name) => ![...elsewhere, ...ofUnions].includes(name)).concat('kind')),
  );
  for (const name of ofUnions) expect(pages['config.md']).toMatch(new RegExp(`\\b${name}\\??:|\`${name}\``));
});

test('no function, and no option, that a pipeline or a config is written with lacks a word on what it does', () => {
  const files = /^(steps\/|config$|capture$|rollout$|pipeline$|column$|command$)/;
  const written = /(Options|Config|Class|Checks|Tolerance|Target|Approvers|Encryption|Redaction)$/;
  const mute = exportsOfSdk()
    .filter(({ file, name, kind }) => files.test(file) && (kind === 'function' || written.test(name)))
    .flatMap(({ name, doc, members }) => [
      ...(doc.text === '' ? [name] : []),
      ...members.filter((one) => one.doc.text === '').map((one) => `${name}.${one.name}`),
    ]);
  expect(mute).toEqual([]);
});

/** Names of all fields in a JSON schema. */
function fieldsOf(schema: unknown): Set<string> {
  const names = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties } = node as { properties?: Record<string, unknown> };
    for (const name of Object.keys(properties ?? {})) names.add(name);
    for (const value of Object.values(node)) walk(value);
  };
  walk(schema);
  return names;
}
