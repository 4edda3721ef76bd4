import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Candidate, Model, ReplaySpec, Report } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { type Fixture, fixture } from '../../serving/testing/fixture-context.ts';
import { replayActivity } from '../replay.ts';
import type { DifferingPlace } from '../systematic.ts';

/** A gateway that has captured requests, and a project whose endpoint it serves. */
export interface ReplayStand {
  readonly fix: Fixture;
  readonly gateway: Server;
  readonly adminUrl: string;
  /** What the gateway answers, as text or piece by piece. */
  text: string | (() => AsyncIterable<string>);
  /** What it was asked. */
  readonly asked: readonly string[];
  captured(lines: readonly (object | string)[]): void;
  /** Stores a model and puts it on the endpoint. */
  deployed(behaviour: Record<string, unknown>): Promise<Model>;
  run(model: Model, options?: Partial<ReplaySpec>): Promise<Report>;
  full(report: Report): Promise<FullReport>;
  close(): Promise<void>;
}

export interface FullReport {
  counts: Record<string, number>;
  failureBound: number | null;
  capturedBound: { most: number; of: number } | null;
  differences: DifferingPlace[] | null;
  shapeNoise: DifferingPlace[] | null;
  regressions: ShownRequest[];
  waivers: { expired: boolean; matched: number; reason: string }[];
  waived: ShownRequest[];
  flaky: ShownRequest[];
  stale: ShownRequest[];
  coverage: { route: string; inputClass: string; captured: number; sent: number }[];
}

interface ShownRequest {
  id: string;
  why: string;
  route: string;
  body: string | null;
  old: { status: number; text: string };
  new: { status: number | null; text: string };
}

export async function replayStand(overrides: Partial<ActivityContext> = {}): Promise<ReplayStand> {
  const asked: string[] = [];
  const gateway = createServer((request, response) => {
    // Nothing but captured requests: it has no such endpoint otherwise.
    if (!request.url?.includes('/requests')) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    asked.push(request.url);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const { text } = stand;
    if (typeof text === 'string') response.end(text);
    else
      Readable.from(text())
        .on('error', () => {})
        .pipe(response);
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  const adminUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const fix = await fixture({ ...overrides, gateway: { url: adminUrl, adminUrl } });
  const stand: ReplayStand = {
    fix,
    gateway,
    adminUrl,
    text: '',
    asked,
    captured(lines) {
      stand.text += lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    },
    async deployed(behaviour) {
      const model = await fix.model(behaviour);
      fix.endpoint = { stable: candidateOf(model) };
      return model;
    },
    run: (model, options = {}) => replayActivity(fix.context)(inputOf(model, options)),
    full: async (report) => (await fix.report(report.report)) as FullReport,
    async close() {
      gateway.closeAllConnections();
      gateway.close();
      await fix.remove();
    },
  };
  return stand;
}

export function candidateOf({ digest, uri, bytes }: Model): Candidate {
  return { digest, uri, bytes, id: 'v1', registered: null };
}

export function inputOf(model: Model, options: Partial<ReplaySpec> = {}) {
  const ref = { workflowId: 'p/1', pipeline: 'p', step: 'recent', name: 'recent', keys: {} };
  const spec: ReplaySpec = {
    kind: 'replay',
    name: 'recent',
    model,
    endpoint: 'demo',
    last: 60_000,
    limit: 1000,
    confirm: 3,
    deadline: 20_000,
    maxStale: 0.05,
    seed: 0,
    on: null,
    temporal: null,
    ...options,
  };
  return { ref, spec, parentRunId: null };
}

/** A captured call of `/invocations` with one row. */
export function call(id: string, row: Record<string, unknown>, overrides: Record<string, unknown> = {}) {
  return {
    id,
    at: new Date().toISOString(),
    endpoint: 'demo',
    method: 'POST',
    path: '/invocations',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [row] }),
    status: 200,
    responseBody: '{"predictions":[1]}',
    latencyMs: 3,
    version: 'v1',
    digest: 'sha256:0',
    ...overrides,
  };
}

export function calls(n: number) {
  return Array.from({ length: n }, (_, i) => call(`r${i}`, { key: `k${i}`, x: i }));
}
