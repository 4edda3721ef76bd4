import { code, entry, membersTable, prose } from './markdown.ts';
import { madeOf } from './pages.ts';
import type { Exported, Member } from './source.ts';

const example = `\`\`\`ts
import { defineConfig, python } from '@sluice/sdk';

export default defineConfig({
  project: 'rents',
  pipelines: ['pipelines/rents.ts'],
  classes: { cpu: {}, 'gpu-spot': { gpus: 1, interruptible: true, fallback: 'cpu' } },
  endpoints: { rents: { serve: python('server/serve.py') } },
});
\`\`\``;

/** `docs/reference/config.md`: every option of `sluice.config.ts`, a table for each object in it. */
export function configPage(sdk: readonly Exported[]): string {
  const byName = new Map(sdk.map((one) => [one.name, one]));
  const root = byName.get('SluiceConfig');
  if (root === undefined) throw new Error('@sluice/sdk exports no SluiceConfig.');
  const functions = sdk.filter(({ file, kind }) => file === 'config' && kind === 'function');
  return [
    '# Reference: `sluice.config.ts`',
    'The config lies at the root of a pipeline repository and names what its pipelines need. It is checked when a command\nloads it: an option that does not exist, or a value out of its range, is told by its path, all of them at once.',
    example,
    ...prose(root.doc),
    membersTable(root.members),
    ...sectionsBelow(root, '', byName, new Set(['SluiceConfig'])),
    '## Functions',
    'All are imported from `@sluice/sdk`. `python` and `command` make what `serve` takes; they are told in the [reference\nof the SDK](sdk.md#python).',
    ...functions.map((one) => entry(one, '###')),
    madeOf('the comments in `packages/sdk/src/config.ts` and `capture.ts`'),
  ].join('\n\n');
}

/** A section for each object that an option of `one` holds, and for those below it. */
function sectionsBelow(
  one: Exported,
  above: string,
  byName: ReadonlyMap<string, Exported>,
  told: Set<string>,
): string[] {
  return one.members.flatMap((member) => {
    const held = heldBy(member, byName).filter(({ name }) => !told.has(name));
    return held.flatMap((type) => {
      told.add(type.name);
      const path = `${above}${member.name}${/Record<string,/.test(member.type) ? '.<name>' : ''}`;
      const fields = type.members.length > 0 ? [membersTable(type.members)] : [signatureOf(type)];
      return [`## \`${path}\``, ...prose(type.doc), ...fields, ...sectionsBelow(type, `${path}.`, byName, told)];
    });
  });
}

/** Types of the config that an option's type names. What functions make (`Command`) is told by these. */
function heldBy(member: Member, byName: ReadonlyMap<string, Exported>): Exported[] {
  const names = member.type.match(/\b[A-Z]\w+/g) ?? [];
  return names
    .map((name) => byName.get(name))
    .filter((type): type is Exported => type !== undefined && ['config', 'capture'].includes(type.file));
}

function signatureOf({ signature }: Exported): string {
  return signature.includes('{') ? `\`\`\`ts\n${signature.replace(/ ?\| (?=\{)/g, '\n  | ')}\n\`\`\`` : code(signature);
}
