import {
  check,
  column,
  type Dataset,
  deploy,
  evaluate,
  extract,
  type Model,
  map,
  merge,
  type Pipeline,
  pipeline,
  python,
  replay,
  step,
  train,
} from '@sluice/sdk';
import { sluiceWorkflows } from '@sluice/workflows';
import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import { GO, isWork, type Part, type Program, type Work } from './program.ts';

/** Under which step each result came, and which step the result says it is of. */
type Said = Record<string, string>;

/** Put in by `code.ts`, so that another program is other code and not another parameter. */
const programs = JSON.parse('%PROGRAMS%') as Record<string, Program>;

/** Any schema will do; the runs have no parameters. */
const params = { '~standard': { version: 1, vendor: 'soak', validate: (value: unknown) => ({ value }) } } as const;

function pipelineOf(name: string, program: Program): Pipeline<unknown, Said> {
  return pipeline({
    name,
    params,
    async run() {
      let going = false;
      setHandler(defineSignal(GO), () => {
        going = true;
      });
      let waits = false;
      setHandler(defineQuery<boolean>('waits'), () => waits);
      const wait = async (how: 'signal' | 'timer'): Promise<Said> => {
        waits = true;
        await (how === 'signal' ? condition(() => going) : condition(() => going, '1 hour'));
        return {};
      };
      const one = async (part: Part, prefix: string): Promise<Said> => {
        if (part.kind === 'signal' || part.kind === 'timer') return wait(part.kind);
        if (isWork(part)) return { [prefix + part.name]: await workOf(part, prefix + part.name) };
        if (part.kind === 'together') return merged(await Promise.all(part.body.map((inner) => one(inner, prefix))));
        const { name: loop, keys, concurrency, body } = part;
        return merged(await map(loop, keys, { concurrency }, (key) => all(body, `${prefix}${loop}=${key}/`)));
      };
      const all = async (parts: Program, prefix: string): Promise<Said> => {
        const said: Said = {};
        for (const part of parts) Object.assign(said, await one(part, prefix));
        return said;
      };
      return all(program, '');
    },
  });
}

async function workOf({ kind, name, asks }: Work, path: string): Promise<string> {
  const run = python('noop.py');
  const model = modelFor(path);
  /** Whose it is by its name, if it is about the model that this step was given. */
  const about = (given: string, of: string) => (given === model.digest ? of : `about ${given}`);
  switch (kind) {
    case 'extract':
      return (await extract(name, { sql: 'select 1' })).step;
    case 'train':
      return (await train(name, { run })).step;
    case 'merge':
      return (await merge(name, { run, models: [model] })).step;
    case 'step': {
      const done = await step(name, { run });
      return done.value === `value of ${path}` ? done.step : String(done.value);
    }
    case 'check': {
      const dataset = dataFor(path);
      const checked = await check(name, { dataset, checks: [column('x').notNull()] });
      return checked.data === dataset.digest ? checked.step : `about ${checked.data}`;
    }
    case 'evaluate': {
      const report = await evaluate(name, { model, suite: 'suite' });
      return about(report.candidate, report.step);
    }
    case 'replay': {
      const report = await replay(name, { model, endpoint: 'shop' });
      return about(report.candidate, report.step);
    }
    case 'deploy': {
      const gates = [{ name: 'gate', verdict: 'pass', evidence: [] }] as const;
      const approval = asks ? ({ within: '1 hour', recheck: '30 minutes' } as const) : 'none';
      const { candidate } = await deploy(name, { model, gates, endpoint: 'shop', approval });
      return about(candidate, path);
    }
  }
}

/** A digest of its own for each step. */
function digestFor(path: string): Model['digest'] {
  let hash = 0;
  for (const character of path) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return `sha256:${hash.toString(16).padStart(64, '0')}`;
}

/** Rows of its own for each step that is given some. */
function dataFor(path: string): Dataset {
  const artifact = { uri: `sluice:blob/${path}`, digest: digestFor(path), bytes: 1 };
  return {
    ...artifact,
    kind: 'dataset',
    name: 'rows',
    step: path,
    keys: {},
    verdict: 'pass',
    evidence: [],
    rows: 1,
    columns: [],
    profile: { ...artifact, kind: 'report' },
  };
}

/** A model of its own for each step that is given one. */
function modelFor(path: string): Model {
  const digest = digestFor(path);
  const lineage = { code: digest, hyper: digest, data: {}, parents: [] };
  return {
    kind: 'model',
    uri: `sluice:tree/${digest.slice(7)}`,
    digest,
    bytes: 1,
    step: path,
    keys: {},
    mlflowRunId: null,
    metrics: {},
    lineage,
  };
}

function merged(parts: readonly Said[]): Said {
  return Object.assign({}, ...parts);
}

export default sluiceWorkflows(
  Object.fromEntries(Object.entries(programs).map(([name, program]) => [name, pipelineOf(name, program)])),
);
