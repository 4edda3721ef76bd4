import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, test } from 'vitest';
import { keyringOf, openToken, payloadCodec, sealToken } from './index.ts';

const env = { NEW: Buffer.alloc(32, 1).toString('base64'), OLD: Buffer.alloc(32, 2).toString('base64') };
const ring = (keyEnv: string, oldKeyEnvs: string[] = []) => {
  const found = keyringOf({ encryption: { keyEnv, oldKeyEnvs } }, env);
  if (found === null) throw new Error('no keys');
  return found;
};
const purpose = { for: 'start', run: 'life/a' } as const;

test('a sealed token says nothing, and is another each time', () => {
  const sealed = sealToken(ring('NEW'), 'secret', purpose);
  expect(sealed).toMatch(/^sealed\.v1\.[0-9a-f]{16}\.[\w-]+$/);
  expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain('secret');
  expect(sealToken(ring('NEW'), 'secret', purpose)).not.toBe(sealed);
  expect(openToken(ring('NEW'), sealed, purpose)).toBe('secret');
});

test('what an earlier key closed is opened while that key is named, and not after', () => {
  const sealed = sealToken(ring('OLD'), 'secret', purpose);
  expect(openToken(ring('NEW', ['OLD']), sealed, purpose)).toBe('secret');
  expect(() => openToken(ring('NEW'), sealed, purpose)).toThrow(/is not among the project's keys/);
});

test('one changed character is seen', () => {
  const sealed = sealToken(ring('NEW'), 'secret', purpose);
  const at = sealed.length - 10;
  const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`;
  expect(() => openToken(ring('NEW'), changed, purpose)).toThrow(/changed on the way/);
});

test.each([
  ['nothing', undefined, 'is not set'],
  ['a word', 'hunter2', '32 bytes in base64'],
  ['too few bytes', Buffer.alloc(16).toString('base64'), '32 bytes in base64'],
])('a key that is %s is a mistake in the config', (_, value, why) => {
  expect(() => keyringOf({ encryption: { keyEnv: 'KEY' } }, { KEY: value })).toThrow(why);
});

test('a payload comes back as it went, and what is stored shows nothing of it', async () => {
  const codec = payloadCodec(ring('NEW'));
  const payload = defaultPayloadConverter.toPayload({ name: 'Zoë', list: [1, null] }) as Payload;
  const stored = await codec.encode([payload]);
  expect(Buffer.from(stored[0]?.data ?? []).toString('latin1')).not.toContain('name');
  const [back] = await payloadCodec(ring('OLD', ['NEW'])).decode(stored);
  expect(defaultPayloadConverter.fromPayload(back as Payload)).toEqual({ name: 'Zoë', list: [1, null] });
});

test('what came in clear is read as it is: from the UI, or from before', async () => {
  const payload = defaultPayloadConverter.toPayload('plain') as Payload;
  expect(await payloadCodec(ring('NEW')).decode([payload])).toEqual([payload]);
});
