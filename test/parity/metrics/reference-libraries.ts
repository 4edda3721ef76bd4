import { join } from 'node:path';
import { ensurePythonEnv } from '../../../packages/cli/src/python-env.ts';

/** An interpreter that has the libraries which the metrics must equal. */
export async function referenceLibraries(log: (line: string) => void = () => {}): Promise<string> {
  const { python } = await ensurePythonEnv({
    name: 'metrics',
    requirements: join(import.meta.dirname, '../../../bench/python/metrics.txt'),
    log,
  });
  return python;
}
