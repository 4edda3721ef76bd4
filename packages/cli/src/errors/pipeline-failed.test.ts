import { SluiceError } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { pipelineFailed } from './pipeline-failed.ts';

const raised = (message: string) =>
  Object.assign(new TypeError(message), { stack: `TypeError: ${message}\n    at run (file:///p/pipelines/a.ts:7:3)` });

test('an error of a pipeline’s own has its class for a code, and its line', () => {
  expect(pipelineFailed(raised('x.no is not a function'), '/p', 'a')).toMatchObject({
    code: 'TypeError',
    message: 'The pipeline a threw an error of its own: x.no is not a function',
    where: 'pipelines/a.ts:7',
    fix: 'Mend the code at pipelines/a.ts:7.',
  });
});

test.each([
  ['sleep', 'Workflow.sleep(...) may only be used from a Workflow Execution'],
  ['condition', 'Workflow.condition(...) may only be used from a Workflow Execution.'],
  ['an activity', 'Workflow.scheduleActivity(...) may only be used from a Workflow Execution'],
])('%s, which only a run has, is called that', (call, message) => {
  expect(pipelineFailed(raised(message), '/p', 'a')).toMatchObject({
    code: 'OnlyInRun',
    message: `The pipeline a calls ${call}, which works in a run only: here is no Temporal.`,
    where: 'pipelines/a.ts:7',
    fix: 'Run up to a step before it: sluice step a STEP. Or start a run: sluice run a',
  });
});

test('failed keys of a map are not sent to `sluice retry`, which needs a run', () => {
  const error = new SluiceError('MapFailed', '1 of 2', { where: 'map k', fix: 'run `sluice retry`', data: [] });
  expect(pipelineFailed(error, '/p', 'a')).toMatchObject({
    code: 'MapFailed',
    where: 'map k',
    fix: 'Mend what they say, or set `tolerate`, and run the command again.',
  });
});

test('an error of Sluice’s stays what it is', () => {
  const error = new SluiceError('NotFound', 'x');
  expect(pipelineFailed(error, '/p', 'a')).toBe(error);
});
