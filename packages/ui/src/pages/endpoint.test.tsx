import type { Candidate, EndpointState } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import type { EndpointView } from '../api.ts';
import { markup, words } from '../testing/markup.tsx';
import { start } from '../testing/views.ts';
import { EndpointPage } from './endpoint.tsx';

function version(number: number): Candidate {
  const digest = `sha256:${String(number).repeat(64)}`;
  const registered = { model: 'delays', version: String(number), url: `http://127.0.0.1:5000/#/models/${number}` };
  return { digest, uri: 'sluice:tree/x', bytes: 1000, id: `v-${number}`, registered };
}

function endpoint(state: Partial<EndpointState>, more: Partial<EndpointView> = {}): EndpointView {
  return {
    at: start,
    state: {
      endpoint: 'delays',
      mode: 'steady',
      stable: version(2),
      candidate: null,
      previous: version(1),
      formers: [version(1)],
      phase: 'stable',
      weights: { 'v-2': 100 },
      leaving: null,
      rollout: null,
      queued: [],
      history: [],
      alarm: null,
      ...state,
    },
    url: null,
    traffic: [],
    runs: {},
    temporalUrl: null,
    trouble: null,
    ...more,
  };
}

describe('the page of an endpoint', () => {
  it('says where a rollback goes and what to type', () => {
    const told = words(<EndpointPage view={endpoint({})} />);
    expect(told).toMatch(/All traffic goes from\s+v2\s+to\s+v1/);
    expect(told).toContain("sluice rollback delays --reason '…'");
  });

  it('says that nothing is there to go back to, where nothing served before', () => {
    const told = words(<EndpointPage view={endpoint({ previous: null, formers: [] })} />);
    expect(told).toContain('No version served before v2');
    expect(told).not.toContain('sluice rollback');
  });

  it('takes the candidate off while it is being rolled out', () => {
    const view = endpoint({
      mode: 'rolling-out',
      phase: 'canary 25 %',
      candidate: version(3),
      weights: { 'v-2': 75, 'v-3': 25 },
    });
    expect(words(<EndpointPage view={view} />)).toMatch(/All traffic goes back to\s+v2\s*; v3 is taken off/);
    expect(markup(<EndpointPage view={view} />)).toContain('aria-label="Traffic: v2 75 %, v3 25 %"');
  });

  it('draws shares as they were set, also where nobody counted requests, and says them in words', () => {
    const point = { requests: null, errors: null, p50: null, p95: null };
    const view = endpoint(
      {},
      {
        traffic: [
          {
            version: 'v-1',
            points: [
              { ...point, at: start, share: 100 },
              { ...point, at: start + 60_000, share: 0 },
            ],
          },
          { version: 'v-2', points: [{ ...point, at: start + 60_000, share: 100 }] },
        ],
      },
    );
    expect(markup(<EndpointPage view={view} />)).toMatch(
      /share of traffic: [\d:]+ v1 100 %, v2 0 %; [\d:]+ v1 0 %, v2 100 %/,
    );
  });

  it('tells how long callers got bad answers before a rollback, and links to the run that asked for it', () => {
    const outcome = {
      id: 'r',
      state: 'rolled-back' as const,
      candidate: version(3).digest,
      previous: version(2).digest,
      reason: 'error share',
      startedAt: start,
      endedAt: start + 9000,
      firstBadAt: start + 1000,
      offTrafficAt: start + 4200,
      evidence: [],
    };
    const html = markup(<EndpointPage view={endpoint({ history: [outcome] }, { runs: { r: 'delays/one' } })} />);
    expect(html).toContain('traffic was back 3.2 s after the first bad answer');
    expect(html).toContain('href="#/run/delays%2Fone"');
  });
});
