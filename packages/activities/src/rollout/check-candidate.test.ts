import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, Evidence, Model } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { checkCandidateActivity } from './check-candidate.ts';

let fix: Fixture;
beforeEach(async () => {
  fix = await fixture();
});
afterEach(() => fix.remove());

const candidateOf = ({ digest, uri, bytes }: Model): Candidate => ({ digest, uri, bytes, id: 'v2', registered: null });

function check(candidate: Candidate, baselines: (string | null)[] = []) {
  const ref = { workflowId: 'p/1', pipeline: 'p', step: 'demo', name: 'demo', keys: {} };
  return checkCandidateActivity(fix.context)({ ref, endpoint: 'demo', candidate, baselines });
}

function deployed(digest: string): void {
  fix.endpoint = { stable: { digest, uri: 'sluice:tree/0', bytes: 1, id: 'v1', registered: null } };
}

const verdicts = (rows: readonly Evidence[]) => Object.fromEntries(rows.map((row) => [row.metric, row.verdict]));

describe('a candidate', () => {
  test('that is whole and answers passes, and its server is gone afterwards', async () => {
    const health = await check(candidateOf(await fix.model({})));
    expect(health).toMatchObject({ name: 'candidate health', verdict: 'pass' });
    expect(await readdir(join(fix.context.stateDir, 'work'))).toEqual([]);
  });

  test('whose artifact is gone fails', async () => {
    const model = await fix.model({});
    await fix.context.store.discard([model], []);
    const { verdict, evidence } = await check(candidateOf(model));
    expect(verdict).toBe('fail');
    expect(evidence[0]?.note).toContain('is not there');
  });

  test('whose server does not get ready fails with its log', async () => {
    const { verdict, evidence } = await check(candidateOf(await fix.model({ ping: 'exit' })));
    expect(verdict).toBe('fail');
    expect(evidence[0]).toMatchObject({ metric: 'server gets ready' });
    expect(evidence[0]?.note).toContain('cannot load the weights');
  });
});

describe('evidence', () => {
  const old = `sha256:${'a'.repeat(64)}`;
  const newer = `sha256:${'b'.repeat(64)}`;

  test('measured against what still serves stands', async () => {
    deployed(old);
    expect((await check(candidateOf(await fix.model({})), [old])).verdict).toBe('pass');
  });

  test('measured against a version that was replaced meanwhile closes the gate and names both', async () => {
    deployed(newer);
    const { verdict, evidence } = await check(candidateOf(await fix.model({})), [old]);
    expect(verdict).toBe('inconclusive');
    expect(evidence[0]?.note).toBe(
      'production moved from sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb since the evidence was measured',
    );
  });

  test('measured on an empty endpoint stands while it is empty, and no longer', async () => {
    const candidate = candidateOf(await fix.model({}));
    expect((await check(candidate, [null])).verdict).toBe('pass');
    deployed(old);
    const { verdict, evidence } = await check(candidate, [null]);
    expect(verdict).toBe('inconclusive');
    expect(evidence[0]?.note).toContain('from an empty endpoint to sha256:aaaa');
  });

  test('of several gates stands only when all of them were measured against what serves', async () => {
    deployed(old);
    expect((await check(candidateOf(await fix.model({})), [old, old])).verdict).toBe('pass');
    expect((await check(candidateOf(await fix.model({})), [newer, old])).verdict).toBe('inconclusive');
  });

  test('is not asked for once the candidate itself is what serves', async () => {
    const candidate = candidateOf(await fix.model({}));
    deployed(candidate.digest);
    expect((await check(candidate, [old])).verdict).toBe('pass');
  });

  test('that names no baseline is not asked about production', async () => {
    const { evidence } = await check(candidateOf(await fix.model({})));
    expect(Object.keys(verdicts(evidence))).toEqual(['artifact is whole', 'server gets ready']);
  });
});
