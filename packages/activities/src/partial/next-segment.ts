import type { Part } from './local-parts.ts';
import { bytesOf, type Segment, type StoredPart } from './stored-parts.ts';

/** Most bytes of a segment. */
export const MOST_SEGMENT = 32 * 1024 * 1024;

/** What goes into the store next. */
export interface NextSegment {
  /** What is there already and stays. */
  readonly parts: readonly StoredPart[];
  /** What is missing first; null when nothing is. It comes behind the segments of that part. */
  readonly missing: { readonly name: string; readonly from: number; readonly to: number } | null;
}

/**
 * Small segments at a part's end are put again together with what has come since, so that a file which grows by a
 * little for days is some tens of segments and not thousands: as many as a counter has digits.
 */
export function nextSegment(stored: readonly StoredPart[], wanted: readonly Part[]): NextSegment {
  const parts = wanted.map(({ name, bytes }) => {
    const found = stored.find((part) => part.name === name);
    return { name, segments: found === undefined ? [] : fitting(found.segments, bytes) };
  });
  const short = parts.findIndex((part, i) => bytesOf(part) < (wanted[i]?.bytes ?? 0));
  const part = parts[short];
  if (part === undefined) return { parts: parts.filter(({ segments }) => segments.length > 0), missing: null };
  const end = wanted[short]?.bytes ?? 0;
  const kept = [...part.segments];
  let from = bytesOf(part);
  for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
    const added = end - from;
    if (last.bytes > added || last.bytes + added > MOST_SEGMENT) break;
    from -= last.bytes;
    kept.pop();
  }
  parts[short] = { name: part.name, segments: kept };
  return { parts, missing: { name: part.name, from, to: Math.min(end, from + MOST_SEGMENT) } };
}

/** The segments that lie wholly within what counts of a part. */
function fitting(segments: readonly Segment[], end: number): readonly Segment[] {
  let at = 0;
  const past = segments.findIndex(({ bytes }) => {
    at += bytes;
    return at > end;
  });
  return past < 0 ? segments : segments.slice(0, past);
}
