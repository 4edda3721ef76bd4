import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defaultPayloadConverter,
  type Payload,
  type StorageDriver,
  StorageDriverClaim,
  type StorageDriverTargetInfo,
} from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyringOf, payloadCodec } from '../encryption/index.ts';
import { type Azurite, startAzurite } from '../store/testing/azurite.ts';
import { staysInline } from './inline.ts';
import { payloadOpener } from './open-payload.ts';
import { payloadBlobs } from './payload-blobs.ts';
import { payloadFolder } from './payload-files.ts';
import { projectConverter } from './project-converter.ts';
import { recentlyUsed } from './recently-used.ts';
import { payloadDriver } from './storage-driver.ts';

let folder: string;
let azurite: Azurite;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-payloads-'));
  azurite = await startAzurite();
}, 30_000);
afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
const target = (id: string): StorageDriverTargetInfo => ({ kind: 'workflow', namespace: 'default', id });
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const decoded = (one: Payload | undefined) => defaultPayloadConverter.fromPayload(one as Payload);
const nameOf = (claim: StorageDriverClaim | undefined) => claim?.claimData.name ?? '';
const put = (driver: StorageDriver, id: string, ...values: unknown[]) =>
  driver.store({ target: target(id) }, values.map(payload));

const backends = {
  'a folder': () => payloadFolder(join(folder, `store-${++made}`)),
  'Azure Blob Storage': () =>
    payloadBlobs({ connectionString: azurite.connectionString, container: `payloads${++made}`, prefix: 'a/b' }),
};

describe.each(Object.entries(backends))('payloads in %s', (_, make) => {
  it('come back as they were, in another process too, whatever stands in them', async () => {
    const files = make();
    const values = ['Grüße, 世界', { rows: 'x'.repeat(100_000) }, [], new Uint8Array([0, 255, 10]), null];
    const claims = await put(
      payloadDriver(() => files),
      'rows/a',
      ...values,
    );
    const back = await payloadDriver(() => files).retrieve({}, claims);
    expect(back.map(decoded)).toEqual(values);
  });

  it('are there once, however often they are put, for a run and the children of its maps', async () => {
    const files = make();
    const [first] = await put(
      payloadDriver(() => files),
      'rows/a',
      'same',
    );
    const [child] = await put(
      payloadDriver(() => files),
      'rows/a/key/7',
      'same',
    );
    const [other] = await put(
      payloadDriver(() => files),
      'rows/b',
      'same',
    );
    expect(child).toEqual(first);
    expect(nameOf(other)).not.toBe(nameOf(first));
  });

  it('lie beside the id of the run that they belong to, however long that is', async () => {
    const files = make();
    const id = `rows/${'ключ '.repeat(60)}`;
    const [claim] = await put(
      payloadDriver(() => files),
      `${id}/key/7`,
      'x',
    );
    const owner = await files.get(nameOf(claim).replace(/[^/]*$/, 'owner.json'));
    expect(JSON.parse(Buffer.from(owner ?? []).toString())).toEqual({ namespace: 'default', workflow: id });
  });

  it('say so when they are not there, as an error that trying again may mend', async () => {
    const files = make();
    const driver = payloadDriver(() => files);
    const [claim] = await put(payloadDriver(make), 'rows/a', 'elsewhere');
    await expect(driver.retrieve({}, [claim as StorageDriverClaim])).rejects.toMatchObject({
      type: 'NotFound',
      nonRetryable: false,
      message: expect.stringContaining(files.locate(nameOf(claim))),
    });
  });
});

describe('payloads', () => {
  it('that somebody changed are refused', async () => {
    const files = payloadFolder(join(folder, 'changed'));
    const [claim] = await put(
      payloadDriver(() => files),
      'rows/a',
      'true',
    );
    const place = files.locate(nameOf(claim));
    await chmod(place, 0o644);
    await writeFile(place, 'false');
    await expect(payloadDriver(() => files).retrieve({}, [claim as StorageDriverClaim])).rejects.toMatchObject({
      type: 'Corrupt',
    });
  });

  it('are found by a name of theirs only, not by any path that a history may hold', async () => {
    const driver = payloadDriver(() => payloadFolder(join(folder, 'paths')));
    for (const name of ['', '../../secret', `a/../${'0'.repeat(64)}`, `/etc/passwd/${'0'.repeat(64)}`]) {
      await expect(driver.retrieve({}, [new StorageDriverClaim({ name })])).rejects.toMatchObject({ type: 'Corrupt' });
    }
  });

  it('of more than 64 MiB are refused with their size, for good', async () => {
    const driver = payloadDriver(() => payloadFolder(join(folder, 'huge')));
    await expect(put(driver, 'rows/a', 'x'.repeat(66 * 2 ** 20))).rejects.toMatchObject({
      type: 'TooLarge',
      nonRetryable: true,
      message: expect.stringMatching(/\d{8} bytes/),
    });
  });

  it('leave no half file when the disk refuses, and go through when it does not any more', async () => {
    const root = join(folder, 'refusing');
    let refuse = true;
    const real = payloadFolder(root);
    const files = {
      ...real,
      put: async (name: string, bytes: Uint8Array) => {
        if (refuse) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        await real.put(name, bytes);
      },
    };
    const driver = payloadDriver(() => files);
    await expect(put(driver, 'rows/a', 'x')).rejects.toMatchObject({ nonRetryable: false });
    refuse = false;
    const [claim] = await put(driver, 'rows/a', 'x');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
    expect((await payloadDriver(() => real).retrieve({}, [claim as StorageDriverClaim])).map(decoded)).toEqual(['x']);
  });
});

describe('the converter of a project', () => {
  it('opens no store before a payload needs one', () => {
    const config = { store: { kind: 'azure-blob', container: 'c', connectionStringEnv: 'NOT_SET' } } as const;
    expect(() => projectConverter({ root: folder, config })).not.toThrow();
  });

  it('stores what workers send from 32 KiB on, and of what clients send what Temporal would not take', () => {
    const from = (side: 'worker' | 'client') =>
      projectConverter({ root: folder, config: {} }, side).externalStorage?.payloadSizeThreshold;
    expect([from('worker'), from('client')]).toEqual([32_768, 1_048_576]);
  });

  it('stores what was encrypted before, where payloads are', async () => {
    const root = join(folder, 'encrypted');
    process.env.PAYLOAD_KEY = Buffer.alloc(32, 3).toString('base64');
    const encryption = { keyEnv: 'PAYLOAD_KEY', payloads: true };
    const { payloadCodecs = [], externalStorage } = projectConverter({ root, config: { encryption } });
    expect(payloadCodecs).toHaveLength(1);
    const closed = await payloadCodecs[0]?.encode([payload({ word: 'a secret' })]);
    const [claim] = (await externalStorage?.drivers[0]?.store({ target: target('rows/a') }, closed ?? [])) ?? [];
    const stored = await readFile(join(root, '.sluice/store/payloads', nameOf(claim)), 'latin1');
    expect(stored).not.toContain('a secret');
  });

  it('never stores answers to queries, encrypted ones neither', async () => {
    const ring = keyringOf({ encryption: { keyEnv: 'KEY' } }, { KEY: Buffer.alloc(32, 4).toString('base64') });
    if (ring === null) throw new Error('no key');
    const answer = payload('x'.repeat(50_000));
    const marked = { ...answer, metadata: { ...answer.metadata, 'sluice-inline': new Uint8Array() } };
    const ofUi = { ...answer, metadata: { messageType: Buffer.from('temporal.api.sdk.v1.WorkflowMetadata') } };
    expect([answer, marked, ofUi].map(staysInline)).toEqual([false, true, true]);
    const closed = await payloadCodec(ring).encode([answer, marked, ofUi]);
    expect(closed.map(staysInline)).toEqual([false, true, true]);
  });
});

it('what was used lately is kept, up to a sum of sizes', () => {
  const kept = recentlyUsed<string>(10, (text) => text.length);
  kept.set('a', 'aaaa');
  kept.set('b', 'bbbb');
  expect(kept.get('a')).toBe('aaaa');
  kept.set('c', 'cccc');
  expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual(['aaaa', undefined, 'cccc']);
  kept.set('d', 'd'.repeat(11));
  expect([kept.get('a'), kept.get('c'), kept.get('d')]).toEqual([undefined, undefined, undefined]);
});

it('can be read in clear by whoever has the key, as collecting garbage must', async () => {
  const ring = { current: 'k', keys: new Map([['k', Buffer.alloc(32, 7)]]) };
  const codec = payloadCodec(ring);
  const files = payloadFolder(join(folder, `store-${++made}`));
  const [closed] = await codec.encode([payload('names sha256:abc')]);
  const [claim] = await payloadDriver(() => files).store({ target: target('rows/a') }, [closed as Payload]);
  const bytes = (await files.get(nameOf(claim))) as Uint8Array;
  expect(Buffer.from(bytes).toString('latin1')).not.toContain('sha256:abc');
  expect(Buffer.from((await payloadOpener([codec])?.(bytes)) ?? []).toString()).toBe('"names sha256:abc"');
  expect(payloadOpener([])).toBeUndefined();
});
