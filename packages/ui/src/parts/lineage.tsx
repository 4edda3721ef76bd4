import type { ComponentChild } from 'preact';
import type { ArtifactLink, ArtifactView, Use } from '../api.ts';
import { formatBytes, formatNumber, shortDigest } from '../format.ts';
import { pageLink } from '../route.ts';
import { readable } from './step-groups.ts';
import { Ago } from './time.tsx';

const SHOWN = 12;

/** From left to right: what it was made from, what made it, itself, who used it, and what was made from it. */
export function Lineage({ view }: { view: ArtifactView }) {
  return (
    <div class="lineage">
      <Column title="made from" empty="nothing that Sluice keeps">
        {view.from.map((one) => (
          <Node key={one.digest} link={one} />
        ))}
      </Column>
      <Column title="made by" empty="no run that is known">
        {view.madeBy.map((use) => (
          <UseNode key={`${use.run}-${use.step}`} use={use} />
        ))}
      </Column>
      <div class="lineage-column this">
        <h3>this</h3>
        <ul>
          <li class="node this" aria-current="true">
            <strong>{view.link.name}</strong>
            <span class="muted">
              {view.link.kind} · {formatBytes(view.link.bytes)}
            </span>
          </li>
        </ul>
      </div>
      <Column title="used by" empty="no run that is known">
        {view.usedBy.map((use) => (
          <UseNode key={`${use.run}-${use.step}`} use={use} />
        ))}
      </Column>
      <Column title="made into" empty="nothing yet">
        {view.into.map((one) => (
          <Node key={one.digest} link={one} />
        ))}
      </Column>
    </div>
  );
}

function Column({ title, empty, children }: { title: string; empty: string; children: readonly ComponentChild[] }) {
  return (
    <div class="lineage-column">
      <h3>
        {title} {children.length > 1 ? <span class="muted">{formatNumber(children.length)}</span> : null}
      </h3>
      {children.length === 0 ? <p class="muted">{empty}</p> : <ul>{children.slice(0, SHOWN)}</ul>}
      {children.length <= SHOWN ? null : (
        <details class="fold">
          <summary>{formatNumber(children.length - SHOWN)} more</summary>
          <ul>{children.slice(SHOWN)}</ul>
        </details>
      )}
    </div>
  );
}

function Node({ link }: { link: ArtifactLink }) {
  return (
    <li class="node">
      <a href={pageLink({ page: 'artifact', digest: link.digest })}>{link.name}</a>
      <span class="muted">
        {link.kind} · <code>{shortDigest(link.digest).slice(0, 8)}</code> · {formatBytes(link.bytes)}
      </span>
    </li>
  );
}

function UseNode({ use }: { use: Use }) {
  return (
    <li class="node use">
      <a href={pageLink({ page: 'step', run: use.run, step: use.step })}>{readable(use.step)}</a>
      <span class="muted">
        <a href={pageLink({ page: 'run', id: use.run })}>{use.run}</a>
        {use.at === null ? null : (
          <>
            {' · '}
            <Ago at={use.at} />
          </>
        )}
        {use.commit === null ? null : (
          <>
            {' · '}
            <code>{use.commit.slice(0, 8)}</code>
          </>
        )}
      </span>
    </li>
  );
}
