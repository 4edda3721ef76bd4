import { expect, it } from 'vitest';
import { meantStep, noStep } from './meant-step.ts';

const paths = ['flights', 'airport=EWR/delay', 'airport=JFK/delay', 'airport=EWR/hub=a/fit', 'delays'];

it('a step is meant by its path, its name or its name and keys', () => {
  expect(meantStep(paths, 'flights', {})).toBe('flights');
  expect(meantStep(paths, 'airport=EWR/delay', {})).toBe('airport=EWR/delay');
  expect(meantStep(paths, 'delay', { airport: 'JFK' })).toBe('airport=JFK/delay');
  expect(meantStep(paths, 'fit', {})).toBe('airport=EWR/hub=a/fit');
  expect(meantStep(paths, 'fit', { airport: 'EWR', hub: 'a' })).toBe('airport=EWR/hub=a/fit');
  expect(meantStep(['map=a%2Fb/x', 'map=c/x'], 'x', { map: 'a/b' })).toBe('map=a%2Fb/x');
});

it('a name that several steps have is refused with their paths, one that none has is answered with those there are', () => {
  expect(() => meantStep(paths, 'delay', {})).toThrow('2 steps go by "delay".');
  expect(meantStep(paths, 'delay', { airport: 'LGA' })).toBeNull();
  expect(noStep('r', 'flihgts', paths).message).toBe('The run has begun no step "flihgts". Did you mean "flights"?');
});
