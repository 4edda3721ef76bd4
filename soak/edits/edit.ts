import {
  isWork,
  type Kind,
  kinds,
  type Part,
  type Program,
  type Several,
  type Work,
} from '../../test/edits/program.ts';
import type { Random } from '../harness/random.ts';
import type { Place } from './generate.ts';

/** What people do to a list of steps. */
export const edits = ['reorder', 'exchange', 'rename', 'insert', 'remove', 'kind', 'keys', 'together'] as const;
export type Edit = (typeof edits)[number];

interface Wanted {
  readonly edit: Edit;
  readonly place: Place;
  readonly random: Random;
}

/** The program after one change, and what it was. */
export function editOf(program: Program, wanted: Wanted): { program: Program; what: string } {
  const { place, edit, random } = wanted;
  const at = program.findIndex((part) => part.kind === 'map');
  const several = program[at];
  if (place === 'run' || several?.kind !== 'map') {
    const { parts, what } = changed(program, wanted);
    return { program: parts, what };
  }
  if (edit === 'keys') {
    const { keys, what } = otherKeys(several.keys, random);
    return { program: program.with(at, { ...several, keys }), what };
  }
  const { parts, what } = changed(several.body, wanted);
  return { program: program.with(at, { ...several, body: parts }), what: `in the map, ${what}` };
}

/** A list of steps after a change of it. */
function changed(parts: Program, { edit, place, random }: Wanted): { parts: Part[]; what: string } {
  const usable = place === 'children' ? kinds.filter((kind) => kind !== 'deploy') : kinds;
  const works = parts.flatMap((part, index) => (isWork(part) ? [{ part, index }] : []));
  const one = random.pick(works);
  switch (edit) {
    case 'reorder': {
      const i = Math.floor(random.between(0, parts.length - 1));
      const [a, b] = [parts[i], parts[i + 1]] as [Part, Part];
      return { parts: parts.with(i, b).with(i + 1, a), what: `${nameOf(a)} and ${nameOf(b)} swapped` };
    }
    case 'exchange': {
      const other = random.pick(works.filter(({ index }) => index !== one.index));
      const next = parts.with(one.index, { ...one.part, name: other.part.name });
      const what = `${one.part.name} and ${other.part.name} exchange their names`;
      return { parts: next.with(other.index, { ...other.part, name: one.part.name }), what };
    }
    case 'rename':
      return { parts: parts.with(one.index, { ...one.part, name: 'renamed' }), what: `${one.part.name} renamed` };
    case 'insert': {
      const added: Work = { kind: random.pick(usable), name: 'added' };
      const i = Math.floor(random.between(0, parts.length + 1));
      return { parts: parts.toSpliced(i, 0, added), what: `${added.kind} inserted at ${i}` };
    }
    case 'remove': {
      const i = Math.floor(random.between(0, parts.length));
      return { parts: parts.toSpliced(i, 1), what: `${nameOf(parts[i] as Part)} removed` };
    }
    case 'kind': {
      const { asks: _, ...plain } = one.part;
      const kind = random.pick(usable.filter((kind) => kind !== one.part.kind)) as Kind;
      return { parts: parts.with(one.index, { ...plain, kind }), what: `${plain.kind} ${plain.name} is a ${kind} now` };
    }
    case 'keys': {
      const several: Several = { kind: 'map', name: 'more', keys: ['a', 'b'], concurrency: 2, body: [one.part] };
      return { parts: parts.with(one.index, several), what: `${one.part.name} is in a map now` };
    }
    case 'together': {
      const i = Math.floor(random.between(0, parts.length - 1));
      const body = parts.slice(i, i + 2);
      const what = `${body.map(nameOf).join(' and ')} begin together`;
      return { parts: parts.toSpliced(i, 2, { kind: 'together', body }), what };
    }
  }
}

function otherKeys(keys: readonly string[], random: Random): { keys: string[]; what: string } {
  const i = Math.floor(random.between(0, keys.length - 1));
  const [a, b] = [keys[i], keys[i + 1]] as [string, string];
  return random.pick([
    { keys: keys.with(i, b).with(i + 1, a), what: `the keys ${a} and ${b} swapped` },
    { keys: keys.toSpliced(i, 0, 'new'), what: `a key inserted before ${a}` },
    { keys: keys.toSpliced(i, 1), what: `the key ${a} removed` },
    { keys: keys.with(i, 'new'), what: `the key ${a} renamed` },
    { keys: keys.toReversed(), what: 'the keys in reverse' },
  ]);
}

function nameOf(part: Part): string {
  return 'name' in part ? part.name : part.kind;
}
