import { useState } from 'preact/hooks';
import type { Checkpoint } from '../api.ts';
import { formatBytes, formatNumber } from '../format.ts';
import { Digest } from './copy.tsx';
import { Cell, Table } from './table.tsx';
import { Ago } from './time.tsx';

const SHOWN = 5;

/** The newest checkpoints that are kept; older ones on demand. */
export function Checkpoints({ list }: { list: readonly Checkpoint[] }) {
  const [all, setAll] = useState(false);
  const newest = list.toReversed();
  const shown = all ? newest : newest.slice(0, SHOWN);
  return (
    <>
      <Table
        label="Checkpoints"
        kind="compact"
        heads={[
          { label: 'step', num: true },
          { label: 'when' },
          { label: 'attempt', num: true },
          { label: 'size', num: true },
          { label: 'digest' },
        ]}
      >
        {shown.map((one) => (
          <tr key={one.step}>
            <Cell label="step" num>
              {formatNumber(one.step)}
            </Cell>
            <Cell label="when">{one.at === null ? '–' : <Ago at={one.at} />}</Cell>
            <Cell label="attempt" num>
              {formatNumber(one.attempt)}
            </Cell>
            <Cell label="size" num>
              {formatBytes(one.bytes)}
            </Cell>
            <Cell label="digest">
              <Digest digest={one.digest} link />
            </Cell>
          </tr>
        ))}
      </Table>
      {shown.length < newest.length ? (
        <button type="button" class="link" onClick={() => setAll(true)}>
          show {formatNumber(newest.length - shown.length)} older
        </button>
      ) : null}
    </>
  );
}
