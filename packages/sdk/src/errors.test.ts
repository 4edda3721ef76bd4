import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { describeError, ErrorCode, errorCode, SluiceError } from './errors.ts';

describe('an error', () => {
  it('says what, where and what now on one line', () => {
    const error = new SluiceError(ErrorCode.NotFound, 'The suite is not there.', { where: 'eval/x', fix: 'Add it.' });
    expect(describeError(error)).toBe('The suite is not there. (at eval/x) What now: Add it.');
    expect(describeError(new SluiceError(ErrorCode.Internal, 'Odd.'))).toBe('Odd.');
    expect(describeError(new RangeError('plain'))).toBe('plain');
    expect(describeError('text')).toBe('text');
  });

  it('says its place and what to do once, also after it has come over a border', () => {
    const inside = new SluiceError(ErrorCode.NotFound, 'The suite is not there.', { where: 'eval/x', fix: 'Add it.' });
    const once = 'quality: The suite is not there. (at eval/x) What now: Add it.';
    const outside = new SluiceError(ErrorCode.NotFound, `quality: ${describeError(inside)}`, { where: 'quality' });
    expect(describeError(outside)).toBe(once);
    const again = new SluiceError(ErrorCode.NotFound, describeError(outside), { where: 'eval/x', fix: 'Add it.' });
    expect(describeError(again)).toBe(once);
    // A name that only begins alike is another place.
    const other = new SluiceError(ErrorCode.NotFound, 'quality-2: gone.', { where: 'quality' });
    expect(describeError(other)).toBe('quality-2: gone. (at quality)');
  });

  it('is known by its code, which is its name too', () => {
    const error = new SluiceError(ErrorCode.NotFound, 'x');
    expect([error.name, errorCode(error), error.permanent]).toEqual(['NotFound', 'NotFound', true]);
    expect(errorCode(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT');
    expect(errorCode(new TypeError('x'))).toBe('TypeError');
    expect(errorCode('text')).toBe('Unknown');
  });

  it('keeps its cause', () => {
    const cause = new Error('deep');
    expect(new SluiceError(ErrorCode.Internal, 'x', { cause }).cause).toBe(cause);
    expect('cause' in new SluiceError(ErrorCode.Internal, 'x')).toBe(false);
  });
});

describe('the codes', () => {
  it('are their own names, so that a search for one finds everything', () => {
    for (const [name, code] of Object.entries(ErrorCode)) expect(code).toBe(name);
  });

  it('are all in docs/errors.md, with what they mean and what to do; `vitest run -u` writes it anew', async () => {
    const source = await readFile(new URL('./errors.ts', import.meta.url), 'utf8');
    await expect(await page(source)).toMatchFileSnapshot('../../../docs/errors.md');
  });
});

/** `docs/errors.md`, made of the comments in `errors.ts`. */
async function page(source: string): Promise<string> {
  const comments = new Map(
    [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+): '\w+',/g)].map(([, text = '', code = '']) => [
      code,
      text
        .replace(/^\s*\* ?/gm, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    ]),
  );
  const rows = Object.keys(ErrorCode).map((code) => {
    const [what, now, ...more] = (comments.get(code) ?? '').split(' What now: ');
    if (!what || !now || more.length > 0) throw new Error(`${code} has no comment of the form "… What now: …"`);
    return `| \`${code}\` | ${what} | ${now} |`;
  });
  return `${head}\n| code | what it means | what now |\n|---|---|---|\n${rows.join('\n')}\n${tail}`;
}

const head = `# Errors

Every error that a user can cause has a stable code, and a message that says what, where (file, step, key) and what to
do. The code is the \`type\` of the \`ApplicationFailure\` in Temporal, so it is what an alert, a test or a \`catch\`
goes by; never the message, and never the class, which does not survive the way between a workflow and its activities:

\`\`\`ts
import { ErrorCode, errorCode } from '@sluice/sdk';

try {
  await train('delay', { run });
} catch (error) {
  if (errorCode(error) !== ErrorCode.OutOfMemory) throw error;
  await train('delay-small', { run, hyper: { batch: 16 } });
}
\`\`\`

A plain error that a pipeline throws ends the run with the error's class name (\`RangeError\`) for a type, and with its
file and line in the message (\`… (at pipelines/rents.ts:12)\`); it is not retried. The command's own errors and the gateway's have codes of their own beside these, in
\`packages/cli/src/errors.ts\` and \`packages/gateway/src/errors.ts\`.
`;
const tail = `
This page is made of the comments in \`packages/sdk/src/errors.ts\` by
\`vitest run packages/sdk/src/errors.test.ts -u\`; change them there.
`;
