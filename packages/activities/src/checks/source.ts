/** Where checks and profile read rows from. */
export interface Source {
  /** Relation in SQL. */
  readonly all: string;
  /** The same relation with a column `file_row_number`, from 0; null where the data has a column of that name. */
  readonly numbered: string | null;
  readonly rows: number;
}
