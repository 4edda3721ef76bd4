import { ErrorCode, SluiceError } from '../errors.ts';
import { checkName } from '../name.ts';
import { checkFields, invalidStep, numberWithin, shown, wholeNumber } from '../options.ts';
import { currentRuntime, type Failure, type Settled } from '../runtime.ts';
import { isTolerated, type Tolerance } from '../spec.ts';

/** What a {@link map} takes; with `tolerate` it returns what failed beside what did not. */
export interface MapOptions<Item> {
  /** Bodies under way at once, at least 1. @default 50 */
  readonly concurrency?: number;
  /**
   * What identifies an item over retries, resets and new versions of the code: a text, unique among the items.
   * @default the item itself, when it is text or a number
   */
  readonly key?: (item: Item) => string;
}

/** Outcome of a {@link map} that tolerates failures, each by its key, in the order of the items. */
export interface MapResult<Value> {
  /** What the body returned. */
  readonly ok: readonly { readonly key: string; readonly value: Value }[];
  /** What it threw. */
  readonly failed: readonly { readonly key: string; readonly error: Failure }[];
}

/**
 * Runs `body` for every item and waits for all of them. Results keep the order of the items.
 *
 * @throws SluiceError `MapFailed` listing every failed key, once all have settled; with `tolerate`, only when more
 * fail than that.
 */
export async function map<Item, Value>(
  name: string,
  items: readonly Item[],
  options: MapOptions<Item> & { readonly tolerate: Tolerance },
  body: (item: Item) => Promise<Value>,
): Promise<MapResult<Value>>;
export async function map<Item, Value>(
  name: string,
  items: readonly Item[],
  options: MapOptions<Item> & { readonly tolerate?: undefined },
  body: (item: Item) => Promise<Value>,
): Promise<Value[]>;
export async function map<Item, Value>(
  name: string,
  items: readonly Item[],
  options: MapOptions<Item> & { readonly tolerate?: Tolerance | undefined },
  body: (item: Item) => Promise<Value>,
): Promise<Value[] | MapResult<Value>> {
  checkName('map', name);
  const where = `map ${name}`;
  checkFields<MapOptions<Item> & { tolerate: Tolerance }>(where, options, fields);
  if (typeof body !== 'function') {
    throw invalidStep(where, `the body is ${shown(body)}.`, 'Write map(name, items, {}, async (item) => …).');
  }
  const keys = keysOf(where, items, options.key);
  const concurrency = wholeNumber(where, 'concurrency', options.concurrency ?? 50, 1);
  const { tolerate } = options;
  if (tolerate !== undefined) checkTolerance(where, tolerate);
  const spec = { name, keys, concurrency, ...(tolerate === undefined ? {} : { tolerate }) };
  const result = split(await currentRuntime().map(spec, (index) => body(items[index] as Item)));
  if (!isTolerated(tolerate, result.failed.length, keys.length)) throw mapFailed(name, keys.length, result.failed);
  return tolerate === undefined ? result.ok.map(({ value }) => value) : result;
}

const fields = { concurrency: true, key: true, tolerate: true } as const;

function keysOf<Item>(where: string, items: readonly Item[], keyOf?: (item: Item) => string): string[] {
  if (!Array.isArray(items)) {
    throw invalidStep(where, `the items are ${shown(items)}, not a list.`, 'Spread other collections: [...items].');
  }
  const seen = new Map<string, number>();
  return Array.from(items, (item: Item, index) => {
    const key: unknown = keyOf ? keyOf(item) : item;
    if (!isKey(key)) {
      throw invalidStep(
        where,
        `item ${index} has the key ${shown(key)}, which is no key.`,
        'Map over texts or numbers, or pass { key: (item) => … } that gives a text.',
      );
    }
    const text = String(key);
    const former = seen.get(text);
    if (former !== undefined) {
      throw new SluiceError(
        ErrorCode.DuplicateStep,
        `items ${former} and ${index} of ${where} have the same key "${text}".`,
        {
          where,
          fix: 'Keys identify work over retries; make them unique.',
        },
      );
    }
    seen.set(text, index);
    return text;
  });
}

/** Half of a surrogate pair is no text: it would not survive UTF-8, and two such keys would become one. */
function isKey(key: unknown): key is string | number {
  return typeof key === 'string' ? key !== '' && !/\p{Surrogate}/u.test(key) : Number.isFinite(key);
}

function split<Value>(settled: readonly Settled<Value>[]): MapResult<Value> {
  const ok: { key: string; value: Value }[] = [];
  const failed: { key: string; error: Failure }[] = [];
  for (const one of settled) {
    if (one.ok) ok.push({ key: one.key, value: one.value });
    else failed.push({ key: one.key, error: one.error });
  }
  return { ok, failed };
}

function checkTolerance(where: string, tolerate: Tolerance): void {
  if (typeof tolerate === 'number') {
    wholeNumber(where, 'tolerate', tolerate, 0);
    return;
  }
  checkFields<{ ratio: number }>(where, tolerate, { ratio: true }, 'tolerate');
  numberWithin(where, 'tolerate.ratio', tolerate.ratio, { least: 0, most: 1 });
}

/** Bounded, whatever the keys say: Temporal refuses failures of more than 2 MB, and would try again for ever. */
function mapFailed(name: string, total: number, failed: MapResult<unknown>['failed']): SluiceError {
  const shown = failed.slice(0, 20).map(({ key, error }) => `${clip(key, 100)}: ${clip(error.message, 300)}`);
  const more = failed.length > shown.length ? `; and ${failed.length - shown.length} more` : '';
  return new SluiceError(
    ErrorCode.MapFailed,
    `${failed.length} of ${total} keys of map ${name} failed: ${shown.join('; ')}${more}`,
    {
      where: `map ${name}`,
      fix: 'Mend what they say and run `sluice retry`, or set `tolerate`.',
      data: failed.slice(0, 500).map(({ key, error }) => ({
        key: clip(key, 200),
        error: { code: error.code, message: clip(error.message, 500) },
      })),
    },
  );
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
