import { signOf, toneOf } from '@sluice/ui/shared';
import type { Fact } from '../data.ts';
import { type Html, html, type Piece } from '../html.ts';
import { cutText, type Limits } from '../limits.ts';
import { wordDiff } from '../word-diff.ts';

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
  return words(shown, cut, kind);
}

/** Two texts, each with the words marked that the other one does not have; plain where that would say nothing. */
export function blocks(context: PageContext, old: string, now: string): readonly [Html, Html] {
  const [a, b] = [old, now].map((text) => cutText(text, context.limits.characters)) as [Cut, Cut];
  const diff = wordDiff(a.text, b.text);
  if (diff === null) return [block(context, old), block(context, now)];
  return [
    words(
      diff.old.map(({ text, changed }) => (changed ? html`<del>${text}</del>` : text)),
      a.cut,
    ),
    words(
      diff.now.map(({ text, changed }) => (changed ? html`<ins>${text}</ins>` : text)),
      b.cut,
    ),
  ];
}

type Cut = ReturnType<typeof cutText>;

function words(shown: Piece, cut: number, kind = ''): Html {
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

/** The first of a list in sight, the others behind a fold. */
export function folded(items: readonly Html[], sight: number, what: string): Html {
  const rest = items.slice(sight);
  return html`<ol class="cases">${items.slice(0, sight)}</ol>${
    rest.length === 0
      ? null
      : html`<details class="fold"><summary>${rest.length} more ${what}</summary><ol class="cases" start="${sight + 1}">${rest}</ol></details>`
  }`;
}
