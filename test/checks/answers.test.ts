import type { Checked } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sluice } from '../bad-input/sluice.ts';
import { type ProjectStack, projectStack } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';

const short = { steps: 3, pace: 0 };
const SENT = 40;

let project: ProjectStack;

beforeAll(async () => {
  project = await projectStack();
  const first = await project.start('release', { trainer: short, on: 'cpu', endpoint: 'shop-1' });
  expect(await first.result()).toMatchObject({ state: 'deployed' });
  for (let i = 0; i < SENT; i += 1) {
    const response = await fetch(`${project.stack.gateway.url}/shop-1/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dataframe_records: [{ i }] }),
    });
    expect(response.status).toBe(200);
    await response.text();
  }
});
afterAll(() => project?.close());

function checked(endpoint: string, most: number, key: string) {
  return project.start('answers', { trainer: short, on: 'cpu', endpoint, most }, key);
}

type Both = { readonly own: Checked; readonly live: Checked };

describe('what a new model answers, before it has traffic', () => {
  it('passes where all of it is within bounds, to rows of a dataset and to what callers have sent', async () => {
    // Captures are written a moment after their answers.
    let last: Both | undefined;
    let tries = 0;
    await waitFor('all captures', async () => {
      last = (await (await checked('shop-1', 200, `well-${++tries}`)).result()) as Both;
      return last.live.evidence[0]?.n === SENT;
    });
    expect(last).toMatchObject({ own: { verdict: 'pass' }, live: { verdict: 'pass', candidate: last?.own.candidate } });
    expect(last?.own.evidence).toMatchObject([{ n: 100 }, { metric: 'not null', n: 100 }]);
    const shown = await sluice(project.root, ['status', `answers/well-${tries}`]);
    expect(shown.out).toMatch(/live +check +done .* pass/);
    expect(shown.out).toContain('report    live');
  });

  it('fails where some of it is not, and says how much', async () => {
    const { own, live } = (await (await checked('shop-1', 60, 'high')).result()) as Both;
    expect(own).toMatchObject({ verdict: 'fail', evidence: [{ slice: 'prediction', value: 0.31, n: 100 }, {}] });
    expect(live).toMatchObject({
      verdict: 'fail',
      evidence: [{ slice: 'prediction', value: 31 / 40, n: SENT }, {}, {}],
    });
    expect(live.evidence[0]?.note).toContain('9 of 40 unexpected');
  });

  it('is inconclusive for an endpoint that nobody has asked anything', async () => {
    const { live } = (await (await checked('shop-2', 200, 'quiet')).result()) as Both;
    expect(live).toMatchObject({ verdict: 'inconclusive', data: null, evidence: [{ metric: 'rows', value: 0 }] });
  });
});
