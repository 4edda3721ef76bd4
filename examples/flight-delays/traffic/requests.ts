import { readFile } from 'node:fs/promises';

/** What a client asks about one flight; `dep_delay` is null before departure. */
export interface FlightQuestion {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly carrier: string;
  readonly origin: string;
  readonly dest: string;
  readonly sched_dep_time: number;
  readonly sched_arr_time: number;
  readonly distance: number;
  readonly dep_delay: number | null;
}

/** Body of one `POST /invocations`. */
export interface DelayRequest {
  readonly dataframe_records: readonly FlightQuestion[];
}

export interface RequestOptions {
  /** Path of `flights.csv`. */
  readonly csv: string;
  /** Requests to make. */
  readonly count: number;
  /** The same seed makes the same requests. @default 0 */
  readonly seed?: number;
  /** Airports to ask about. @default all in the file */
  readonly airports?: readonly string[];
  /** Share of questions asked before departure, when the delay is not known yet. @default 0.15 */
  readonly askedEarly?: number;
}

const numbers = ['year', 'month', 'day', 'sched_dep_time', 'sched_arr_time', 'distance'] as const;
const texts = ['carrier', 'origin', 'dest'] as const;

/**
 * Requests about real flights, drawn from the file with a seed: one flight mostly, sometimes two to four, some of
 * them asked before departure.
 *
 * @throws Error when the file lacks a column, or has no flight out of `airports`.
 */
export async function makeRequests(options: RequestOptions): Promise<DelayRequest[]> {
  const [header = '', ...lines] = (await readFile(options.csv, 'utf8')).trimEnd().split('\n');
  const read = questionReader(header.split(','), options.csv);
  const wanted = options.airports === undefined ? null : new Set(options.airports);
  const random = mulberry32(options.seed ?? 0);
  const draw = () => {
    // Bounded: a file without the wanted airports must not spin for ever.
    for (let tries = 0; tries < 10_000; tries++) {
      const line = lines[Math.floor(random() * lines.length)];
      const question = line === undefined ? null : read(line);
      if (question !== null && (wanted === null || wanted.has(question.origin))) return question;
    }
    throw new Error(`${options.csv} has no flights out of ${[...(wanted ?? ['any airport'])].join(', ')}.`);
  };
  return Array.from({ length: options.count }, () => {
    const flights = random() < 0.8 ? 1 : 2 + Math.floor(random() * 3);
    const early = random() < (options.askedEarly ?? 0.15);
    return {
      dataframe_records: Array.from({ length: flights }, () => {
        const question = draw();
        return early ? { ...question, dep_delay: null } : question;
      }),
    };
  });
}

/** Reads a line of the file, which has no quoted fields; `NA` is null. */
function questionReader(header: readonly string[], csv: string): (line: string) => FlightQuestion {
  const at = (name: string) => {
    const index = header.indexOf(name);
    if (index < 0) throw new Error(`${csv} has no column ${name}.`);
    return index;
  };
  const numberAt = numbers.map((name) => [name, at(name)] as const);
  const textAt = texts.map((name) => [name, at(name)] as const);
  const delayAt = at('dep_delay');
  return (line) => {
    const fields = line.split(',');
    const delay = fields[delayAt];
    return Object.fromEntries([
      ...numberAt.map(([name, index]) => [name, Number(fields[index])]),
      ...textAt.map(([name, index]) => [name, fields[index]]),
      ['dep_delay', delay === undefined || delay === 'NA' ? null : Number(delay)],
    ]) as FlightQuestion;
  };
}

/** A small seeded generator of numbers in [0, 1) (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
