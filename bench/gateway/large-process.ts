import { latenciesBesideLarge } from './large-bodies.ts';

/** The callers in a process of their own: prints the 95th percentile in ms. */
const [url = '', ms = ''] = process.argv.slice(2);
const sorted = (await latenciesBesideLarge(url, Number(ms), new AbortController().signal)).sort((a, b) => a - b);
console.log(sorted[Math.floor(sorted.length * 0.95)]);
