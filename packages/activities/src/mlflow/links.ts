import { publicUrl } from './public-url.ts';

/** Pages of MLflow's UI, for people. `base` is the server's URL as a browser reaches it. */

export function runPage(base: string, experimentId: string, runId: string): string {
  return `${publicUrl(base)}/#/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(runId)}`;
}

export function experimentPage(base: string, experimentId: string): string {
  return `${publicUrl(base)}/#/experiments/${encodeURIComponent(experimentId)}`;
}

export function modelVersionPage(base: string, model: string, version: string): string {
  return `${publicUrl(base)}/#/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`;
}
