import type { RolloutRecord } from './round.ts';

/** What became of the rollouts that one fault befell in one phase. */
export interface Cell {
  readonly fault: string;
  readonly phase: string;
  readonly rollouts: number;
  readonly deployed: number;
  /** Ended otherwise. */
  readonly back: number;
  /** Longest time, ms, that a split had no owner. */
  readonly unowned: number;
  /** Requests that failed beyond those under way at a hit. */
  readonly failed: number;
}

const order = ['starting', 'shadow', 'first version', 'canary', 'bake', 'rolling back', 'steady'];
const undisturbed = 'nothing';

/** Rollouts by fault and phase; one that two faults befell stands in two cells. */
export function cellsOf(records: readonly RolloutRecord[]): Cell[] {
  const cells = new Map<string, Cell>();
  for (const record of records) {
    const faults = record.faults.length === 0 ? [{ fault: undisturbed, phase: 'steady' }] : record.faults;
    for (const { fault, phase } of faults) {
      const key = `${fault}\n${phase}`;
      const cell = cells.get(key) ?? { fault, phase, rollouts: 0, deployed: 0, back: 0, unowned: 0, failed: 0 };
      const deployed = record.outcome === 'deployed';
      cells.set(key, {
        ...cell,
        rollouts: cell.rollouts + 1,
        deployed: cell.deployed + Number(deployed),
        back: cell.back + Number(!deployed),
        unowned: Math.max(cell.unowned, record.unowned),
        failed: cell.failed + record.failed,
      });
    }
  }
  return [...cells.values()].sort((a, b) => a.fault.localeCompare(b.fault));
}

/** Head and rows: a fault each, its phases as `rollouts (deployed)`, the longest time without an owner, failed requests. */
export function tableOf(cells: readonly Cell[]): { readonly head: string[]; readonly rows: string[][] } {
  const phases = [...new Set([...order, ...cells.map(({ phase }) => phase)])].filter((phase) =>
    cells.some((cell) => cell.phase === phase && cell.fault !== undisturbed),
  );
  const rows = [...new Set(cells.map(({ fault }) => fault))].map((fault) => {
    const own = cells.filter((cell) => cell.fault === fault);
    const byPhase = phases.map((phase) => {
      const cell = own.find((one) => one.phase === phase);
      return cell === undefined || fault === undisturbed ? '' : `${cell.rollouts} (${cell.deployed})`;
    });
    const sum = (of: (cell: Cell) => number) => own.reduce((total, cell) => total + of(cell), 0);
    return [
      fault,
      ...byPhase,
      `${sum((cell) => cell.rollouts)} (${sum((cell) => cell.deployed)})`,
      (Math.max(...own.map((cell) => cell.unowned)) / 1000).toFixed(1),
      String(sum((cell) => cell.failed)),
    ];
  });
  return { head: ['fault', ...phases, 'all', 'no owner, s', 'failed'], rows };
}
