import type { EndpointView } from '../api.ts';
import { Command } from '../parts/copy.tsx';
import { Crumbs, Empty, OutLink, Section, TroubleBox } from '../parts/frame.tsx';
import { versionName, WeightsBar } from '../parts/rollout.tsx';
import { RolloutHistory } from '../parts/rollout-history.tsx';
import { Traffic } from '../parts/traffic.tsx';
import { Versions } from '../parts/versions.tsx';
import { pageLink } from '../route.ts';
import { ModeBadge } from './endpoints.tsx';

/** An endpoint: what serves, how it went over time, and how to go back. */
export function EndpointPage({ view }: { view: EndpointView }) {
  const { state } = view;
  return (
    <>
      <Crumbs>
        <a href={pageLink({ page: 'endpoints' })}>Endpoints</a>
      </Crumbs>
      <div class="page-head">
        <h1>{state.endpoint}</h1>
        <ModeBadge state={state} />
        <span class="page-links">
          {view.url === null ? null : <code class="url">{view.url}</code>}
          {view.temporalUrl === null ? null : <OutLink href={view.temporalUrl}>Endpoint in Temporal</OutLink>}
        </span>
      </div>
      {state.alarm === null ? null : (
        <TroubleBox trouble={{ code: 'Alarm', message: state.alarm, where: null, fix: null }} />
      )}
      {view.trouble === null ? null : <TroubleBox trouble={view.trouble} role="note" />}
      <Section title="Traffic">
        <WeightsBar state={state} />
        {view.traffic.length === 0 ? <Empty>Nobody has counted traffic of it yet.</Empty> : <Traffic view={view} />}
      </Section>
      <Section title="Versions">
        <Versions state={state} />
      </Section>
      <Section title="Going back">
        <Rollback view={view} />
      </Section>
      <Section title="Rollouts">
        {state.history.length === 0 ? <Empty>Nothing was rolled out yet.</Empty> : <RolloutHistory view={view} />}
      </Section>
    </>
  );
}

function Rollback({ view: { state } }: { view: EndpointView }) {
  if (state.stable === null) return <p class="muted">Nothing serves, so there is nothing to go back from.</p>;
  const from = versionName(state.stable.id, state);
  if (state.mode === 'rolling-out' && state.candidate !== null) {
    return (
      <>
        <p>
          All traffic goes back to <strong>{from}</strong>; {versionName(state.candidate.id, state)} is taken off and
          the rollout ends as rolled back.
        </p>
        <Command text={`sluice rollback ${quoted(state.endpoint)}`} />
      </>
    );
  }
  if (state.previous === null)
    return <p class="muted">No version served before {from}, so a rollback would leave nothing.</p>;
  return (
    <>
      <p>
        All traffic goes from <strong>{from}</strong> to <strong>{versionName(state.previous.id, state)}</strong> at
        once, which is started first and looked at; {from} will not be rolled out again unasked.
      </p>
      <Command text={`sluice rollback ${quoted(state.endpoint)} --reason '…'`} />
    </>
  );
}

function quoted(text: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_./@:+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
