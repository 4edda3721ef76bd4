import type { Candidate, EndpointState } from '@sluice/sdk';
import { formatBytes, formatNumber } from '../format.ts';
import { Digest } from './copy.tsx';
import { OutLink } from './frame.tsx';
import { versionName, versionsOf } from './rollout.tsx';
import { Badge } from './state.tsx';
import { Cell, Table } from './table.tsx';

/** The versions that an endpoint knows: what serves, what is coming, and where it could go back to. */
export function Versions({ state }: { state: EndpointState }) {
  const rows = versionsOf(state);
  if (rows.length === 0) return <p class="muted">No version yet.</p>;
  return (
    <Table
      label="Versions"
      heads={[
        { label: 'version' },
        { label: 'role' },
        { label: 'traffic', num: true },
        { label: 'model' },
        { label: 'size', num: true },
        { label: 'registry' },
      ]}
    >
      {rows.map((one) => (
        <tr key={one.id}>
          <th scope="row">{versionName(one.id, state)}</th>
          <Cell>
            <Role one={one} state={state} />
          </Cell>
          <Cell label="traffic" num>
            {formatNumber(state.weights[one.id] ?? 0)} %
          </Cell>
          <Cell label="model">
            <Digest digest={one.digest} link />
          </Cell>
          <Cell label="size" num>
            {formatBytes(one.bytes)}
          </Cell>
          <Cell label="registry">
            {one.registered === null ? (
              <span class="muted">not registered</span>
            ) : (
              <OutLink href={one.registered.url}>{`${one.registered.model} ${one.registered.version}`}</OutLink>
            )}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

function Role({ one, state }: { one: Candidate; state: EndpointState }) {
  if (one.id === state.stable?.id) return <Badge state="deployed" label="serves" />;
  if (one.id === state.leaving) return <Badge state="rolled-back" label="is taken off" />;
  if (one.id === state.candidate?.id) return <Badge state="rolling-out" label="candidate" />;
  return <Badge state="superseded" label={one.id === state.previous?.id ? 'before' : 'earlier'} />;
}
