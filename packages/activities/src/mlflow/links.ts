import { publicUrl } from './public-url.ts';

/** Pages of MLflow's UI, for people. `base` is the server's URL as a browser reaches it. */

/** Without it the UI of MLflow 3 opens on its pages about language models. */
const TRAINING = '?workflowType=machine_learning';

export function runPage(base: string, experimentId: string, runId: string): string {
  return `${publicUrl(base)}/#/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(runId)}${TRAINING}`;
}

/** @param name of a file at the top of the run's artifacts */
export function artifactPage(base: string, experimentId: string, runId: string, name: string): string {
  const [page] = runPage(base, experimentId, runId).split('?');
  return `${page}/artifacts/${encodeURIComponent(name)}${TRAINING}`;
}

export function experimentPage(base: string, experimentId: string): string {
  return `${publicUrl(base)}/#/experiments/${encodeURIComponent(experimentId)}${TRAINING}`;
}

export function modelVersionPage(base: string, model: string, version: string): string {
  return `${publicUrl(base)}/#/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}${TRAINING}`;
}
