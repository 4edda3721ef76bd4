import { type AttemptRecord, describeAttempts, type EndpointState, isPreemption } from '@sluice/sdk';
import type { TrafficReport } from '../../examples/flight-delays/traffic/send.ts';
import { costOf, shortDigest, table } from '../../packages/cli/src/follow/format.ts';
import type { DemoRun } from './demo-run.ts';

/** What happened and what it cost, as lines. */
export function summaryOf(runs: readonly DemoRun[], endpoint: EndpointState, traffic: TrafficReport): string[] {
  const rows = runs.map((run) => {
    const attempts = run.status.steps.flatMap((step) => step.attempts);
    const decision = run.status.decisions.at(-1);
    return [
      run.title,
      run.status.state,
      `${run.seconds.toFixed(0)} s`,
      `${attempts.filter(isPreemption).length} preempted`,
      decision === undefined ? '' : `${decision.decision} by ${decision.by}`,
      costText(attempts),
    ];
  });
  const interrupted = runs.flatMap((run) =>
    run.status.steps
      .filter((step) => step.attempts.some(isPreemption))
      .map((step) => `  ${step.step}: ${describeAttempts(step)}`),
  );
  const failed = traffic.sent - traffic.ok;
  const { latency } = traffic;
  return [
    ...table([['run', 'ended', 'took', 'trainings', 'decision', 'cost'], ...rows]),
    '',
    ...(interrupted.length === 0 ? [] : ['Preempted trainings:', ...interrupted, '']),
    `Endpoint: stable ${shortDigest(endpoint.stable?.digest ?? 'none')}, before it ${shortDigest(endpoint.previous?.digest ?? 'none')}`,
    `Traffic:  ${traffic.sent} requests all the while, ${failed} failed${latency === null ? '' : `; median ${latency.p50.toFixed(1)} ms, 99th percentile ${latency.p99.toFixed(1)} ms`}`,
  ];
}

function costText(attempts: readonly AttemptRecord[]): string {
  const cost = costOf(attempts);
  if (cost === null) return 'unknown';
  return `${cost.amount.toFixed(4)} ${cost.currency} (${cost.lost.toFixed(4)} lost to preemption)`;
}
