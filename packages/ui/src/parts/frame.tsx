import type { ComponentChildren } from 'preact';
import type { Trouble } from '../api.ts';

/** A part of a page with its heading. */
export function Section({
  title,
  more,
  children,
  id,
}: {
  title: string;
  more?: ComponentChildren;
  children: ComponentChildren;
  id?: string;
}) {
  return (
    <section class="section" {...(id === undefined ? {} : { id })}>
      <div class="section-head">
        <h2>{title}</h2>
        {more === undefined ? null : <div class="section-more">{more}</div>}
      </div>
      {children}
    </section>
  );
}

/** Nothing to show, and what would change that. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

export function TroubleBox({ trouble, role = 'alert' }: { trouble: Trouble; role?: 'alert' | 'note' }) {
  return (
    <div class="trouble" role={role}>
      <p>
        <strong>{trouble.code}</strong> {trouble.message}
      </p>
      {trouble.where === null ? null : <p class="muted">{trouble.where}</p>}
      {trouble.fix === null ? null : <p>{trouble.fix}</p>}
    </div>
  );
}

/** Stands where a page will be, so that nothing jumps. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">Loading {what}…</span>
      <div class="skeleton wide" />
      <div class="skeleton" />
      <div class="skeleton tall" />
    </div>
  );
}

/** Names and values beside each other. */
export function Facts({ rows }: { rows: readonly (readonly [string, ComponentChildren] | null)[] }) {
  return (
    <dl class="facts">
      {rows.map((row) =>
        row === null ? null : (
          <div key={row[0]}>
            <dt>{row[0]}</dt>
            <dd>{row[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** A page of Temporal's or MLflow's, in a tab of its own. */
export function OutLink({ href, children }: { href: string; children: ComponentChildren }) {
  // Only what a browser opens as a page: a link's text comes from servers and projects.
  if (!/^https?:\/\//i.test(href)) return <span>{children}</span>;
  return (
    <a class="out" href={href} target="_blank" rel="noreferrer">
      {children}
      <span aria-hidden="true"> ↗</span>
      <span class="visually-hidden"> (opens in a new tab)</span>
    </a>
  );
}

export function Crumbs({ children }: { children: ComponentChildren }) {
  return (
    <nav class="crumbs" aria-label="Where this is">
      {children}
    </nav>
  );
}
