import type { BodyDifferences } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { calls, type ReplayStand, replayStand } from './testing/replay-stand.ts';

let stand: ReplayStand;
beforeEach(async () => {
  stand = await replayStand();
});
afterEach(() => stand.close());

const warn: BodyDifferences = { as: 'warn', ignore: [], tolerate: [] };
const METRIC = 'places where answers differ by more than noise';

async function replayed(behaviour: Record<string, unknown>, differences: BodyDifferences | null) {
  stand.captured(calls(40));
  await stand.deployed({ noise: true, extra: { version: 1 } });
  const model = await stand.fix.model({ noise: true, extra: { version: 1 }, ...behaviour });
  const report = await stand.run(model, differences === null ? {} : { differences });
  const row = report.evidence.find(({ metric }) => metric === METRIC);
  return { report, row, full: await stand.full(report) };
}

describe('bodies that a replay compares', () => {
  test('show what is systematic as a warning, and not what the old version says differently each time', async () => {
    const { report, row, full } = await replayed({ add: 1 }, warn);
    expect(report.verdict).toBe('pass');
    expect(row).toMatchObject({ verdict: 'pass', value: 1, n: 40 });
    expect(row?.note).toContain('1 of 2 places where anything differs, of 40 requests compared; a warning only');
    expect(full.differences).toMatchObject([
      { path: '$.predictions[*]', raw: 40, noise: 0, systematic: true, kinds: { value: 40 } },
      { path: '$.nonce', raw: 40, noise: 40, rawOnly: 0, systematic: false },
    ]);
    const examples = full.differences?.[0]?.examples ?? [];
    expect(examples).toHaveLength(3);
    for (const { id, old, now } of examples) expect([`r${old}`, Number(now)]).toEqual([id, Number(old) + 1]);
    // Names of fields and values stay out of histories.
    expect(JSON.stringify(report.evidence)).not.toMatch(/predictions|nonce/);
  });

  test('fail the gate where that is asked for', async () => {
    const { report } = await replayed({ add: 1 }, { ...warn, as: 'block' });
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ metric: METRIC, verdict: 'fail', value: 1 });
  });

  test('pass where the same model stands on both sides, however much it says by chance', async () => {
    const { report, row } = await replayed({ name: 'the same again' }, { ...warn, as: 'block' });
    expect(report.verdict).toBe('pass');
    expect(row).toMatchObject({ value: 0 });
  });

  test('may differ as far as is tolerated, and where nobody looks', async () => {
    const tolerate = [{ path: '$.predictions', absolute: 0.5, relative: 0 }];
    const options: BodyDifferences = { as: 'block', ignore: ['$.version'], tolerate };
    const { report } = await replayed({ add: 0.5, extra: { version: 2 } }, options);
    expect(report.verdict).toBe('pass');
  });

  test('are left alone without a second copy', async () => {
    const { row, full } = await replayed({ add: 1 }, null);
    expect(row).toBeUndefined();
    expect(full.differences).toBeNull();
  });

  test('are redacted before they are shown', async () => {
    const demo = stand.fix.context.config.endpoints?.demo ?? expect.fail('no endpoint');
    Object.assign(demo, { capture: { redact: { json: ['predictions'] } } });
    const { full } = await replayed({ add: 1 }, warn);
    expect(full.differences?.[0]).toMatchObject({
      path: '$.predictions[*]',
      examples: [{ old: '0', now: '0' }, {}, {}],
    });
  });
});

describe('answers whose shape is another each time', () => {
  const SHAPE = 'requests whose answers differ in shape no more than the old version from itself';

  test('are no regressions of the same model, and evidence and report say so', async () => {
    stand.captured(calls(60));
    const report = await stand.run(await stand.deployed({ tags: true }), { differences: warn });
    expect(report.verdict).toBe('pass');
    expect(report.evidence[0]).toMatchObject({ value: 0, n: 60 });
    const row = report.evidence.find(({ metric }) => metric === SHAPE);
    expect(row).toMatchObject({ verdict: 'pass', value: 60, n: 60 });
    const { counts, shapeNoise } = await stand.full(report);
    expect(counts).toMatchObject({ passed: 60, regressions: 0, flaky: 0, withinNoise: 60 });
    expect(shapeNoise).toHaveLength(60);
    expect(shapeNoise?.[0]).toMatchObject({ path: expect.stringContaining('$.tags["tag 0.'), raw: 1, noise: 1 });
    // Names of fields stay out of histories.
    expect(JSON.stringify(report.evidence)).not.toContain('tags');
  });

  test('do not hide a field that is gone, and it is named', async () => {
    stand.captured(calls(60));
    await stand.deployed({ tags: true, extra: { version: 1 } });
    const report = await stand.run(await stand.fix.model({ tags: true }), { differences: warn });
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ verdict: 'fail', value: 60 });
    const { regressions } = await stand.full(report);
    expect(new Set(regressions.map(({ why }) => why))).toEqual(new Set(['$.version is missing']));
  });

  test('do not hide that nothing is left of what varies, and it is told how often', async () => {
    stand.captured(calls(60));
    await stand.deployed({ tags: true });
    const report = await stand.run(await stand.fix.model({ extra: { tags: {} } }), { differences: warn });
    expect(report.verdict).toBe('fail');
    const { regressions } = await stand.full(report);
    expect(regressions).toHaveLength(60);
    const why = "$.tags is empty: so in 60 of 60 answers, and in 0 of the old version's second copy";
    expect(regressions[0]).toMatchObject({ why });
  });

  test('are regressions where no second copy of the old version tells what is noise', async () => {
    stand.captured(calls(60));
    const report = await stand.run(await stand.deployed({ tags: true }));
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ value: 60 });
  });
});
