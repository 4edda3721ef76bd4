import { canary, type Evidence, type HealthPolicy, worstOf } from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import { judgeHealth } from './judge-health.ts';
import type { JudgedTraffic } from './judged-traffic.ts';

const policy: HealthPolicy = canary([5]).health; // 20 requests, 5 % at most, 1 % more than stable, twice the median

function traffic(
  requests: number,
  more: { errors?: number; refused?: number; latency?: number[] } = {},
): JudgedTraffic {
  const {
    errors = 0,
    refused = 0,
    latency = Array.from({ length: Math.min(requests, 500) }, (_, i) => 10 + (i % 5)),
  } = more;
  const samples = [...latency].sort((a, b) => a - b);
  return {
    requests,
    errors,
    byStatus: { '2xx': requests - errors - refused, '4xx': refused, '5xx': errors },
    latency: { count: samples.length, p50: samples[Math.floor(samples.length / 2)] ?? null, samples },
    firstErrorAt: errors > 0 ? 1 : null,
  };
}

function verdict(candidate: JudgedTraffic, stable: JudgedTraffic | null, overrides: Partial<HealthPolicy> = {}) {
  return worstOf(judgeHealth({ candidate, stable, policy: { ...policy, ...overrides } }).map((row) => row.verdict));
}

function row(rows: readonly Evidence[], metric: string): Evidence | undefined {
  return rows.find((one) => one.metric.startsWith(metric));
}

describe('errors', () => {
  test('like the stable version’s pass', () => {
    expect(verdict(traffic(500, { errors: 1 }), traffic(9500, { errors: 20 }))).toBe('pass');
  });

  test('beyond doubt more than the stable version’s fail', () => {
    const candidate = traffic(500, { errors: 20 });
    const stable = traffic(9500, { errors: 10 });
    expect(verdict(candidate, stable)).toBe('fail');
    const errors = row(judgeHealth({ candidate, stable, policy }), 'error share');
    expect(errors).toMatchObject({ value: 0.04, n: 500 });
    expect(errors?.p).toBeLessThan(1e-9);
  });

  test('that are more by less than the margin pass, however sure the difference is', () => {
    // 0.9 % against 0.1 %: Fisher is far below 1 %, the margin is 1 %.
    expect(verdict(traffic(10_000, { errors: 90 }), traffic(100_000, { errors: 100 }))).toBe('pass');
  });

  test('that may be chance are inconclusive', () => {
    expect(verdict(traffic(20, { errors: 1 }), traffic(400))).toBe('inconclusive');
  });

  test('over the absolute limit fail even when the stable version is as bad', () => {
    expect(verdict(traffic(200, { errors: 40 }), traffic(200, { errors: 40 }))).toBe('fail');
  });

  test('fail without a stable version to compare with', () => {
    expect(verdict(traffic(100, { errors: 30 }), null)).toBe('fail');
    expect(verdict(traffic(100, { errors: 0 }), null)).toBe('pass');
  });

  test('of every request fail long before there are enough requests to pass', () => {
    // 0.05³ = 0.000125: the exact test needs no more.
    expect(verdict(traffic(3, { errors: 3 }), null)).toBe('fail');
    expect(verdict(traffic(1, { errors: 1 }), null)).toBe('inconclusive');
  });

  test('are not allowed at all where the limit is 0', () => {
    expect(verdict(traffic(1000, { errors: 1 }), null, { maxErrorRate: 0 })).toBe('fail');
  });
});

describe('too few requests', () => {
  test('are inconclusive and say how many are missing', () => {
    const rows = judgeHealth({ candidate: traffic(7), stable: traffic(1000), policy });
    expect(worstOf(rows.map((one) => one.verdict))).toBe('inconclusive');
    expect(row(rows, 'error share')?.note).toBe('7 of the 20 requests that a verdict needs');
  });

  test('that is none at all is inconclusive', () => {
    expect(verdict(traffic(0), traffic(1000))).toBe('inconclusive');
  });
});

describe('refused requests', () => {
  test('that the stable version takes fail', () => {
    expect(verdict(traffic(200, { refused: 30 }), traffic(2000, { refused: 10 }))).toBe('fail');
  });

  test('that the stable version refuses as well are the callers’ fault', () => {
    expect(verdict(traffic(200, { refused: 40 }), traffic(2000, { refused: 400 }))).toBe('pass');
  });
});

describe('latency', () => {
  const slow = Array.from({ length: 100 }, (_, i) => 30 + (i % 7));

  test('of more than the factor fails, with the shift and its interval', () => {
    const rows = judgeHealth({ candidate: traffic(100, { latency: slow }), stable: traffic(1000), policy });
    const latency = row(rows, 'median latency');
    expect(latency).toMatchObject({ verdict: 'fail', value: 33, baseline: 12 });
    expect(latency?.effect).toBeCloseTo(21, 6);
    expect(latency?.interval?.[0]).toBeGreaterThan(18);
    expect(latency?.p).toBeLessThan(1e-20);
  });

  test('that is a little slower beyond doubt passes', () => {
    expect(verdict(traffic(500, { latency: Array.from({ length: 500 }, () => 18) }), traffic(1000))).toBe('pass');
  });

  test('of a fraction of a millisecond more is noise', () => {
    const fast = traffic(500, { latency: Array.from({ length: 500 }, (_, i) => 0.2 + (i % 3) / 100) });
    const slower = traffic(500, { latency: Array.from({ length: 500 }, (_, i) => 0.9 + (i % 3) / 100) });
    expect(verdict(slower, fast)).toBe('pass');
  });

  test('of a few slow answers is inconclusive', () => {
    const rows = judgeHealth({
      candidate: traffic(20, {
        latency: [...Array.from({ length: 9 }, () => 10), ...Array.from({ length: 11 }, () => 40)],
      }),
      stable: traffic(20, {
        latency: [...Array.from({ length: 11 }, () => 10), ...Array.from({ length: 9 }, () => 40)],
      }),
      policy,
    });
    expect(row(rows, 'median latency')?.verdict).toBe('inconclusive');
  });
});

describe('mirrored requests', () => {
  test('that only the stable version answers fail', () => {
    const shadow = { ...traffic(200), comparison: { compared: 200, worse: 20 } };
    expect(verdict(shadow, traffic(200))).toBe('fail');
  });

  test('that both answer pass', () => {
    expect(verdict({ ...traffic(200), comparison: { compared: 200, worse: 0 } }, traffic(200))).toBe('pass');
  });
});
