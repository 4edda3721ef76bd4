import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { formatMs, table } from '../follow/format.ts';
import { roleOfState } from '../follow/lines.ts';
import { type ListedRun, listRuns } from '../run/list-runs.ts';
import { parseMoment } from '../run/parse-moment.ts';
import { checkStates, type RunFilter } from '../run/runs-query.ts';
import type { Io } from './io.ts';
import { type CommonOptions, withServer } from './project.ts';

export interface RunsOptions extends CommonOptions {
  readonly pipeline?: string;
  readonly state?: readonly string[];
  readonly since?: string;
  readonly until?: string;
  readonly text?: string;
  readonly commit?: string;
  readonly endpoint?: string;
  readonly limit?: number;
  readonly after?: number;
}

/** Narrower terminals are shown what a run is and how it stands, and not who started it from what. */
const WIDE = 120;

/** `sluice runs`, and `sluice status` without a run. */
export async function runsCommand(options: RunsOptions, io: Io): Promise<ExitCode> {
  const limit = countOf('--limit', options.limit ?? 20, 1);
  const after = countOf('--after', options.after ?? 0, 0);
  const filter = filterOf(options, Date.now());
  return withServer(options, async ({ client, target }) => {
    const { runs, more } = await listRuns(client, target, { ...filter, limit, after });
    for (const one of runs) io.object({ type: 'run', ...one });
    if (more) io.object({ type: 'more', after: after + limit });
    for (const line of runsLines(runs, io, Date.now())) io.line(line);
    if (runs.length === 0) io.line(noneText(filter, after));
    if (more) io.line(io.paint('quiet', `there are more: the same with --after ${after + limit}, or --limit`));
    return ExitCode.done;
  });
}

/** @throws SluiceError `Usage` for a moment, a state or a commit that is none */
export function filterOf(options: RunsOptions, now: number): RunFilter {
  const { pipeline, state, since, until, text, commit, endpoint } = options;
  if (commit !== undefined && !/^[0-9a-f]{4,64}$/i.test(commit)) {
    throw new UsageError(`--commit ${commit} is not a commit.`, 'Give 4 digits of it at least, for example 1a2b3c4.');
  }
  const given = {
    pipeline,
    text,
    commit,
    endpoint,
    states: state === undefined ? undefined : checkStates(state),
    since: since === undefined ? undefined : parseMoment('--since', since, now),
    until: until === undefined ? undefined : parseMoment('--until', until, now),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as RunFilter;
}

/** One line per run under a head; none for none. */
export function runsLines(
  runs: readonly ListedRun[],
  { paint, columns }: Pick<Io, 'paint' | 'columns'>,
  now: number,
): string[] {
  if (runs.length === 0) return [];
  const wide = columns >= WIDE;
  const rows = runs.map((one) => [
    one.workflowId,
    one.state,
    one.start.toISOString().slice(0, 19).replace('T', ' '),
    formatMs((one.close?.getTime() ?? now) - one.start.getTime()),
    ...(wide ? [one.endpoint ?? '', one.commit?.slice(0, 8) ?? '', one.by ?? ''] : []),
  ]);
  const names = ['run', 'state', 'started (UTC)', 'took', ...(wide ? ['endpoint', 'commit', 'by'] : [])];
  const [head = '', ...lines] = table([names, ...rows], { width: columns });
  return [
    paint('quiet', head),
    ...lines.map((line, index) => {
      const state = runs[index]?.state ?? '';
      return line.replace(` ${state} `, ` ${paint(roleOfState(state), state)} `);
    }),
  ];
}

function noneText(filter: RunFilter, after: number): string {
  if (after > 0) return 'No more runs.';
  return Object.keys(filter).length > 0 ? 'No run fits.' : 'No runs yet. Start one: sluice run PIPELINE';
}

export function countOf(flag: string, count: number, least: number): number {
  if (Number.isInteger(count) && count >= least) return count;
  throw new UsageError(`${flag} ${count} is not a count.`);
}
