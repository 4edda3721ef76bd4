import type { Candidate, EndpointState } from '@sluice/sdk';
import { shortDigest } from '../format.ts';
import { pageLink } from '../route.ts';

/** `v7 (1a2b3c4d5e6f)`: the registry's number where there is one. */
export function versionName(id: string, state: EndpointState): string {
  const known = versionsOf(state).find((one) => one.id === id);
  if (known?.registered != null) return `v${known.registered.version}`;
  return known === undefined ? id : shortDigest(known.digest);
}

/** Every version that an endpoint knows by more than its id, each once. */
export function versionsOf({ stable, candidate, previous, formers }: EndpointState): Candidate[] {
  const all = [stable, candidate, previous, ...formers].filter((one) => one !== null);
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

/** The colour of a version, the same in every chart: what serves has the first one. */
export function versionColour(id: string, state: EndpointState): number {
  const known = versionsOf(state).findIndex((one) => one.id === id);
  return known === -1 ? 7 : known % 7;
}

/** Where traffic is now, as one bar. */
export function WeightsBar({ state }: { state: EndpointState }) {
  const parts = Object.entries(state.weights).filter(([, percent]) => percent > 0);
  const total = parts.reduce((sum, [, percent]) => sum + percent, 0) || 1;
  let at = 0;
  const names = parts.map(([id, percent]) => `${versionName(id, state)} ${Math.round((100 * percent) / total)} %`);
  if (parts.length === 0) return <p class="muted">No traffic is given to any version.</p>;
  return (
    <div class="weights">
      <svg width="100%" height="14" role="img" aria-label={`Traffic: ${names.join(', ')}`}>
        {parts.map(([id, percent]) => {
          const x = at;
          at += (100 * percent) / total;
          return (
            <rect
              key={id}
              class={`c${versionColour(id, state)}`}
              x={`${x}%`}
              width={`${(100 * percent) / total}%`}
              height="14"
            />
          );
        })}
      </svg>
      <span class="weights-names">
        {parts.map(([id], i) => (
          <span key={id} class={`legend c${versionColour(id, state)}`}>
            {names[i]}
          </span>
        ))}
      </span>
    </div>
  );
}

/** A rollout under way, on the page of the run that asked for it. */
export function RolloutNow({ state }: { state: EndpointState }) {
  return (
    <section class="rollout-now" aria-label={`Rollout on ${state.endpoint}`}>
      <h2>
        <a href={pageLink({ page: 'endpoint', name: state.endpoint })}>{state.endpoint}</a>{' '}
        <span class="muted">
          {state.mode.replaceAll('-', ' ')}: {state.phase}
        </span>
      </h2>
      <WeightsBar state={state} />
      {state.alarm === null ? null : <p class="bad-text">{state.alarm}</p>}
    </section>
  );
}
