import type { Replayed } from './replayed.ts';
import { type DifferingPlace, differingOf } from './systematic.ts';

type Compared = Pick<Replayed, 'request' | 'differences' | 'shape'>;

/** What of the shapes of answers is the old version's own noise. */
export interface ShapeNoise {
  /** Where the old version's second copy differs from it in shape too, and the candidate no more than that. */
  readonly places: readonly DifferingPlace[];
  /** Is this difference noise at answers to this kind of request? */
  has(request: Pick<Replayed['request'], 'route' | 'inputClass'>, name: string): boolean;
}

/** Stands for all kinds of request. */
const ALL = { route: '(all routes)', inputClass: '(all inputs)' } as const;

/**
 * Tells by the first answers to each request where a version's shape differs from call to call. A difference that the old
 * version never shows against itself is none of its noise, be it seen once. Where it shows it, the candidate's counts as
 * noise as long as it does not differ significantly more often: in this kind of request, and in all kinds together,
 * because many small ones may each show too little.
 */
export function shapeNoiseOf(replayed: readonly Compared[]): ShapeNoise {
  const compared = replayed.flatMap(({ request, differences, shape }) => {
    // The second copy gave no answer, or the candidate none that could be compared.
    return differences === undefined ? [] : [{ request, differences: shape ?? [] }];
  });
  const kinds = new Set(compared.map(({ request }) => kindOf(request)));
  const together = compared.map(({ request, differences }) => ({ request: { ...request, ...ALL }, differences }));
  const tested = differingOf(kinds.size > 1 ? [...compared, ...together] : compared);
  const more = new Set(tested.filter((place) => place.systematic && isAll(place)).map(({ path }) => path));
  const places = tested.filter((one) => !isAll(one) && one.noise > 0 && !one.systematic && !more.has(one.path));
  const names = new Set(places.map((place) => `${kindOf(place)}\n${place.path}`));
  return { places, has: (request, name) => names.has(`${kindOf(request)}\n${name}`) };
}

/** Requests whose answers differ in shape and pass, because that is noise. */
export function withinNoise<One extends Pick<Replayed, 'outcome' | 'shape'>>(replayed: readonly One[]): One[] {
  return replayed.filter(({ outcome, shape }) => outcome === 'pass' && shape?.some(({ raw }) => raw !== null));
}

function isAll({ route, inputClass }: DifferingPlace): boolean {
  return route === ALL.route && inputClass === ALL.inputClass;
}

function kindOf({ route, inputClass }: Pick<DifferingPlace, 'route' | 'inputClass'>): string {
  return `${route}\n${inputClass}`;
}
