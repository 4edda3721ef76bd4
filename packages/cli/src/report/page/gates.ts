import type { OtherGate } from '../findings.ts';
import type { Html } from '../html.ts';
import { evidenceTable } from './evidence.ts';
import { anchor, badge, type PageContext, section } from './parts.ts';

/** What a gate says that no other part of the page tells of. */
export function gateSection(context: PageContext, gate: OtherGate): Html {
  const title = `Gate of ${gate.of}: ${gate.name}`;
  return section(gateAnchor(gate), title, evidenceTable(context, title, gate.rows), badge(gate.verdict));
}

export function gateAnchor({ of, name }: Pick<OtherGate, 'of' | 'name'>): string {
  return anchor('gate', `${of} ${name}`);
}
