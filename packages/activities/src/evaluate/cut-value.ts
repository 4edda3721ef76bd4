import type { Json } from '@sluice/sdk';
import { TEXT_LENGTH } from './suite-report.ts';

/** Items of a list, and members of an object, that a report shows; embeddings are long. */
const ITEMS = 200;
/** Characters of one value altogether, about: 200 cases of pictures are more than one text can hold. */
const SHOWN = 20_000;

/** What may still be shown of one value: characters, where a number counts for some. */
interface Room {
  left: number;
}

/** A value with long texts and lists cut, wherever they stand, and no larger altogether than {@link SHOWN}. */
export function cut(value: Json, room: Room = { left: SHOWN }): Json {
  if (typeof value === 'string') {
    room.left -= Math.min(value.length, TEXT_LENGTH);
    return value.length <= TEXT_LENGTH ? value : `${value.slice(0, TEXT_LENGTH - 1)}…`;
  }
  room.left -= 8;
  if (Array.isArray(value)) {
    const items = shownOf(value as readonly Json[], room, (item) => cut(item, room));
    return items.length === value.length ? items : [...items, `… ${value.length - items.length} more`];
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value as { readonly [key: string]: Json | undefined });
  return Object.fromEntries(
    shownOf(members, room, ([key, one]) => [key, one === undefined ? one : cut(one, room)] as const),
  );
}

/** As many as there is room for. */
function shownOf<Item, Shown>(items: readonly Item[], room: Room, show: (item: Item) => Shown): Shown[] {
  const shown: Shown[] = [];
  for (const item of items) {
    if (shown.length >= ITEMS || room.left <= 0) break;
    shown.push(show(item));
  }
  return shown;
}
