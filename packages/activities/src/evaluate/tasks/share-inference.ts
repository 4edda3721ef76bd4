import { binomialUpperTail } from '../../statistics/binomial.ts';
import { type Inference, TAIL } from './inference.ts';

/** A share of independent cases: the exact binomial test, and the interval of those it does not refuse (Clopper and Pearson, 1934). */
export function shareInference(hits: number, n: number): Inference {
  const above = (at: number) => (at < 0 ? 0 : binomialUpperTail(hits, n, Math.min(at, 1)));
  const below = (at: number) => (at > 1 ? 0 : binomialUpperTail(n - hits, n, Math.min(1 - at, 1)));
  const value = hits / n;
  return {
    value,
    interval: [hits === 0 ? 0 : halved(above), hits === n ? 1 : 1 - halved((at) => below(1 - at))],
    method: 'Clopper–Pearson',
    above,
    below,
    needed: async (at) => needed(value, at),
  };
}

/** Where p reaches the tail; it rises from 0 to 1. */
function halved(p: (at: number) => number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (p(middle) < TAIL) low = middle;
    else high = middle;
  }
  return low;
}

/** Cases of which the same share are hits that tell it from `at`, within 0.1 %. */
function needed(value: number, at: number): number | null {
  if (value === at) return null;
  const tells = (n: number) => {
    const hits = value > at ? Math.floor(value * n) : Math.floor((1 - value) * n);
    return binomialUpperTail(hits, n, value > at ? at : 1 - at) < TAIL;
  };
  let high = 1;
  while (!tells(high)) {
    high *= 2;
    if (high > 1e9) return null;
  }
  let low = high / 2;
  while (high - low > 1 && high / low > 1.001) {
    const middle = Math.floor((low + high) / 2);
    if (tells(middle)) high = middle;
    else low = middle;
  }
  return Math.ceil(high);
}
