import type { MetricBase } from './metric.ts';
import type { OptionReader } from './options.ts';

/** What a metric says of itself whose scores go from 0 to 1, the best. Its options have all been read before. */
export function upToOne(options: OptionReader): MetricBase & { readonly better: 'higher' } {
  return { name: options.metric, better: 'higher', range: [0, 1], unit: null, signature: options.end() };
}

/** The same of one whose scores go from 0, the best, to no end. */
export function fromZero(options: OptionReader): MetricBase & { readonly better: 'lower' } {
  return { name: options.metric, better: 'lower', range: [0, null], unit: null, signature: options.end() };
}
