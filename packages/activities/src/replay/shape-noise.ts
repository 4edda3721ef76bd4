import type { Replayed } from './replayed.ts';
import { type DifferingPlace, differingOf } from './systematic.ts';

type Compared = Pick<Replayed, 'request' | 'differences' | 'shape'>;
type KindOfRequest = Pick<Replayed['request'], 'route' | 'inputClass'>;

/**
 * What a difference in shape says against the candidate. Counts: the old version never differs from itself at that
 * place. More: it does, and the candidate significantly more often. Noise: it does as often. Doubtful: it does in other
 * kinds of request or in another way, or the candidate differs so seldom that each request can be looked at by itself.
 */
export type Standing = 'counts' | 'more' | 'doubtful' | 'noise';

export interface ShapeNoise {
  /** Where the old version's second copy differs from it in shape too, and the candidate not significantly more often. */
  readonly places: readonly DifferingPlace[];
  /** How often the candidate differs so and the old version from itself, where that is significantly less often. */
  more(request: KindOfRequest, name: string): DifferingPlace | null;
  /** @param name of a difference, as `shapeDifferences` has it */
  standing(request: KindOfRequest, name: string): Standing;
}

/** Stands for all kinds of request. */
const ALL: KindOfRequest = { route: '(all routes)', inputClass: '(all inputs)' };
/** Requests with a difference that are few enough to look at each of them. */
const FEW = 20;
/** Of taking noise for more than that: half of 5 %, and the other half is for what is in doubt (`toConfirm`). */
const RISK = 0.025;

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
  const own = tested.filter((place) => !isAll(place));
  const noisy = new Set(own.filter(({ noise }) => noise > 0).map(({ path }) => placeOf(path)));
  const raw = new Map<string, number>();
  for (const { path, raw: times } of own) raw.set(path, (raw.get(path) ?? 0) + times);
  const found = new Map(tested.map((place) => [`${kindOf(place)}\n${place.path}`, place]));
  const at = (request: KindOfRequest, name: string) => found.get(`${kindOf(request)}\n${name}`);
  const more = (request: KindOfRequest, name: string) => {
    const places = noisy.has(placeOf(name)) ? [at(request, name), at(ALL, name)] : [];
    return places.find((place) => place !== undefined && place.adjusted <= RISK) ?? null;
  };
  return {
    places: own.filter((place) => place.noise > 0 && more(place, place.path) === null),
    more,
    standing(request, name) {
      if (!noisy.has(placeOf(name))) return 'counts';
      if (more(request, name) !== null) return 'more';
      return (at(request, name)?.noise ?? 0) > 0 && (raw.get(name) ?? 0) > FEW ? 'noise' : 'doubtful';
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

/** Without how it differs there; for a field that is missing the object that lacks it: some have texts for names. */
function placeOf(name: string): string {
  const lacks = name.match(/^(.*?)(?:\.[^.[\]'"*\s]+|\["(?:[^"\\]|\\.)*"\]) is missing$/s);
  return lacks?.[1] ?? name.replace(/ is \w+$/, '');
}
