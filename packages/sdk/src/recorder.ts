import type { Json } from './artifact.ts';
import { ErrorCode, errorCode, isMisdeclared, SluiceError } from './errors.ts';
import { deployInLargeMap, INLINE_KEYS, NESTED_KEYS, tooManyNestedKeys } from './map-limits.ts';
import { invalidStep, shown } from './options.ts';
import { parseParams } from './params.ts';
import { type Pipeline, pipelineDefinition } from './pipeline.ts';
import { budgetsOf, type Plan, type PlannedStep } from './plan.ts';
import { type PipelineDefinition, type Runtime, type Settled, useRuntime } from './runtime.ts';
import type { MapSpec, ResultOf, SpecBase } from './spec.ts';
import { keysOf, type Scope, StepNames } from './step-names.ts';
import { kindOf, type StepSpec } from './steps/kinds.ts';

/** Steps after which a plan gives up: a loop that waits for a result would go on for ever. */
const MOST_STEPS = 20_000;
/** How long the pipeline may wait for something that is no step, ms. */
const MOST_IDLE = 2_000;

let last: Promise<unknown> = Promise.resolve();

/**
 * Writes down what a pipeline would do, without doing anything. Steps answer with made-up results: every verdict is
 * `pass`, every digest is zeroes, a step's `value` is null, a deploy is `deployed`, and every key of a map succeeds.
 * Code that branches on a result is planned along that way.
 *
 * Recordings run one after another, because steps find their runtime through a module.
 *
 * @throws SluiceError `InvalidParams`, and whatever the pipeline itself throws. A step that was declared wrongly
 * (`InvalidStep`, `DuplicateStep`) fails the plan even where the pipeline catches or tolerates it; one that comes to no
 * end is `NotPlannable`.
 */
export function recordPlan<Input, Output>(pipeline: Pipeline<Input, Output>, input: Input): Promise<Plan> {
  const plan = last.then(() => record(pipelineDefinition(pipeline), input));
  last = plan.catch(() => {});
  return plan;
}

async function record(definition: PipelineDefinition<unknown, unknown> | null, input: unknown): Promise<Plan> {
  if (definition === null) {
    throw invalidStep('recordPlan', 'the first argument is no pipeline.', 'Pass what pipeline({ … }) returned.');
  }
  const params = await parseParams(definition.name, definition.params, input ?? {});
  const recorder = new Recorder(definition.name);
  const restore = useRuntime(recorder);
  try {
    await recorder.follow(() => definition.run(params));
  } finally {
    restore();
  }
  const { steps } = recorder;
  return { pipeline: definition.name, params: plain(params), steps, budgets: budgetsOf(steps) };
}

/** Something that lets code of the pipeline go on, and the `map` branches that this code stands in. */
interface Move {
  readonly scopes: readonly Scope[];
  readonly go: () => void;
}

/**
 * Makes one move at a time and waits until the pipeline can do no more by itself. So whatever is declared in between
 * was declared by the code that the move let go on, and stands in the same branches: no async context is needed.
 * Branches of a map run one after another, so that a promise shared by them is settled before the second one begins.
 */
class Recorder implements Runtime {
  readonly steps: PlannedStep[] = [];
  readonly #pipeline: string;
  readonly #names = new StepNames();
  readonly #moves: Move[] = [];
  #scopes: readonly Scope[] = [];
  /** Maps that will run in children. */
  readonly #large = new Set<string>();
  #nestedKeys = 0;
  #ended = false;
  #fault: unknown;

  constructor(pipeline: string) {
    this.#pipeline = pipeline;
  }

  /** Runs `body` to its end. */
  async follow(body: () => Promise<unknown>): Promise<void> {
    let outcome: (() => void) | undefined;
    Promise.resolve()
      .then(body)
      .then(
        () => {
          outcome = () => {};
        },
        (error: unknown) => {
          outcome = () => {
            throw error;
          };
        },
      );
    let idleSince: number | null = null;
    for (;;) {
      await idle(idleSince === null ? 0 : 5);
      if (outcome !== undefined || this.#ended) break;
      const move = this.#moves.shift();
      if (move === undefined) {
        idleSince ??= Date.now();
        if (Date.now() - idleSince > MOST_IDLE) this.#end(this.#standsStill());
        continue;
      }
      idleSince = null;
      this.#scopes = move.scopes;
      move.go();
    }
    this.#ended = true;
    // First, because a map that it failed says less.
    if (this.#fault !== undefined) throw this.#fault;
    outcome?.();
  }

  run<Output>(definition: PipelineDefinition<unknown, Output>): Promise<Output> {
    throw invalidStep(
      `pipeline ${this.#pipeline}`,
      `it calls the pipeline ${definition.name} like a function.`,
      'Start it as a child workflow, or move what both share into a plain function.',
    );
  }

  step<Spec extends SpecBase>(asked: Spec): Promise<ResultOf<Spec>> {
    const spec = asked as unknown as StepSpec;
    const scopes = this.#scopes;
    const path = this.#note(scopes, { kind: spec.kind, on: spec.on, spec: plain(spec) as unknown as StepSpec });
    if (spec.kind === 'deploy' && this.#large.has(scopes[0]?.map ?? '')) this.#refuse(deployInLargeMap(path));
    const result = kindOf(spec).planned(spec, { step: path, keys: keysOf(scopes) }) as ResultOf<Spec>;
    return new Promise((resolve) => this.#later(scopes, () => resolve(result)));
  }

  map<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    const scopes = this.#scopes;
    const path = this.#note(scopes, { kind: 'map', on: null, spec: plain(spec) as unknown as MapSpec });
    const outermost = scopes[0]?.map;
    if (outermost === undefined && spec.keys.length > INLINE_KEYS) this.#large.add(spec.name);
    // Children of a large map have a history each; how many keys come together there is seen when it runs.
    if (outermost !== undefined && !this.#large.has(outermost)) this.#nestedKeys += spec.keys.length;
    if (this.#nestedKeys > NESTED_KEYS) this.#refuse(tooManyNestedKeys(path));
    return new Promise((resolve) => {
      const settled: Settled<Value>[] = [];
      const next = (): void => {
        const index = settled.length;
        const key = spec.keys[index];
        if (key === undefined) {
          this.#later(scopes, () => resolve(settled));
          return;
        }
        const done = (one: Settled<Value>) => {
          settled.push(one);
          next();
        };
        this.#later([...scopes, { map: spec.name, key }], () => {
          Promise.resolve()
            .then(() => body(index))
            .then(
              (value) => done({ key, ok: true, value }),
              (error: unknown) => {
                const code = errorCode(error);
                if (isMisdeclared(code)) this.#fault ??= error;
                done({ key, ok: false, error: { code, message: messageOf(error) } });
              },
            );
        });
      };
      next();
    });
  }

  #note(scopes: readonly Scope[], step: { kind: string; on: string | null; spec: StepSpec | MapSpec }): string {
    if (this.#ended) return '';
    try {
      const path = this.#names.declare(scopes, step.kind, step.spec.name);
      if (this.steps.length >= MOST_STEPS) this.#end(this.#endless());
      else this.steps.push({ path, ...step } as PlannedStep);
      return path;
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** A declaration that cannot work stays one, even where the pipeline's code catches it. */
  #refuse(error: unknown): never {
    this.#fault ??= error;
    throw error;
  }

  #later(scopes: readonly Scope[], go: () => void): void {
    // After the end nothing goes on: what was left running belongs to no plan.
    if (!this.#ended) this.#moves.push({ scopes, go });
  }

  #end(fault: unknown): void {
    this.#fault ??= fault;
    this.#ended = true;
  }

  #endless(): SluiceError {
    return this.#notPlannable(
      `it has more than ${MOST_STEPS} steps in a plan.`,
      'If a loop waits for a result, bound it by a number: a plan has no results.',
    );
  }

  #standsStill(): SluiceError {
    return this.#notPlannable(
      `after ${this.steps.length} steps it waits for something that is no step.`,
      'Await steps only; let a step do what takes time.',
    );
  }

  #notPlannable(what: string, fix: string): SluiceError {
    return new SluiceError(ErrorCode.NotPlannable, what, { where: `pipeline ${this.#pipeline}`, fix });
  }
}

/** Resolves when everything that can go on by itself has gone on, and `pause` ms have passed. */
function idle(pause: number): Promise<void> {
  const { setImmediate: immediate, setTimeout: timeout } = globalThis as unknown as {
    readonly setImmediate?: (callback: () => void) => unknown;
    readonly setTimeout: (callback: () => void, ms: number) => unknown;
  };
  return new Promise((resolve) => {
    if (pause === 0 && immediate !== undefined) immediate(resolve);
    else timeout(resolve, pause);
  });
}

/** A snapshot that later changes do not reach, as JSON carries it. */
function plain(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null)) as Json;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : shown(error);
}
