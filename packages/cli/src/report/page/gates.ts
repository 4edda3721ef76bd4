import type { RunReport } from '../data.ts';
import { type OtherGate, otherGates } from '../findings.ts';
import type { Html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { evidenceTable } from './evidence.ts';
import { anchor, badge, type PageContext, section } from './parts.ts';

/** What gates say that no other part of the page tells of. */
export function gateSections(context: PageContext, report: RunReport): Html[] {
  const { first, more } = firstOf(otherGates(report), context.limits.steps);
  if (more > 0) context.leftOut.push(`${more} gates`);
  return first.map((gate) => {
    const title = `Gate of ${gate.of}: ${gate.name}`;
    return section(gateAnchor(gate), title, evidenceTable(context, title, gate.rows), badge(gate.verdict));
  });
}

export function gateAnchor({ of, name }: Pick<OtherGate, 'of' | 'name'>): string {
  return anchor('gate', `${of} ${name}`);
}
