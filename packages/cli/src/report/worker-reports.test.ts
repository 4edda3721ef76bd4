import type { ActivityContext, MlflowClient } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { expect, test, vi } from 'vitest';
import type { LoadedConfig } from '../config/load-config.ts';
import { exampleReport } from './testing/example.ts';
import { workerReports } from './worker-reports.ts';

vi.mock('./gather/gather.ts', () => ({ gatherReport: async () => exampleReport() }));

const artifact = { kind: 'report', uri: 'sluice:blob/00', digest: 'sha256:00', bytes: 1 };
const shown = 'http://m/#/experiments/7/runs/r/artifacts/report.html?workflowType=machine_learning';

/** A worker whose MLflow knows one run and does with a file what it is told to. */
function stand({ uri = 'mlflow-artifacts:/7/r/artifacts', config = {}, put = async () => {} } = {}) {
  const stored: string[] = [];
  const putArtifact = vi.fn(put);
  const info = { run_id: 'r', experiment_id: '7', artifact_uri: uri };
  const getRun = async (id: string) => (id === 'r' ? { info } : null);
  const mlflow = { url: 'http://m', getRun, putArtifact } as unknown as MlflowClient;
  const store = { putText: async (text: string) => stored.push(text) && artifact };
  const context = { mlflow, store } as unknown as ActivityContext;
  const loaded = { config } as unknown as LoadedConfig;
  return { stored, putArtifact, ...workerReports({ loaded, target: {} as never, context }) };
}

const { signal } = new AbortController();
const run = { workflowId: 'writer/nightly-41', mlflowRunId: 'r' };

test('a report will be where MLflow shows files of the run, if MLflow takes them and still has the run', async () => {
  expect(await stand().place('r', signal)).toBe(shown);
  expect(await stand({ uri: 's3://bucket/7/r/artifacts' }).place('r', signal)).toBeNull();
  expect(await stand().place('gone', signal)).toBeNull();
});

test('the page is put into the store and attached to the run', async () => {
  const { stored, putArtifact, write } = stand();
  expect(await write(run, signal)).toEqual({ at: exampleReport().at, artifact, page: shown, warning: null });
  expect(stored[0]).toContain('Version 41 was rejected');
  expect(putArtifact).toHaveBeenCalledWith(
    expect.anything(),
    expect.objectContaining({ name: 'report.html', text: stored[0] }),
    expect.anything(),
  );
});

test('a page that MLflow does not take is in the store, and says in one line why it is there only', async () => {
  const put = async () => {
    throw new SluiceError(ErrorCode.Unreachable, 'MLflow does not answer.\nAt all.');
  };
  const { stored, write } = stand({ put });
  const warning = 'not attached in MLflow: MLflow does not answer.';
  expect(await write(run, signal)).toMatchObject({ artifact, page: null, warning });
  expect(stored).toHaveLength(1);
});

test('a run that was deleted in MLflow has its report in the store', async () => {
  const { write } = stand();
  expect(await write({ ...run, mlflowRunId: 'gone' }, signal)).toMatchObject({
    page: null,
    warning: expect.stringMatching(/^not attached in MLflow: MLflow has no run gone/),
  });
});

test.each([
  ['keeps reports in its store', { reports: 'stored' }],
  ['encrypts its histories and says nothing of reports', { encryption: { keyEnv: 'K', payloads: true } }],
])('a project that %s names no place in MLflow, and puts nothing there', async (_, config) => {
  const { place, write, putArtifact } = stand({ config });
  expect(await place('r', signal)).toBeNull();
  expect(await write(run, signal)).toMatchObject({ artifact, page: null, warning: null });
  expect(putArtifact).not.toHaveBeenCalled();
});

test('nothing is put anywhere once it is too late: a later report may be there by then', async () => {
  const { stored, putArtifact, write } = stand();
  await expect(write(run, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  expect([stored.length, putArtifact.mock.calls.length]).toEqual([0, 0]);
});
