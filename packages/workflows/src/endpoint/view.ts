import type { EndpointState } from '@sluice/sdk';
import type { Machine } from './machine.ts';
import { phasesOf } from './phases.ts';

/** Answer of the query `endpoint`. */
export function stateOf(machine: Machine): EndpointState {
  const { endpoint, mode, stable, formers, queue, history, seen, alarm } = machine;
  return {
    endpoint,
    mode: mode.kind,
    stable,
    candidate: mode.kind === 'rolling-out' ? mode.request.candidate : null,
    previous: formers[0] ?? null,
    formers,
    phase: phaseOf(machine),
    weights: seen?.weights ?? {},
    leaving: mode.kind === 'rolling-back' ? (mode.from?.id ?? null) : null,
    rollout:
      mode.kind === 'rolling-out' ? mode.request.id : mode.kind === 'rolling-back' ? (mode.ends[0]?.id ?? null) : null,
    queued: queue.map(({ id }) => id),
    history,
    alarm,
  };
}

function phaseOf({ mode }: Machine): string {
  switch (mode.kind) {
    case 'steady':
      return 'stable';
    case 'adopting':
      return `adopting: ${mode.why}`;
    case 'unowned':
      return 'unowned';
    case 'rolling-back':
      return mode.stage === 'moving' ? 'rolling back' : `rolling back: ${mode.to?.id ?? 'nothing'} is started`;
    case 'rolling-out':
      if (mode.stage === 'promoting') return 'promoting';
      if (mode.stage === 'moving' || mode.stage === 'watching' || mode.stage === 'judging')
        return phasesOf(mode.request, mode.usable)[mode.phase]?.name ?? mode.stage;
      return 'starting';
  }
}

/** The endpoint as Markdown, for Temporal's UI. */
export function renderEndpoint(state: EndpointState): string {
  const weights = Object.entries(state.weights).map(([id, share]) => `${id} ${share} %`);
  const rows = [...state.history]
    .reverse()
    .map(
      (one) =>
        `| ${new Date(one.endedAt).toISOString()} | ${one.state} | ${one.candidate.slice(7, 19)} | ${one.reason ?? ''} |`,
    );
  return [
    `**${state.endpoint}**: ${state.phase}; traffic ${weights.join(', ') || 'nowhere'}`,
    ...(state.alarm === null ? [] : [`**${state.alarm}**`]),
    `Stable ${state.stable?.id ?? 'none'}, candidate ${state.candidate?.id ?? 'none'}, before ${state.formers.map(({ id }) => id).join(', ') || 'none'}, ${state.queued.length} queued`,
    ['| ended | state | candidate | reason |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}
