import { ErrorCode, SluiceError } from './errors.ts';

/**
 * Keys up to which a map runs inside its own workflow; more go to children, or history would grow too long: with eight
 * steps for each of them it has some 20,000 events of the 51,200 that it may have, and 20 of its 50 MB.
 */
export const INLINE_KEYS = 500;
/** Keys of all maps inside of maps: with a few steps each their events stay below the 51,200 of a history. */
export const NESTED_KEYS = 4_000;

/** Bytes of one value that a run passes on, as JSON: it would stop a worker for seconds each time the run is replayed. */
export const VALUE_LIMIT = 64 * 2 ** 20;

export function deployInLargeMap(step: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `${step} stands in a map of more than ${INLINE_KEYS} keys.`, {
    where: step,
    fix: 'Such a map runs in child workflows, where nobody looks for a decision: deploy after the map.',
  });
}

export function tooManyNestedKeys(path: string): SluiceError {
  return new SluiceError(
    ErrorCode.InvalidStep,
    `The maps inside of maps have more than ${NESTED_KEYS} keys together; one history cannot hold their steps.`,
    {
      where: path,
      fix: 'Make one flat map of them, with keys such as "EWR-2013": a large flat map runs in children.',
    },
  );
}
