/** What a judge of single windows got wrong, as whole rollouts in virtual time by the real watcher; a few seeds of `bench judge`. */
import { canary } from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import { type LatencyModel, logNormal, mixture, scaled } from './testing/latency-model.ts';
import { type Behaviour, virtualEndpoint, virtualRollout, type World } from './testing/virtual-endpoint.ts';

const spec = canary([5, 25, 50]);
const usual = logNormal(50, 0.4);

type Times = (seconds: number, version: 'stable' | 'candidate') => Partial<Behaviour>;

/** Rollouts of so many that were rolled back. */
async function rolledBack(
  trials: number,
  rate: number,
  times: Times,
  more: { callers?: World['callers']; lostAt?: number } = {},
): Promise<number> {
  const { callers, lostAt } = more;
  const quiet = { errors: 0, refused: 0, aborted: 0, latency: usual };
  const world: World = {
    rate,
    behaviour: (version, seconds) => ({ ...quiet, ...times(seconds, version) }),
    ...(callers === undefined ? {} : { callers }),
  };
  let count = 0;
  for (let seed = 0; seed < trials; seed += 1) {
    const { verdict } = await virtualRollout(virtualEndpoint(world, `${rate}/${seed}`), spec, lostAt);
    if (verdict === 'rolled-back') count += 1;
  }
  return count;
}

describe('versions that are alike are not rolled back', () => {
  // Of 40 rollouts with a chance of 1 % each, 3 or more come in fewer than 1 of 100 series; these are seeded.
  const alike = async (rate: number, times: Times, more?: Parameters<typeof rolledBack>[3]) =>
    expect(await rolledBack(40, rate, times, more)).toBeLessThan(3);

  test.each([
    [0.01, 10],
    [0.03, 10],
    [0.05, 10],
    [0.05, 100],
  ])('with %d of errors at %d rps', (errors, rate) => alike(rate, () => ({ errors })));

  test('without any error at 1 rps', () => alike(1, () => ({})));

  test('with one sticky caller of fifty who always errs', () =>
    alike(10, () => ({}), { callers: [{ errors: 1 }, ...Array.from({ length: 49 }, () => ({}))] }));

  test.each([2, 10, 100])('when 4xx rise from 4 to 4.8 % for both in the bake, at %d rps', (rate) =>
    alike(rate, (seconds) => ({ refused: seconds < 180 ? 0.04 : 0.048 })),
  );

  test.each([2, 10, 100])('when both are out for 10 s, at %d rps', (rate) =>
    alike(rate, (seconds) => ({ errors: seconds >= 300 && seconds < 310 ? 1 : 0.001 })),
  );

  test('when answers of both become twice as slow', () =>
    alike(10, (seconds) => ({ latency: seconds < 200 ? usual : twice })));
});

describe('a candidate is stopped', () => {
  const stopped = async (rate: number, worse: Partial<Behaviour>, from = 0, more?: Parameters<typeof rolledBack>[3]) =>
    expect(
      await rolledBack(20, rate, (seconds, version) => (version === 'candidate' && seconds >= from ? worse : {}), more),
    ).toBe(20);

  test.each([10, 100])('that errs on 2 %%, at %d rps', (rate) => stopped(rate, { errors: 0.02 }));

  test('that answers 40 % in 2 s instead of 50 ms', () =>
    stopped(10, {
      latency: mixture([
        [50, 0.6],
        [2000, 0.4],
      ]),
    }));

  test('whose p95 is twenty times slower', () => stopped(10, { latency: seldomSlow }));

  test('whose p95 is 30 % slower, at 200 rps', () => stopped(200, { latency: scaled(usual, 1.3) }));

  test('that hangs on 31 % of requests while callers give up', () => stopped(10, { aborted: 0.31 }));

  test('that begins to refuse 40 % after its watcher was restarted more than a minute into the bake', () =>
    stopped(10, { refused: 0.4 }, 255, { lostAt: 245 }));
});

const twice = scaled(usual, 2);
const seldomSlow: LatencyModel = {
  places: [...usual.places, ...mixture([[2000, 1]]).places],
  shares: [...usual.shares.map((share) => share * 0.92), 0.08],
};
