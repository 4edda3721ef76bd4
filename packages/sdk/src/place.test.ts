import { expect, test } from 'vitest';
import { placeIn } from './place.ts';

const raised = (...lines: string[]) => ({ stack: ['TypeError: x is not a function', ...lines].join('\n') });

test.each([
  ['in a run', '    at run (/home/ana/my rents/pipelines/a.ts:12:5)', 'pipelines/a.ts:12'],
  ['in this process', '    at run (file:///home/ana/my%20rents/pipelines/a.ts:12:5)', 'pipelines/a.ts:12'],
  ['outside of any function', '    at file:///home/ana/my%20rents/pipelines/a.ts:3:1', 'pipelines/a.ts:3'],
  ['after a wait', '    at async run (/home/ana/my rents/pipelines/größe.ts:7:5)', 'pipelines/größe.ts:7'],
  ['in a file that was loaded anew', '    at run (file:///home/ana/my%20rents/a.ts?2:7:5)', 'a.ts:7'],
])('the place of an error %s is file and line', (_, line, place) => {
  const stack = raised('    at step (/home/ana/my rents/node_modules/@sluice/sdk/x.ts:1:1)', line);
  expect(placeIn('/home/ana/my rents', stack)).toBe(place);
});

test('the place nearest to where it was raised counts', () => {
  const stack = raised('    at inner (/p/lib.ts:1:2)', '    at outer (/p/pipelines/a.ts:9:9)');
  expect(placeIn('/p', stack)).toBe('lib.ts:1');
});

test('what lies elsewhere, or has no stack, has no place', () => {
  expect(placeIn('/p', raised('    at x (/projects/a.ts:1:1)', '    at x (node:internal/a:1:1)'))).toBeNull();
  expect(placeIn('/p', raised('    at x (/p/.sluice/workflows/a.entry.ts:1:1)'))).toBeNull();
  expect(placeIn('', raised('    at x (/p/a.ts:1:1)'))).toBeNull();
  expect(placeIn('/p', 'text')).toBeNull();
  expect(placeIn('/p', null)).toBeNull();
});
