import { type Json, type MapSpec, type PipelineDefinition, type Settled, SluiceError } from '@sluice/sdk';
import { condition } from '@temporalio/workflow';
import { asPipeline } from './author.ts';
import { type Fork, settleAll } from './fan-out.ts';
import { lostIn, lostTheWay, waitsForParent } from './misuse.ts';
import { countCommands, nothingUnderWay } from './under-way.ts';

/** Times that a part which waits for nothing from outside is looked at: its code may wait for conditions of its own. */
const PATIENCE = 1_000;

/** In a child of a large map: follows the pipeline to that map by what the parent knows, and does its slice of the keys. */
export class MapPart {
  readonly fork: Fork;
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
      countCommands();
      asPipeline(true, () => definition.run(params)).then(
        () => this.#lost(lostTheWay(definition.name)),
        (error: unknown) => reject(error),
      );
      void this.#seeToEnd();
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
    if (!same) {
      this.#lost(lostTheWay(spec.name));
      return new Promise(() => {});
    }
    this.#done(await settleAll({ name: spec.name, concurrency }, keys, (i) => body(from + i)));
    return new Promise(() => {});
  }

  /**
   * Everything that is awaited before the map is there already, and what its bodies await they have asked for. So where
   * no command is under way, code that does not come to its end waits for something that only the parent has, such as a
   * signal, and would wait for ever.
   */
  async #seeToEnd(): Promise<void> {
    let patience = PATIENCE;
    while (patience-- > 0) {
      let looked = false;
      // Conditions are looked at when all code has run as far as it can; the first look comes before that.
      await condition(() => {
        const stands = looked && nothingUnderWay();
        if (looked && !stands) patience = PATIENCE;
        looked = true;
        return stands;
      });
    }
    const { mapPath, underWay } = this.fork;
    const missing = this.#missing;
    const unknown = missing !== null && !underWay.includes(missing);
    this.#lost(unknown ? lostTheWay(mapPath, missing) : waitsForParent(mapPath, missing));
  }
}
