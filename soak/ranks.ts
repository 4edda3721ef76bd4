import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inScope } from '../bench/harness/scope.ts';
import { table } from '../bench/harness/table.ts';
import { bench } from '../packages/activities/src/job/testing/attempt.ts';
import { ensurePythonEnv } from '../packages/cli/src/python-env.ts';
import { Random } from './harness/random.ts';
import type { Figures, Soak, SoakHost } from './harness/soak.ts';
import { planFault } from './ranks/fault.ts';
import { type PlayedJob, playJob, problemsOf, WORLD } from './ranks/play.ts';

/** Attempts of one job that are struck. */
const FAULTS_A_JOB = 5;
const requirements = fileURLToPath(new URL('../packages/trainer/frameworks/requirements.txt', import.meta.url));

/** A torchrun job whose ranks, agent and machine are killed, and whose weights must not tell. */
export const soak: Soak = {
  summary: `a torchrun job of ${WORLD} ranks (FSDP, DCP) killed at seeded moments: its weights are its undisturbed twin's`,
  options: '--seeds N (20), moments; --seed N (0), the first of them',
  run,
};

const head = ['moment', 'struck', 'while', 'resumed from', 'reached', 'kept', 'next from'];

async function run(args: readonly string[], { signal, say }: SoakHost): Promise<Figures> {
  const { values } = parseArgs({ args: [...args], options: { seeds: { type: 'string' }, seed: { type: 'string' } } });
  const first = Number(values.seed ?? 0);
  const faults = Array.from({ length: Number(values.seeds ?? 20) }, (_, index) =>
    planFault(first + index, new Random(first + index), WORLD),
  );
  const env = await ensurePythonEnv({ name: 'frameworks', requirements, log: say });
  return inScope(signal, async (scope) => {
    const play = async (mine: typeof faults): Promise<PlayedJob> => {
      const on = await bench({ python: env.python });
      scope.defer(() => on.close());
      return playJob(on, mine, say);
    };
    const twin = await play([]);
    const jobs: PlayedJob[] = [];
    for (let from = 0; from < faults.length; from += FAULTS_A_JOB) {
      jobs.push(await play(faults.slice(from, from + FAULTS_A_JOB)));
    }
    const struck = jobs.flatMap((job) =>
      job.struck.map((one, index) => ({ one, next: job.struck[index + 1]?.resumedFrom ?? job.resumedFrom })),
    );
    const rows = struck.map(({ one, next }) => [
      ...[String(one.fault.seed), one.fault.victim, one.fault.moment],
      ...[one.resumedFrom, one.reached, one.kept, next].map(String),
    ]);
    say(`\n${table(head, rows)}\n`);
    const problems = [
      ...struck.flatMap(({ one, next }) => problemsOf(one, next)),
      ...jobs.flatMap(({ digest }, job) =>
        digest === twin.digest ? [] : [`job ${job + 1}: its weights are not its twin's`],
      ),
    ];
    for (const problem of problems) say(problem);
    const lost = struck.map(({ one }) => one.reached - one.kept);
    return {
      ok: problems.length === 0,
      moments: struck.length,
      jobs: jobs.length,
      mostStepsLost: Math.max(0, ...lost),
      problems,
    };
  });
}
