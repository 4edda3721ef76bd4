import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startMany } from '../../bench/page/many-runs.ts';
import { resolveConfig } from '../../packages/cli/src/config/resolved-config.ts';
import { openSources, type Sources } from '../../packages/cli/src/records/sources.ts';
import { startUiServer, type UiServer } from '../../packages/cli/src/ui/server.ts';
import type { RunsView, RunView, StepView } from '../../packages/ui/src/api.ts';
import { stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

/** So many keys are done by four children. */
const KEYS = 520;
let kit: Kit;
let sources: Sources;
let pages: UiServer;
let id: string;

beforeAll(async () => {
  const entry = fileURLToPath(new URL('../../bench/fan-out/models/entry.ts', import.meta.url));
  kit = await workflowKit((project, client) => stubActivities(project, client), { bundle: await workflowCode(entry) });
  const config = resolveConfig({ project: kit.project, pipelines: [], mlflow: false });
  const loaded = { root: kit.root, path: join(kit.root, 'sluice.config.ts'), config };
  sources = openSources({ loaded, address: inject('temporal').address });
  pages = await startUiServer({ sources, port: 0, version: '0' });
  // Characters that Temporal's list has its own mind about.
  id = `many-keys/${kit.project}-\\"?%_'✈`;
  const run = await kit.start('many-keys', { keys: KEYS, concurrency: 50 }, { id });
  await run.result();
});
afterAll(async () => {
  await pages?.close();
  await sources?.close();
  await kit?.close();
});

async function get<View>(path: string): Promise<View> {
  const response = await fetch(`${pages.url}/api/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as View;
}

it('every key of a large map is on one of the pages of its run, once, and its step can be opened', async () => {
  const steps: string[] = [];
  let pagesRead = 0;
  for (let after: number | null = 0; after !== null; pagesRead += 1) {
    const view: RunView = await get<RunView>(`run?id=${encodeURIComponent(id)}&after=${after}&limit=150`);
    expect(view.row).toMatchObject({ id, pipeline: 'many-keys', state: 'done' });
    expect(view.result).toEqual({ keys: KEYS, last: `key=key-${KEYS - 1}/work` });
    steps.push(...view.status.steps.map(({ step }) => step));
    after = view.status.next ?? null;
  }
  expect(pagesRead).toBeGreaterThan(3);
  expect(steps.filter((step) => step !== 'key').length).toBe(KEYS);
  expect(new Set(steps)).toEqual(
    new Set(['key', ...Array.from({ length: KEYS }, (_, index) => `key=key-${index}/work`)]),
  );
  const last = await get<StepView>(`step?run=${encodeURIComponent(id)}&step=key%3Dkey-${KEYS - 1}%2Fwork`);
  expect(last).toMatchObject({ status: { state: 'done' }, spec: { hyper: { key: `key-${KEYS - 1}` } }, trouble: null });
});

it('the machine time of a large map is that of all its parts, once they have told it', async () => {
  const cost = await waitFor('the parts to tell', async () => {
    const view = await get<RunView>(`run?id=${encodeURIComponent(id)}`);
    return view.cost !== null && !view.cost.why?.includes('parts') ? view.cost : null;
  });
  expect(cost).toMatchObject({ amount: null, why: 'no price for class cpu' });
});

it('runs are listed page by page, each once, and a text finds one among hundreds', async () => {
  await startMany(kit.client, 450);
  const seen: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const view: RunsView = await get<RunsView>(`runs?pipeline=page&limit=200&after=${after}`);
    expect(view.total).toBe(450);
    seen.push(...view.runs.map((run) => run.id));
    after = view.next;
  }
  expect(seen.length).toBe(450);
  expect(new Set(seen).size).toBe(450);
  const found = await get<RunsView>('runs?text=page-449');
  expect(found.runs.map((run) => run.id)).toEqual(['page/page-449']);
});
