import type { Replayed } from './replayed.ts';
import { type DifferingPlace, differingOf } from './systematic.ts';

type Compared = Pick<Replayed, 'request' | 'differences' | 'shape'>;
type KindOfRequest = Pick<Replayed['request'], 'route' | 'inputClass'>;

/**
 * What a difference in shape says against the candidate. Counts: the old version never differs from itself at that
 * place, or significantly less often. Noise: it does as often. Doubtful: it does in other kinds of request or in another
 * way, or the candidate differs so seldom that each request can be looked at by itself.
 */
export type Standing = 'counts' | 'doubtful' | 'noise';

export interface ShapeNoise {
  /** Where the old version's second copy differs from it in shape too, and the candidate not significantly more often. */
  readonly places: readonly DifferingPlace[];
  /** @param name of a difference, as `shapeDifferences` has it */
  standing(request: KindOfRequest, name: string): Standing;
}

/** Stands for all kinds of request. */
const ALL: KindOfRequest = { route: '(all routes)', inputClass: '(all inputs)' };
/** Requests with a difference that are few enough to look at each of them. */
const FEW = 20;

/**
 * Tells by the first answers to each request where a version's shape differs from call to call. A difference that the old
 * version never shows against itself is none of its noise, be it seen once. Where it shows it, the candidate's is held
 * against it by an exact test: in each kind of request, and in all kinds together, because many small ones may each show
 * too little.
 */
export function shapeNoiseOf(replayed: readonly Compared[]): ShapeNoise {
  const compared = replayed.flatMap(({ request, differences, shape }) => {
    // The second copy gave no answer, or the candidate none that could be compared.
    return differences === undefined ? [] : [{ request, differences: shape ?? [] }];
  });
  const kinds = new Set(compared.map(({ request }) => kindOf(request)));
  const together = compared.map(({ request, differences }) => ({ request: { ...request, ...ALL }, differences }));
  const tested = differingOf(kinds.size > 1 ? [...compared, ...together] : compared);
  const isAll = (place: DifferingPlace) => kindOf(place) === kindOf(ALL);
  const more = new Set(tested.filter((place) => place.systematic && isAll(place)).map(({ path }) => path));
  const own = tested.filter((place) => !isAll(place));
  const isMore = (place: DifferingPlace) => place.systematic || more.has(place.path);
  const noisy = new Set(own.filter(({ noise }) => noise > 0).map(({ path }) => placeOf(path)));
  const raw = new Map<string, number>();
  for (const { path, raw: times } of own) raw.set(path, (raw.get(path) ?? 0) + times);
  const found = new Map(own.map((place) => [`${kindOf(place)}\n${place.path}`, place]));
  return {
    places: own.filter((place) => place.noise > 0 && !isMore(place)),
    standing(request, name) {
      const place = found.get(`${kindOf(request)}\n${name}`);
      if (!noisy.has(placeOf(name)) || more.has(name) || place?.systematic) return 'counts';
      return (place?.noise ?? 0) > 0 && (raw.get(name) ?? 0) > FEW ? 'noise' : 'doubtful';
    },
  };
}

/** Requests whose answers differ in shape and pass, because that is noise. */
export function withinNoise<One extends Pick<Replayed, 'outcome' | 'shape'>>(replayed: readonly One[]): One[] {
  return replayed.filter(({ outcome, shape }) => outcome === 'pass' && shape?.some(({ raw }) => raw !== null));
}

function kindOf({ route, inputClass }: KindOfRequest): string {
  return `${route}\n${inputClass}`;
}

/** Without how it differs there. */
function placeOf(name: string): string {
  return name.replace(/ is \w+$/, '');
}
