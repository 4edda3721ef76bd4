import { worstFirst } from '@sluice/sdk';
import { counted } from '@sluice/ui/shared';
import type { RunReport } from '../data.ts';
import { judgedSteps, otherGates } from '../findings.ts';
import { type Html, html } from '../html.ts';
import { gateAnchor } from './gates.ts';
import { anchor, badge, cell, inline, type PageContext, section, table } from './parts.ts';

/** Every step that judges and every gate, the worst first: what the headline counts. */
export function judgedSection(context: PageContext, report: RunReport): Html | null {
  const asked = new Set(report.deploys.flatMap(({ gates }) => gates.map(({ name }) => name)));
  const steps = judgedSteps(report).map((one) => ({
    ...one,
    place: anchor('step', one.step),
    // Whoever counts gates must not count it, whatever it says.
    what: asked.size === 0 || asked.has(one.name) ? one.what : `${one.what}, not a gate`,
  }));
  const others = otherGates(report).map((one) => ({ ...one, step: one.name, place: gateAnchor(one), what: 'gate' }));
  const all = worstFirst([...steps, ...others]);
  if (all.length === 0) return null;
  const rows = all.map(({ step, place, what, verdict, rows: own }) => {
    const failing = own.filter((row) => row.verdict !== 'pass');
    const counting = failing.filter((row) => row.counts).length;
    const beside = failing.length - counting;
    return html`<tr>${cell(null, badge(verdict))}<th scope="row"><a href="#${place}">${inline(context, step)}</a></th>${cell(null, what)}${cell(null, `${counted(own.length, 'row')}${counting === 0 ? '' : `, ${counting} not passing`}${beside === 0 ? '' : `, ${beside} beside the verdict`}`)}</tr>`;
  });
  return section(
    'judged',
    'What was judged',
    table(
      'What was judged',
      'compact',
      [{ label: 'verdict' }, { label: 'step' }, { label: 'kind' }, { label: 'evidence' }],
      rows,
    ),
  );
}
