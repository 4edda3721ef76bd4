import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** One burst of load: as fast as the answers come, on connections that stay open. */
export interface Burst {
  readonly requests: number;
  readonly rps: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Requests that got no 2xx or no answer. */
  readonly failed: number;
}

/** A request of a table of five rows, and a report as one line of JSON. */
const SCRIPT = `
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = '{"dataframe_split":{"columns":["distance","carrier","hour","origin"],"data":[[1080,"LH",7,"MUC"],[412,"BA",9,"LHR"],[3451,"AF",12,"CDG"],[870,"KL",18,"AMS"],[95,"SK",22,"CPH"]]}}'
done = function(summary, latency, requests)
  local e = summary.errors
  print(string.format('{"requests":%d,"us":%d,"p50":%f,"p99":%f,"failed":%d}', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

export function writeScript(path: string): string {
  writeFileSync(path, SCRIPT);
  return path;
}

export async function burst(
  url: string,
  options: {
    readonly connections: number;
    readonly seconds: number;
    readonly script: string;
    readonly signal: AbortSignal;
  },
): Promise<Burst> {
  const { connections, seconds, script, signal } = options;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, url];
  const { stdout } = await promisify(execFile)('wrk', args, { signal });
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  const { requests, us, p50, p99, failed } = JSON.parse(line) as Record<
    'requests' | 'us' | 'p50' | 'p99' | 'failed',
    number
  >;
  return { requests, rps: (requests * 1e6) / us, p50: p50 / 1000, p99: p99 / 1000, failed };
}
