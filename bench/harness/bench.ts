/** One comparison. Its figures are ratios measured in one run, on one machine. */
export interface Bench {
  /** What it measures, in one line. */
  readonly summary: string;
  /** Its flags, in one line. */
  readonly options?: string;
  /** Prints a table and returns the figures; ends everything it started, whatever happens. */
  run(args: readonly string[], host: BenchHost): Promise<object>;
}

export interface BenchHost {
  /** Aborted when somebody asks the bench to stop. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}
