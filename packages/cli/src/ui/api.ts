import { UsageError } from '../errors.ts';
import type { Sources, TemporalSource } from '../records/sources.ts';
import { Traces } from '../records/traces.ts';
import { artifactView } from './data/artifact.ts';
import { Endpoints } from './data/endpoint.ts';
import { logView } from './data/log.ts';
import { projectView } from './data/project.ts';
import { Runs } from './data/run.ts';
import { runsView } from './data/runs.ts';
import { stepView } from './data/step.ts';
import type { Query } from './http/query.ts';
import { notFound, readableError } from './trouble.ts';

/** Runs of the newest page, and of any page at most. */
export const RUNS_PAGE = 50;
const MOST_RUNS = 500;
/** Steps of a run that one answer lists at most. */
const MOST_STEPS = 1_000;
/** Time that servers have for one answer, ms. */
const PATIENCE = 10_000;

/** The answers behind the pages, each read anew from where it is kept. */
export class Api {
  readonly #sources: Sources;
  readonly #version: string;
  readonly #runs: Runs;
  readonly #endpoints = new Endpoints();
  readonly #traces = new Traces();

  constructor(sources: Sources, version: string) {
    this.#sources = sources;
    this.#version = version;
    this.#runs = new Runs(sources.loaded.root);
  }

  /** @throws SluiceError `NotFound` for a path that there is not, `Usage` for a question that makes no sense */
  answer(path: string, query: Query): Promise<unknown> {
    switch (path) {
      case '/api/project':
        return projectView(this.#sources, this.#version);
      case '/api/runs':
        return this.runs(query);
      case '/api/run':
        return this.run(query.needed('id'), query);
      case '/api/step':
        return this.step(query.needed('run'), query.needed('step'));
      case '/api/endpoints':
        return this.#temporal('endpoint', (temporal) => this.#endpoints.list(this.#sources, temporal));
      case '/api/endpoint':
        return this.endpoint(query.needed('name'));
      case '/api/artifact':
        return this.artifact(query.needed('digest'));
      case '/api/log':
        return logView(this.#sources.stateDir, {
          run: query.needed('run'),
          step: query.needed('step'),
          attempt: query.count('attempt', 1, 1e9),
        });
      default:
        throw notFound(`page ${path}`);
    }
  }

  runs(query: Query) {
    const asked = {
      pipeline: query.text('pipeline'),
      state: query.text('state'),
      text: query.text('text'),
      after: query.text('after'),
      limit: query.count('limit', 1, MOST_RUNS) ?? RUNS_PAGE,
    };
    return this.#temporal('list of runs', (temporal) => runsView(temporal, asked));
  }

  run(id: string, query: Query | null) {
    const after = query?.count('after', 0, 1e12) ?? 0;
    const limit = query?.count('limit', 1, MOST_STEPS) ?? null;
    checkId(id);
    return this.#temporal(`run "${id}"`, (temporal) =>
      this.#runs.view(temporal, id, { after, ...(limit === null ? {} : { limit }) }),
    );
  }

  step(run: string, step: string) {
    checkId(run);
    return this.#temporal(`run "${run}"`, (temporal) => stepView(this.#sources, temporal, { run, step }));
  }

  endpoint(name: string) {
    return this.#temporal(`endpoint "${name}"`, (temporal) => this.#endpoints.view(this.#sources, temporal, name));
  }

  artifact(digest: string) {
    return this.#temporal(`artifact ${digest}`, (temporal) =>
      artifactView(this.#sources, temporal, this.#traces, digest),
    );
  }

  /** Asks Temporal, and not for ever; what it throws says what to do. */
  async #temporal<Value>(what: string, ask: (temporal: TemporalSource) => Promise<Value>): Promise<Value> {
    const temporal = await this.#sources.temporal();
    try {
      return await temporal.client.withDeadline(Date.now() + PATIENCE, () => ask(temporal));
    } catch (error) {
      throw readableError(error, temporal.target, what);
    }
  }
}

/** Temporal refuses longer ones. */
function checkId(id: string): void {
  if (Buffer.byteLength(id) > 1_000) throw new UsageError('No run has an id that long.');
}
