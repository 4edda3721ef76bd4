/** A mistake of an ordinary user, and what the command has to answer. */
export interface Row {
  /** Completes "…": what the user did. */
  readonly what: string;
  /** The command line, without `sluice`. `{root}` stands for the folder of the row. */
  readonly args: readonly string[];
  /** Documented exit code. */
  readonly exit: 1 | 2 | 6;
  readonly code: string;
  /** The name of the thing, and what to do: texts that must be in what a person reads. */
  readonly says: readonly (string | RegExp)[];
  /** Texts that must not be in it. */
  readonly never?: readonly (string | RegExp)[];
  /** Files over those of the project, by path; null takes one away, an object is JSON, `''` beside a `/` at the end a folder. */
  readonly files?: Readonly<Record<string, string | Buffer | object | null>>;
  /** What the folder holds before: a whole project, or nothing. @default 'project' */
  readonly base?: 'project' | 'empty';
  /** Folder to call it in, relative to the row's. @default '.' */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** In a process of its own: for what changes the process, or is no error of one command. @default false */
  readonly alone?: true;
  /** It runs steps, so caches may stay below `.sluice`; nothing that is half done may. */
  readonly runs?: true;
}

/** What one call left. */
export interface Said {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}
