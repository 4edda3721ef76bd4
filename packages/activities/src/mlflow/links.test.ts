import { expect, test } from 'vitest';
import { artifactPage, experimentPage, modelVersionPage, runPage } from './links.ts';

test('links lead to the pages of MLflow’s UI and carry no credentials', () => {
  const base = 'https://me:secret@mlflow.example/base/?x=1';
  expect(runPage(base, '1', 'abc')).toBe(
    'https://mlflow.example/base/#/experiments/1/runs/abc?workflowType=machine_learning',
  );
  expect(artifactPage(base, '1', 'abc', 'report.html')).toBe(
    'https://mlflow.example/base/#/experiments/1/runs/abc/artifacts/report.html?workflowType=machine_learning',
  );
  expect(experimentPage(base, '1')).toBe('https://mlflow.example/base/#/experiments/1?workflowType=machine_learning');
  expect(modelVersionPage(base, 'flüge 1', '2')).toBe(
    'https://mlflow.example/base/#/models/fl%C3%BCge%201/versions/2?workflowType=machine_learning',
  );
});
