import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pageLink, type Route, routeOf } from './route.ts';

describe('links to pages', () => {
  it.each<Route>([
    { page: 'runs' },
    { page: 'runs', pipeline: 'a', state: 'failed', text: 'zo\u00eb & co', after: 'x=' },
    { page: 'run', id: 'flight-delays/june' },
    { page: 'run', id: 'large/keys', after: 300 },
    { page: 'step', run: 'a/b', step: 'airport=EWR%2Fx/delay', attempt: 2 },
    { page: 'endpoints' },
    { page: 'endpoint', name: 'größe' },
    { page: 'artifact', digest: `sha256:${'0'.repeat(64)}` },
  ])('lead back to where they came from: %o', (route) => {
    expect(routeOf(pageLink(route))).toEqual(route);
  });

  it('keep any name of a run and a step', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(name, name, (run, step) => {
        expect(routeOf(pageLink({ page: 'step', run, step }))).toEqual({ page: 'step', run, step });
      }),
    );
  });

  it('that are broken are told as such and throw nothing', () => {
    for (const hash of ['#/nowhere', '#/run/', '#/run/%E0%A4%A', '#/run/a/step/', '#x', '#/endpoint']) {
      expect(['unknown', 'run']).toContain(routeOf(hash).page);
    }
    expect(routeOf('')).toEqual({ page: 'runs' });
    expect(routeOf('#/run/a?after=-4')).toEqual({ page: 'run', id: 'a' });
  });
});
