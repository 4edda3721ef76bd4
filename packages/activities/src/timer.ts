/** Longest time that Node's timers take, ms: 24.8 days. They fire at once for more. */
const LONGEST = 2 ** 31 - 1;

/** A timer that can be taken back. */
export interface Timer {
  cancel(): void;
}

/**
 * `setTimeout` for any time, also of months.
 *
 * @param at epoch ms; what is past fires as soon as it can
 */
export function timerAt(at: number, what: () => void): Timer {
  let handle: NodeJS.Timeout;
  const wait = (): void => {
    const left = at - Date.now();
    handle = left > LONGEST ? setTimeout(wait, LONGEST) : setTimeout(what, Math.max(0, left));
  };
  wait();
  return { cancel: () => clearTimeout(handle) };
}
