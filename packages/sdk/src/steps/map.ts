import { ErrorCode, SluiceError } from '../errors.ts';
import { checkName } from '../name.ts';
import { currentRuntime, type Failure, type Settled } from '../runtime.ts';

export interface MapOptions<Item> {
  /** Bodies under way at once. @default 50 */
  readonly concurrency?: number;
  /** What identifies an item. @default the item itself, when it is text or a number */
  readonly key?: (item: Item) => string;
}

/** How many keys may fail: a count, or `{ ratio }` of all keys (0 to 1). */
export type Tolerance = number | { readonly ratio: number };

export interface MapResult<Value> {
  readonly ok: readonly { readonly key: string; readonly value: Value }[];
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
  const keys = keysOf(name, items, options.key);
  const concurrency = options.concurrency ?? 50;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new SluiceError(ErrorCode.InvalidStep, `concurrency is ${concurrency}; it must be a whole number over 0.`, {
      where: `map ${name}`,
    });
  }
  const settled = await currentRuntime().map({ name, keys, concurrency }, (index) => body(items[index] as Item));
  const result = split(settled);
  const tolerated = options.tolerate === undefined ? 0 : allowed(options.tolerate, keys.length);
  if (result.failed.length > tolerated) throw mapFailed(name, keys.length, result.failed);
  return options.tolerate === undefined ? result.ok.map(({ value }) => value) : result;
}

function keysOf<Item>(name: string, items: readonly Item[], keyOf?: (item: Item) => string): string[] {
  const seen = new Map<string, number>();
  return items.map((item, index) => {
    const key = keyOf ? keyOf(item) : item;
    if ((typeof key !== 'string' && typeof key !== 'number') || key === '') {
      throw new SluiceError(ErrorCode.InvalidStep, `Item ${index} of map ${name} has no key.`, {
        where: `map ${name}`,
        fix: 'Map over texts or numbers, or pass { key: (item) => … }.',
      });
    }
    const text = String(key);
    const former = seen.get(text);
    if (former !== undefined) {
      throw new SluiceError(
        ErrorCode.DuplicateStep,
        `Items ${former} and ${index} of map ${name} have the same key "${text}".`,
        {
          where: `map ${name}`,
          fix: 'Keys identify work over retries; make them unique.',
        },
      );
    }
    seen.set(text, index);
    return text;
  });
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

function allowed(tolerance: Tolerance, total: number): number {
  return typeof tolerance === 'number' ? tolerance : Math.floor(tolerance.ratio * total);
}

function mapFailed(name: string, total: number, failed: MapResult<unknown>['failed']): SluiceError {
  const shown = failed.slice(0, 20).map(({ key, error }) => `${key}: ${error.message}`);
  const more = failed.length > shown.length ? `; and ${failed.length - shown.length} more` : '';
  return new SluiceError(
    ErrorCode.MapFailed,
    `${failed.length} of ${total} keys of map ${name} failed: ${shown.join('; ')}${more}`,
    {
      where: `map ${name}`,
      fix: 'Mend what they say and run `sluice retry`, or set `tolerate`.',
      data: failed.slice(0, 500),
    },
  );
}
