import type { ArtifactLink } from '../api.ts';
import { formatBytes } from '../format.ts';
import { pageLink } from '../route.ts';
import { Digest } from './copy.tsx';
import { Cell, Table } from './table.tsx';

/** Artifacts by name, each with a link to its page. */
export function Artifacts({ list, label }: { list: readonly ArtifactLink[]; label: string }) {
  return (
    <Table
      label={label}
      kind="compact"
      heads={[{ label: 'name' }, { label: 'kind' }, { label: 'digest' }, { label: 'size', num: true }]}
    >
      {list.map((one) => (
        <tr key={`${one.name}-${one.digest}`}>
          <th scope="row">
            <a href={pageLink({ page: 'artifact', digest: one.digest })}>{one.name}</a>
          </th>
          <Cell label="kind">{one.kind}</Cell>
          <Cell label="digest">
            <Digest digest={one.digest} />
          </Cell>
          <Cell label="size" num>
            {formatBytes(one.bytes)}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
