import type { Decision, RefusedDecision } from '@sluice/sdk';
import { Digest } from './copy.tsx';
import { Badge } from './state.tsx';
import { Cell, Table } from './table.tsx';
import { Ago } from './time.tsx';

/** What people decided and what did not count, in the order it came. */
export function Decisions({
  decisions,
  refused,
}: {
  decisions: readonly Decision[];
  refused: readonly RefusedDecision[];
}) {
  const rows = [
    ...decisions.map((one) => ({ ...one, counted: true as const, at: Date.parse(one.at) })),
    ...refused.map((one) => ({ ...one, counted: false as const, at: Date.parse(one.at) })),
  ].sort((a, b) => a.at - b.at);
  return (
    <Table
      label="Decisions"
      heads={[{ label: 'when' }, { label: 'what' }, { label: 'by' }, { label: 'about' }, { label: 'why' }]}
    >
      {rows.map((one) => (
        <tr key={`${one.at}-${one.decision}-${one.by}`}>
          <Cell>
            <Ago at={one.at} />
          </Cell>
          <Cell>
            {one.counted ? (
              <Badge
                state={{ approve: 'done', override: 'waiting', reject: 'rejected' }[one.decision]}
                label={one.decision}
              />
            ) : (
              <span class="struck">
                <s>{one.decision}</s> did not count
              </span>
            )}
          </Cell>
          <Cell label="by">
            {one.by ?? 'nobody'} <span class="muted">via {one.via}</span>
          </Cell>
          <Cell label="about">
            {one.counted ? (
              <>
                {one.step} <Digest digest={one.candidate} link />
              </>
            ) : null}
          </Cell>
          <Cell label="why">{one.counted ? one.reason : one.why}</Cell>
        </tr>
      ))}
    </Table>
  );
}
