import type { ArtifactView } from '../api.ts';
import { counted, formatBytes, formatNumber } from '../format.ts';
import { Columns } from '../parts/columns.tsx';
import { CopyButton, Digest } from '../parts/copy.tsx';
import { EvidenceTable } from '../parts/evidence.tsx';
import { Crumbs, Facts, Section } from '../parts/frame.tsx';
import { Lineage } from '../parts/lineage.tsx';
import { Metrics } from '../parts/metrics.tsx';
import { Badge } from '../parts/state.tsx';
import { Cell, Table } from '../parts/table.tsx';
import { pageLink } from '../route.ts';

/** An artifact: what is in it, what made it, and what was made from it. */
export function ArtifactPage({ view }: { view: ArtifactView }) {
  const { link, lineage } = view;
  const made = view.madeBy[0];
  return (
    <>
      <Crumbs>
        <a href={pageLink({ page: 'runs' })}>Runs</a>
        {made === undefined ? null : <a href={pageLink({ page: 'run', id: made.run })}>{made.run}</a>}
      </Crumbs>
      <div class="page-head">
        <h1>{link.name}</h1>
        <span class="kind">{link.kind}</span>
        {view.verdict === null ? null : <Badge state={view.verdict} />}
      </div>
      <Facts
        rows={[
          ['digest', <Digest key="" digest={link.digest} />],
          ['size', formatBytes(link.bytes)],
          view.rows === null ? null : ['rows', formatNumber(view.rows)],
          view.columns.length === 0 ? null : ['columns', formatNumber(view.columns.length)],
          lineage === null ? null : ['code', <Digest key="" digest={lineage.code} />],
          lineage === null ? null : ['hyper-parameters', <Digest key="" digest={lineage.hyper} />],
          [
            'get it',
            <span key="" class="inline-command">
              <code>{`sluice artifacts get ${link.digest.replace(/^sha256:/, '').slice(0, 12)}`}</code>
              <CopyButton
                text={`sluice artifacts get ${link.digest.replace(/^sha256:/, '').slice(0, 12)}`}
                what="command"
              />
            </span>,
          ],
        ]}
      />
      <Section
        title="Where it comes from and where it went"
        more={<span class="muted">as {counted(view.lookedAt, 'run')} tell; older ones may know more</span>}
      >
        <Lineage view={view} />
      </Section>
      <Metrics metrics={view.metrics} />
      {view.checks.length === 0 ? null : (
        <Section title="Checks">
          <EvidenceTable rows={view.checks} label="Checks" />
        </Section>
      )}
      {view.columns.length === 0 ? null : (
        <Section title="Columns">
          <Columns columns={view.columns} rows={view.rows} />
        </Section>
      )}
      {view.files.length === 0 ? null : (
        <Section
          title="Files"
          more={view.moreFiles > 0 ? <span class="muted">and {formatNumber(view.moreFiles)} more</span> : undefined}
        >
          <Table label="Files" heads={[{ label: 'path' }, { label: 'size', num: true }]} kind="files compact">
            {view.files.map(({ path, bytes }) => (
              <tr key={path}>
                <th scope="row" class="mono">
                  {path === '' ? '(one file)' : path}
                </th>
                <Cell num>{formatBytes(bytes)}</Cell>
              </tr>
            ))}
          </Table>
        </Section>
      )}
    </>
  );
}
