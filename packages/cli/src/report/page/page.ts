import { createHash } from 'node:crypto';
import { type Verdict, worstFirst } from '@sluice/sdk';
import type { RunReport } from '../data.ts';
import { otherGates } from '../findings.ts';
import { Html, html, type Piece } from '../html.ts';
import { firstOf, halved, limits as usual } from '../limits.ts';
import { utc } from '../words.ts';
import { dataSection } from './data.ts';
import { evaluationSection } from './evaluation.ts';
import { gateSection } from './gates.ts';
import { costSection, lineageSection } from './lineage.ts';
import { inline, type PageContext } from './parts.ts';
import { replaySection } from './replay.ts';
import { rolloutSections } from './rollout.ts';
import { summary } from './summary.ts';

/** Bytes that a page never has more of. */
export const MOST_BYTES = 3_000_000;

/**
 * The report as one page of HTML that needs nothing else: no script, no network. What would make it larger than
 * {@link MOST_BYTES} is left out, least harm first, and the page says so.
 *
 * @param style stylesheet that it carries
 */
export function reportPage(report: RunReport, style: string): string {
  let limits = usual;
  for (;;) {
    const page = document(report, style, { limits, leftOut: [] });
    const smaller = halved(limits);
    const smallest = JSON.stringify(smaller) === JSON.stringify(limits);
    if (Buffer.byteLength(page) <= MOST_BYTES || smallest) return page;
    limits = smaller;
  }
}

function document(report: RunReport, style: string, context: PageContext): string {
  const body = [
    summary(context, report),
    ...worstFirst([
      ...sections(context, 'evaluations', report.evaluations, evaluationSection),
      ...sections(context, 'replays', report.replays, replaySection),
      ...sections(context, 'datasets', report.data, dataSection),
      ...sections(context, 'gates', otherGates(report), gateSection),
    ]).map(({ html: own }) => own),
    ...rolloutSections(context, report),
    lineageSection(context, report),
    costSection(context, report),
  ];
  // Nothing may be loaded, and nothing runs: what stands in answers is shown, never obeyed.
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${report.run.id} – report</title>
<style>${new Html(style)}</style>
</head>
<body class="report">
<a class="skip" href="#main">Skip to the report</a>
<main id="main" tabindex="-1">
${body}
</main>
${footer(context, report)}
</body>
</html>
`.text;
}

function sections<Part extends { readonly verdict: Verdict }>(
  context: PageContext,
  name: string,
  parts: readonly Part[],
  render: (context: PageContext, part: Part) => Html,
): { readonly verdict: Verdict; readonly html: Html }[] {
  const { first, more } = firstOf(parts, context.limits.steps);
  if (more > 0) context.leftOut.push(`${more} ${name}`);
  return first.map((part) => ({ verdict: part.verdict, html: render(context, part) }));
}

function footer(context: PageContext, report: RunReport): Html {
  const said: Piece[] = [
    ...report.missing.map((one) => html`<li>${inline(context, one)}</li>`),
    ...context.leftOut.slice(0, 50).map((one) => html`<li>Left out for length: ${inline(context, one)}.</li>`),
    ...(context.leftOut.length > 50 ? [html`<li>and ${context.leftOut.length - 50} more lists cut.</li>`] : []),
  ];
  const links = Object.entries(report.links).filter(([, url]) => /^https?:\/\//.test(url));
  return html`<footer>${said.length === 0 ? null : html`<h2>What is not here</h2><ul>${said}</ul>`}<p class="muted">Written ${utc(report.at)} by Sluice ${report.version}. Everything: <code>sluice status ${report.run.id}</code>, <code>sluice artifacts show</code>.${links.map(([name, url]) => html` <a href="${url}">${name}</a>`)}</p></footer>`;
}
