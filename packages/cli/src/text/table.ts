import { elide, padTo, widthOf, wrap } from './width.ts';

export interface TableOptions {
  /** Columns of the terminal. @default as wide as it needs */
  readonly width?: number;
  /** @default two spaces */
  readonly gap?: string;
}

/** No column is made narrower than this; the narrower ones hold numbers and states. */
const LEAST = 14;
/** A remark at a row's end that would get less room goes below its row. */
const LEAST_PROSE = 24;
/** Under its row a remark is indented by so much. */
const INDENT = 4;

/**
 * Rows of a table with columns as wide as their widest cell. In a narrower terminal names lose their middle, remarks
 * are wrapped, and a remark that would get too little room goes below its row; numbers and digests stay whole.
 */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { width = Number.POSITIVE_INFINITY, gap = '  ' } = options;
  const columns = columnsOf(rows);
  const full = widthWith(columns, gap);
  if (full <= width) return rows.map((row) => line(row, columns, gap));
  const last = columns.at(-1);
  if (last?.prose) {
    const others = columns.slice(0, -1);
    const room = width - widthWith(others, gap) - gap.length;
    if (room < LEAST_PROSE) return below(rows, narrowed(others, width, gap), width, gap);
  }
  const fitted = narrowed(columns, width, gap);
  // Where even its numbers do not fit beside each other, the last column goes below, with its name.
  if (columns.length > 2 && widthWith(fitted, gap) > width) return below(rows, columns.slice(0, -1), width, gap);
  return rows.flatMap((row) => wrapped(row, fitted, gap));
}

interface ColumnWidth {
  readonly width: number;
  /** May lose its middle. */
  readonly name: boolean;
  /** Sentences: may be wrapped. */
  readonly prose: boolean;
}

function columnsOf(rows: readonly (readonly string[])[]): ColumnWidth[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, index) => {
    const cells = rows.map((row) => row[index] ?? '');
    const width = Math.max(...cells.map(widthOf));
    const wide = cells.filter((cell) => widthOf(cell) > LEAST);
    return {
      width,
      name: wide.length > 0 && !wide.every(isFixed),
      prose: wide.some((cell) => cell.trim().split(' ').length > 3),
    };
  });
}

/** Numbers, times and digests. */
function isFixed(cell: string): boolean {
  return /^[\d\s.,:%+<>=±()/→–-]*$|^[0-9a-f]{12,64}$/.test(cell);
}

function widthWith(columns: readonly ColumnWidth[], gap: string): number {
  return columns.reduce((total, { width }) => total + width, 0) + gap.length * Math.max(0, columns.length - 1);
}

/** Takes from the widest until all fit, or none may lose more; remarks lose first, for they are wrapped and not cut. */
function narrowed(columns: readonly ColumnWidth[], width: number, gap: string): ColumnWidth[] {
  const all = [...columns];
  for (let over = widthWith(all, gap) - width; over > 0; over--) {
    const remarks = all.filter((one) => one.prose && one.width > LEAST_PROSE);
    const giving = remarks.length > 0 ? remarks : all.filter((one) => (one.name || one.prose) && one.width > LEAST);
    const widest = giving.sort((a, b) => b.width - a.width)[0];
    if (widest === undefined) break;
    all[all.indexOf(widest)] = { ...widest, width: widest.width - 1 };
  }
  return all;
}

function line(row: readonly string[], columns: readonly ColumnWidth[], gap: string): string {
  return row
    .map((cell, index) => padTo(cell, columns[index]?.width ?? 0))
    .join(gap)
    .trimEnd();
}

/** One row, over several lines where a remark is wrapped. */
function wrapped(row: readonly string[], columns: readonly ColumnWidth[], gap: string): string[] {
  const cells = row.map((cell, index) => fitted(cell, columns[index]));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    line(
      cells.map((lines) => lines[index] ?? ''),
      columns,
      gap,
    ),
  );
}

function fitted(cell: string, column: ColumnWidth | undefined): string[] {
  if (column === undefined || widthOf(cell) <= column.width || isFixed(cell)) return [cell];
  return column.prose ? wrap(cell, column.width) : [elide(cell, column.width)];
}

/** The last cell of every row in lines of its own, behind the name that the first row gives it. */
function below(
  rows: readonly (readonly string[])[],
  columns: readonly ColumnWidth[],
  width: number,
  gap: string,
): string[] {
  const cut = rows.map((row) => row.slice(0, columns.length));
  const fitted = narrowed(columns, width, gap);
  const name = rows[0]?.[columns.length] ?? '';
  return cut.flatMap((row, index) => {
    const told = index === 0 && name !== '' ? '' : (rows[index]?.[columns.length] ?? '');
    const rest = wrapped(row, fitted, gap);
    const remark = told === '' || name === '' ? told : `${name} ${told}`;
    return remark === '' ? rest : [...rest, ...wrap(' '.repeat(INDENT) + remark, width, INDENT)];
  });
}
