/**
 * Judges a Parquet file by a suite of Great Expectations, as a step does, and prints time and peak of memory as JSON:
 * `node judge-file.ts PARQUET SUITE MEMORY_MIB`. A process of its own, so that the peak is its own.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suiteFromGreatExpectations } from '@sluice/sdk';
import { judgeParquet } from './sluice-run.ts';

const [path = '', suite = '', mebibytes = '512'] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'sluice-judge-'));
try {
  const checks = suiteFromGreatExpectations(await readFile(suite, 'utf8'));
  const { judged, seconds } = await judgeParquet(folder, path, checks, Number(mebibytes) * 2 ** 20);
  const failed = judged.results.results.filter(({ success }) => success !== true).length;
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(
    JSON.stringify({ seconds, peakMiB, rows: judged.results.meta.sluice.rows, verdict: judged.verdict, failed }),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
