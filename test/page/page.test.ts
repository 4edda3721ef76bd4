import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readDevFile } from '../../packages/cli/src/dev/dev-file.ts';
import type {
  ArtifactView,
  EndpointsView,
  EndpointView,
  LogView,
  ProjectView,
  RunsView,
  RunView,
  StepView,
  Trouble,
} from '../../packages/ui/src/api.ts';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { listenTo } from './events.ts';

let project: ProjectStack;
let run: RunHandle;
/** What a page that was open all the while heard of the run. */
let watched: ReturnType<typeof listenTo>;

beforeAll(async () => {
  project = await projectStack();
  run = await project.start('life', {
    trainer: { steps: 300, pace: 50, every: 50 },
    gates: 'none',
    on: 'on-demand',
    endpoint: 'shop',
  });
  watched = listenTo(`${project.stack.pageUrl}/api/live?run=${encodeURIComponent(run.workflowId)}`);
  await waitFor('the question', async () => (await run.status()).gates.length > 0, 240_000);
});
afterAll(async () => {
  watched?.close();
  await project?.close();
});

async function get<View>(path: string): Promise<View> {
  const response = await fetch(`${project.stack.pageUrl}/api/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as View;
}

async function troubleAt(path: string): Promise<Trouble & { readonly status: number }> {
  const response = await fetch(`${project.stack.pageUrl}/api/${path}`);
  return { status: response.status, ...((await response.json()) as Trouble) };
}

/** Stops a part with all its processes, as a machine that hangs does. @returns how to let it go on */
function halt(part: string): () => void {
  const group = -(project.stack.pidOf(part) ?? 0);
  if (group === 0) throw new Error(`${part} does not run`);
  kill(group, 'SIGSTOP');
  return () => void kill(group, 'SIGCONT');
}

const named = (id: string) => encodeURIComponent(id);
const stepOf = (step: string) => get<StepView>(`step?run=${named(run.workflowId)}&step=${named(step)}`);

describe('while a run waits for an answer', () => {
  it('a page that was open heard the training go on, step by step, and the question', async () => {
    const views = () => watched.heard.flatMap(({ event, value }) => (event === 'run' ? [value as RunView] : []));
    await waitFor('the question on the page', async () => views().some(({ row }) => row.state === 'awaiting-approval'));
    const steps = views().flatMap(({ jobs }) => jobs.flatMap(({ progress }) => progress?.step ?? []));
    expect(new Set(steps).size).toBeGreaterThan(2);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(views().at(-1)?.status.gates[0]).toMatchObject({ endpoint: 'shop', state: 'awaiting-approval' });
  });

  it('dev says where the pages are, and they tell the project', async () => {
    expect((await readDevFile(project.root))?.ui).toEqual({ url: project.stack.pageUrl });
    expect(await get<ProjectView>('project')).toMatchObject({
      project: project.stack.loaded.config.project,
      root: project.root,
      temporalUi: project.stack.temporal.uiUrl,
      mlflow: project.stack.mlflow?.url,
    });
    expect((await fetch(project.stack.pageUrl)).headers.get('content-type')).toContain('text/html');
  });

  it('runs are listed with who started them, by pipeline, state and text', async () => {
    const ids = async (query: string) => (await get<RunsView>(`runs${query}`)).runs.map(({ id }) => id);
    const listed = await waitFor('the run in the list', async () => {
      const { runs } = await get<RunsView>('runs');
      return runs.find(({ id, state }) => id === run.workflowId && state === 'awaiting-approval');
    });
    expect(listed).toMatchObject({ pipeline: 'life', by: 'tester', endedAt: null, endpoint: 'shop' });
    expect(await ids('?pipeline=life&state=awaiting-approval')).toEqual([run.workflowId]);
    expect(await ids('?state=failed')).toEqual([]);
    expect(await ids("?pipeline=it's")).toEqual([]);
    expect(await ids('?text=TESTER')).toEqual([run.workflowId]);
    expect(await ids('?text=nobody')).toEqual([]);
    expect((await get<RunsView>('runs?limit=1')).total).toBe(1);
  });

  it('the run has its params, its cost and links to the pages of others', async () => {
    const view = await get<RunView>(`run?id=${named(run.workflowId)}`);
    expect(view.params).toMatchObject({ endpoint: 'shop', trainer: { steps: 300 } });
    expect(view).toMatchObject({ result: null, failure: null, endpoint: null });
    expect(view.cost?.currency).toBe('USD');
    expect(view.cost?.seconds).toBeGreaterThan(1);
    expect(view.temporalUrl).toContain(named(run.workflowId));
    expect(view.mlflowUrl).toContain(project.stack.mlflow?.url ?? '-');
    const paged = await get<RunView>(`run?id=${named(run.workflowId)}&after=1&limit=1`);
    expect(paged.status.steps.map(({ step }) => step)).toEqual(['model']);
  });

  it('a training has its curves, checkpoints, data and model, each with a digest that can be followed', async () => {
    const model = await stepOf('model');
    expect(model.spec).toMatchObject({ kind: 'train', seed: 7, hyper: { steps: 300 } });
    expect(model.checkpoints.length).toBeGreaterThan(0);
    expect(model.checkpoints.at(-1)).toMatchObject({ step: 300, attempt: 1 });
    expect(model.series.map(({ metric }) => metric)).toContain('loss');
    expect(model.series.find(({ metric }) => metric === 'loss')?.points.length).toBeGreaterThan(10);
    expect(Object.keys(model.metrics)).toContain('loss');
    expect(model.outputs.map(({ kind }) => kind)).toEqual(['model']);
    expect(model).toMatchObject({ trouble: null, inputs: [] });
    const quality = await stepOf('quality');
    expect(quality.inputs.map(({ kind }) => kind).sort()).toEqual(['dataset', 'model']);
    expect(quality.evidence.some(({ slice }) => slice === 'even')).toBe(true);
    expect((await stepOf('shop')).evidence.map(({ metric }) => metric)).toContain('not null');
  });

  it('artifacts tell what is in them, who made them out of what, and what was made of them', async () => {
    const [rows, model] = [(await stepOf('rows')).outputs[0], (await stepOf('model')).outputs[0]];
    const data = await get<ArtifactView>(`artifact?digest=${rows?.digest.slice(7, 17)}`);
    expect(data.link).toMatchObject({ name: 'rows', kind: 'dataset', digest: rows?.digest });
    expect(data.rows).toBe(200);
    expect(data.columns.map(({ name }) => name)).toEqual(['i', 'label', 'parity']);
    expect(data.columns[0]).toMatchObject({ min: 0, max: 199, nulls: 0, distinct: 200, mean: 99.5 });
    expect(data.columns[0]?.histogram?.edges.length).toBe((data.columns[0]?.histogram?.counts.length ?? 0) + 1);
    expect(data.columns[2]?.top?.map(({ value, count }) => [value, count]).sort()).toEqual([
      ['even', 100],
      ['odd', 100],
    ]);
    expect(data.checks[0]).toMatchObject({ metric: 'not null', slice: 'i', verdict: 'pass' });
    expect(data.madeBy.map(({ run: id, step }) => [id, step])).toEqual([[run.workflowId, 'rows']]);
    expect(data.usedBy.map(({ step }) => step)).toEqual(['quality']);
    const made = await get<ArtifactView>(`artifact?digest=${model?.digest}`);
    expect(made.files.length).toBeGreaterThan(0);
    expect(made.lineage?.code).toMatch(/^sha256:/);
    expect(made.into.map(({ kind }) => kind)).toContain('report');
    expect(made.lookedAt).toBe(1);
  });

  it('the log of an attempt is shown', async () => {
    const log = await get<LogView>(`log?run=${named(run.workflowId)}&step=model`);
    expect(log).toMatchObject({ step: 'model', attempt: 1, attempts: [1], cut: false });
    expect(log.lines.length).toBeGreaterThan(0);
  });

  it.each([
    ['run?id=life/nobody', 404, 'NotFound'],
    ['step?run=life/nobody&step=a', 404, 'NotFound'],
    ['endpoint?name=shp', 404, 'NotFound'],
    [`artifact?digest=${'f'.repeat(64)}`, 404, 'NotFound'],
    ['artifact?digest=ffffffff', 404, 'NotFound'],
    ['artifact?digest=abc', 400, 'Usage'],
    ['runs?state=asleep', 400, 'Usage'],
    ['runs?after=%25%25', 400, 'Usage'],
  ])('%s is answered by %i %s', async (path, status, code) => {
    expect(await troubleAt(path)).toMatchObject({ status, code });
  });

  it('a step that the run does not have is told as such', async () => {
    const path = `step?run=${named(run.workflowId)}&step=modle`;
    expect(await troubleAt(path)).toMatchObject({ status: 404, message: expect.stringContaining('"modle"') });
  });
});

describe('when servers are away', () => {
  it('without MLflow a training has all but its curves, and says why, in seconds', async () => {
    onTestFinished(halt('mlflow'));
    const began = Date.now();
    const model = await stepOf('model');
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(model).toMatchObject({ series: [], trouble: { code: 'Unreachable' } });
    expect(model.checkpoints.length).toBeGreaterThan(0);
  });

  it('without its store a run is shown all the same, and what lies there is missing', async () => {
    const store = join(project.root, '.sluice/store');
    await rename(store, `${store}.away`);
    try {
      expect(await stepOf('model')).toMatchObject({ checkpoints: [] });
      const digest = (await stepOf('model')).outputs[0]?.digest;
      expect(await troubleAt(`artifact?digest=${digest}`)).toMatchObject({ status: 404, code: 'NotFound' });
    } finally {
      await rename(`${store}.away`, store);
    }
  });

  it('without Temporal every page says so and does not wait for ever; whoever listens is told when it is back', async () => {
    const listener = listenTo(`${project.stack.pageUrl}/api/live`);
    onTestFinished(() => listener.close());
    await waitFor('the first list', async () => listener.heard.some(({ event }) => event === 'runs'));
    const goOn = halt('temporal');
    try {
      const began = Date.now();
      expect(await troubleAt('runs')).toMatchObject({ status: 502, code: 'Unreachable' });
      expect(await troubleAt(`run?id=${named(run.workflowId)}`)).toMatchObject({ status: 502, code: 'Unreachable' });
      expect(Date.now() - began).toBeLessThan(40_000);
      await waitFor('word of it', async () => listener.heard.at(-1)?.event === 'trouble', 60_000);
    } finally {
      goOn();
    }
    await waitFor('the list again', async () => listener.heard.at(-1)?.event === 'runs', 60_000);
  });
});

it('an approved rollout is shown with its shares over time, and the endpoint with who asked for it', async () => {
  const listener = listenTo(`${project.stack.pageUrl}/api/live?endpoint=shop`);
  onTestFinished(() => listener.close());
  await run.signal('approve', { by: 'ana', run: run.workflowId });
  await run.result();
  const view = await waitFor('the end on the page', async () => {
    const last = listener.heard.at(-1)?.value as EndpointView | undefined;
    return last?.state?.mode === 'steady' && last.state.stable !== null ? last : null;
  });
  const id = view.state.stable?.id ?? '';
  expect(view.traffic.find(({ version }) => version === id)?.points.at(-1)).toMatchObject({ share: 100 });
  expect(Object.values(view.runs)).toEqual([run.workflowId]);
  expect(view.url).toBe(`${project.stack.gateway.url}/shop/invocations`);
  expect(view.trouble).toBeNull();
  const { endpoints } = await get<EndpointsView>('endpoints');
  expect(endpoints.find(({ endpoint }) => endpoint === 'shop')?.stable?.id).toBe(id);
  expect(endpoints.find(({ endpoint }) => endpoint === 'impatient')).toMatchObject({ phase: 'empty', stable: null });
  expect((await stepOf('shop')).spec).toMatchObject({ endpoint: 'shop', onBusy: 'queue' });
  const ended = await get<RunView>(`run?id=${named(run.workflowId)}`);
  expect(ended.result).toMatchObject({ state: 'deployed' });
  expect(ended.row.endedAt).not.toBeNull();
  await waitFor('the end in the list', async () => (await get<RunsView>('runs?state=deployed')).runs.length === 1);
});
