import { type Json, type MapSpec, type PipelineDefinition, type Settled, SluiceError } from '@sluice/sdk';
import { condition } from '@temporalio/workflow';
import { asPipeline } from './author.ts';
import { type Fork, settleAll } from './fan-out.ts';
import { lostIn, lostTheWay, neverArrives } from './misuse.ts';

/** Times that a part looks whether code which waits for conditions goes on. */
const ARRIVAL_LOOKS = 100;

/** In a child of a large map: follows the pipeline to that map by what the parent knows, and does its slice of the keys. */
export class MapPart {
  readonly fork: Fork;
  #arrived = false;
  /** A step that was asked for and had not ended in the parent. */
  #missing: string | null = null;
  #done: (settled: Settled<unknown>[]) => void = () => {};
  #lost: (why: SluiceError) => void = () => {};

  constructor(fork: Fork) {
    this.fork = fork;
  }

  /** Runs the pipeline up to the map it belongs to, and then its slice of it only. */
  run(definition: PipelineDefinition<unknown, unknown>, params: unknown): Promise<Settled<unknown>[]> {
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#lost = (why) => reject(lostIn(this.fork.build, why));
      asPipeline(true, () => definition.run(params)).then(
        () => this.#lost(lostTheWay(definition.name)),
        (error: unknown) => reject(error),
      );
      void this.#seeToArrival();
    });
  }

  /** How the step or map ended in the parent; what had not ended there never answers here. */
  async fromParent(path: string): Promise<Json> {
    const { results } = this.fork;
    const result = Object.hasOwn(results, path) ? results[path] : undefined;
    if (result === undefined) {
      this.#missing = path;
      return new Promise<Json>(() => {});
    }
    if (result.ok) return result.value;
    throw new SluiceError(result.error.code, result.error.message, { where: path, data: result.data });
  }

  /** The map itself: code after it does not run here. */
  async slice<Value>(spec: MapSpec, body: (index: number) => Promise<Value>): Promise<Settled<Value>[]> {
    const { keys, from, concurrency } = this.fork;
    const same = keys.every((key, i) => spec.keys[from + i] === key);
    this.#arrived = true;
    if (!same) {
      this.#lost(lostTheWay(spec.name));
      return new Promise(() => {});
    }
    this.#done(await settleAll({ name: spec.name, concurrency }, keys, (i) => body(from + i)));
    return new Promise(() => {});
  }

  /**
   * Everything that is awaited before the map is there already, so it is reached without anything from outside; code that
   * does not reach it waits for something that only the parent has, and would wait for ever.
   */
  async #seeToArrival(): Promise<void> {
    for (let look = 0; look < ARRIVAL_LOOKS && !this.#arrived; look++) {
      let looked = false;
      // Conditions are looked at when all code has run as far as it can.
      await condition(() => {
        const before = looked;
        looked = true;
        return before;
      });
    }
    if (this.#arrived) return;
    const { mapPath, underWay } = this.fork;
    const [missing, unknown] = [this.#missing, this.#missing !== null && !underWay.includes(this.#missing)];
    this.#lost(missing !== null && unknown ? lostTheWay(mapPath, missing) : neverArrives(mapPath, missing));
  }
}
