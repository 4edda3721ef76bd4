/** One long show: faults on real servers, and what has to hold whatever they are. */
export interface Soak {
  /** What it shows, in one line. */
  readonly summary: string;
  /** Its flags, in one line. */
  readonly options: string;
  /** Returns `ok` and the figures; ends everything it started, whatever happens. */
  run(args: readonly string[], host: SoakHost): Promise<Figures>;
}

export interface Figures {
  /** Everything held. */
  readonly ok: boolean;
  readonly [figure: string]: unknown;
}

export interface SoakHost {
  /** Aborted when somebody asks the soak to stop. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}
