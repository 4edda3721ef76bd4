import { signOf, toneOf } from '@sluice/ui/shared';
import type { Fact } from '../data.ts';
import { type Html, html, type Piece } from '../html.ts';
import { cutText, type Limits } from '../limits.ts';

/** What the parts of one page share: how much is shown, and what was left out of it so far. */
export interface PageContext {
  readonly limits: Limits;
  readonly leftOut: string[];
}

/** A state or verdict as a word and a sign, so that colour is never all there is. */
export function badge(state: string): Html {
  return html`<span class="badge ${toneOf(state)}"><span class="sign" aria-hidden="true">${signOf(state)}</span>${state.replaceAll('-', ' ')}</span>`;
}

export interface Head {
  readonly label: string;
  readonly num?: boolean;
  readonly kind?: string;
}

/** A table whose rows become cards where there is no room. */
export function table(label: string, kind: string, heads: readonly Head[], rows: readonly Piece[]): Html {
  const cells = heads.map(
    ({ label: text, num, kind: own = '' }) => html`<th scope="col" class="${num ? `num ${own}` : own}">${text}</th>`,
  );
  return html`<table class="table ${kind}" aria-label="${label}"><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table>`;
}

/** @param label stands before it where the row is a card */
export function cell(label: string | null, content: Piece, kind = ''): Html {
  return html`<td class="${kind}"${label === null ? '' : html` data-label="${label}"`}>${content}</td>`;
}

/** Somebody else's words in a box, cut where they are very long. */
export function block(context: PageContext, text: string, kind = ''): Html {
  const { text: shown, cut } = cutText(text, context.limits.characters);
  const more = cut === 0 ? null : html`<span class="cut">… ${cut.toLocaleString('en-US')} more characters</span>`;
  return html`<pre class="words ${kind}" dir="auto">${shown}${more}</pre>`;
}

/** The same within a line. */
export function inline(context: PageContext, text: string): Html {
  const { text: shown, cut } = cutText(text, Math.min(300, context.limits.characters));
  return html`<bdi>${shown}${cut === 0 ? '' : '…'}</bdi>`;
}

export function facts(context: PageContext, list: readonly (Fact | null)[]): Html {
  const known = list.filter((fact) => fact !== null);
  return html`<dl class="facts">${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${inline(context, value)}</dd></div>`)}</dl>`;
}

/** A part of the page under its heading, which the list at the top leads to. */
export function section(id: string, title: string, content: Piece, aside: Piece = null): Html {
  return html`<section class="section" id="${id}" aria-labelledby="${id}-title"><div class="section-head"><h2 id="${id}-title">${title}</h2>${aside}</div>${content}</section>`;
}

/** A name that may stand behind `#`. */
export function anchor(kind: string, step: string): string {
  return `${kind}-${Buffer.from(step.toWellFormed()).toString('base64url')}`;
}
