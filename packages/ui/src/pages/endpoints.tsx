import type { EndpointState } from '@sluice/sdk';
import type { EndpointsView } from '../api.ts';
import { Empty } from '../parts/frame.tsx';
import { versionName, WeightsBar } from '../parts/rollout.tsx';
import { Badge } from '../parts/state.tsx';
import { Cell, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { pageLink } from '../route.ts';

/** All endpoints with what serves on them. */
export function EndpointsPage({ view }: { view: EndpointsView }) {
  const heads = [
    { label: 'endpoint' },
    { label: 'now' },
    { label: 'serves' },
    { label: 'traffic' },
    { label: 'last rollout' },
  ];
  return (
    <>
      <div class="page-head">
        <h1>Endpoints</h1>
      </div>
      {view.endpoints.length === 0 ? (
        <Empty>
          <p>
            No endpoint yet. Name one in <code>sluice.config.ts</code> and <code>deploy</code> a model to it.
          </p>
        </Empty>
      ) : (
        <Table label="Endpoints" heads={heads} kind="endpoints">
          {view.endpoints.map((state) => (
            <tr key={state.endpoint}>
              <th scope="row">
                <a href={pageLink({ page: 'endpoint', name: state.endpoint })}>{state.endpoint}</a>
                {state.alarm === null ? null : <span class="note bad-text">{state.alarm}</span>}
              </th>
              <Cell>
                <ModeBadge state={state} />
              </Cell>
              <Cell label="serves">
                {state.stable === null ? <span class="muted">nothing</span> : versionName(state.stable.id, state)}
              </Cell>
              <Cell label="traffic" kind="wide-cell">
                <WeightsBar state={state} />
              </Cell>
              <Cell label="last rollout">
                <LastRollout state={state} />
              </Cell>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

function LastRollout({ state }: { state: EndpointState }) {
  const last = state.history.at(-1);
  if (last === undefined) return <span class="muted">none</span>;
  return (
    <>
      <Badge state={last.state} /> <Ago at={last.endedAt} />
    </>
  );
}

export function ModeBadge({ state }: { state: EndpointState }) {
  const tone = {
    steady: 'done',
    adopting: 'running',
    'rolling-out': 'rolling-out',
    'rolling-back': 'rolled-back',
    unowned: 'waiting',
  }[state.mode];
  return (
    <Badge
      state={tone}
      label={state.mode === 'steady' ? 'steady' : `${state.mode.replaceAll('-', ' ')}: ${state.phase}`}
    />
  );
}
