import type { ActivityContext, MlflowClient } from '@sluice/activities';
import { expect, test } from 'vitest';
import type { LoadedConfig } from '../config/load-config.ts';
import { workerReports } from './worker-reports.ts';

const { signal } = new AbortController();

function place(uri: string | null, config: object = {}): Promise<string | null> {
  const info = { run_id: 'r', experiment_id: '7', artifact_uri: uri };
  const mlflow = { url: 'http://m', getRun: async () => (uri === null ? null : { info }) } as unknown as MlflowClient;
  const context = { mlflow } as unknown as ActivityContext;
  const loaded = { config } as unknown as LoadedConfig;
  return workerReports({ loaded, target: {} as never, context }).place('r', signal);
}

test('a report will be where MLflow shows files of the run, if MLflow takes them and still has the run', async () => {
  expect(await place('mlflow-artifacts:/7/r/artifacts')).toBe(
    'http://m/#/experiments/7/runs/r/artifacts/report.html?workflowType=machine_learning',
  );
  expect(await place('s3://bucket/7/r/artifacts')).toBeNull();
  expect(await place(null)).toBeNull();
});

test('a project that keeps reports in its store names no place in MLflow', async () => {
  expect(await place('mlflow-artifacts:/7/r/artifacts', { reports: 'stored' })).toBeNull();
});
