import { INLINE } from '../../test/edits/code.ts';
import {
  type Kind,
  kinds,
  type Part,
  type Program,
  pathsOf,
  type Several,
  type Work,
} from '../../test/edits/program.ts';
import { Random } from '../harness/random.ts';
import { type Edit, editOf, edits } from './edit.ts';

/** Where the change is: among the steps of the run, or in the body of a map that runs in its workflow or in children. */
export const places = ['run', 'map', 'children'] as const;
export type Place = (typeof places)[number];

/** What becomes of the waiting run: it goes on, is retried from a step, or is reset to some task of it. */
export const ways = ['continued', 'retried', 'reset'] as const;
export type Way = (typeof ways)[number];

/** One change of the code of a run that waits. */
export interface Case {
  readonly seed: number;
  readonly edit: Edit;
  readonly place: Place;
  readonly way: Way;
  /** What was changed, for people. */
  readonly what: string;
  readonly before: Program;
  readonly after: Program;
  /** Path of the step whose activity does not end until it is let go; null where something else waits. */
  readonly held: string | null;
  /** Steps, by path, whose first attempt does not finish, and why. */
  readonly flaky: Readonly<Record<string, 'Preempted' | 'TrainerFailed'>>;
}

/** The case of a seed: every edit in every place and way comes up once in 72 seeds. */
export function caseOf(seed: number): Case {
  const random = new Random(seed);
  const edit = edits[seed % edits.length] as Edit;
  const place = places[Math.floor(seed / edits.length) % places.length] as Place;
  const way = ways[Math.floor(seed / (edits.length * places.length)) % ways.length] as Way;
  const { program: before, held } = drawn(random, place);
  const { program: after, what } = editOf(before, { edit, place, random });
  return { seed, edit, place, way, what, before, after, held, flaky: flakySteps(random, before) };
}

/** A program of a few steps, with a map where the place asks for one, that waits somewhere. */
function drawn(random: Random, place: Place): { program: Program; held: string | null } {
  let count = 0;
  const work = (of: readonly Kind[] = kinds): Work => {
    count += 1;
    return { kind: random.pick(of), name: random.chance(0.1) ? `шаг-${count}` : `s${count}` };
  };
  const works = (least: number, most: number, of?: readonly Kind[]) =>
    Array.from({ length: Math.floor(random.between(least, most + 1)) }, () => work(of));
  const parts: Part[] = works(2, 4);
  if (random.chance(0.4)) {
    parts.splice(Math.floor(random.between(0, parts.length + 1)), 0, { kind: 'together', body: works(2, 3) });
  }
  if (place !== 'run') {
    const of = place === 'children' ? kinds.filter((kind) => kind !== 'deploy') : kinds;
    const keys = keysOf(random, place === 'children' ? INLINE + 2 : 3);
    const concurrency = Math.floor(random.between(1, keys.length + 1));
    const several: Several = { kind: 'map', name: 'key', keys, concurrency, body: works(2, 3, of) };
    parts.splice(Math.floor(random.between(0, parts.length + 1)), 0, several);
  }
  return waiting(random, parts, work);
}

/** Puts the waiting in: of the author's code, of a step that is under way, or for an approval. */
function waiting(random: Random, parts: Part[], work: (of: readonly Kind[]) => Work) {
  const large = parts.findIndex((part) => part.kind === 'map' && part.keys.length > INLINE);
  const how = random.weighted({ signal: 1, timer: 1, held: 3, asks: 1 });
  if (how === 'held') {
    const paths = pathsOf(parts.filter(({ kind }) => kind !== 'deploy' && kind !== 'together'));
    const inMap = paths.filter((path) => path.includes('/'));
    const some = (inMap.length > 0 ? inMap : paths).filter((path) => !isDeploy(parts, path));
    if (some.length > 0) return { program: parts, held: random.pick(some) };
  }
  // The author's own wait before a map in children would be waited for in each child as well.
  const at = Math.floor(random.between(large + 1, parts.length + 1));
  const wait: Part =
    how === 'asks' ? { ...work(['deploy']), asks: true } : { kind: how === 'signal' ? 'signal' : 'timer' };
  parts.splice(at, 0, wait);
  return { program: parts, held: null };
}

function isDeploy(parts: readonly Part[], path: string): boolean {
  const name = path.split('/').at(-1);
  return parts.some((part) =>
    part.kind === 'map' ? isDeploy(part.body, path) : part.kind === 'deploy' && part.name === name,
  );
}

function keysOf(random: Random, count: number): string[] {
  return Array.from({ length: count }, (_, i) => (random.chance(0.1) ? `ключ🚀${i}` : `k${i}`));
}

function flakySteps(random: Random, program: Program): Record<string, 'Preempted' | 'TrainerFailed'> {
  const some = pathsOf(program).filter(() => random.chance(0.15));
  return Object.fromEntries(some.map((path) => [path, random.chance(0.7) ? 'Preempted' : 'TrainerFailed']));
}
