import type { CodeProblem } from './look-at-code.ts';

/** What `sluice dev` tells of the code it serves. */
export type CodeEvent =
  /** New runs begin on this build; runs of the former one go on with that. */
  | { readonly type: 'code'; readonly build: string; readonly former: string | null; readonly openRuns: number }
  /** The code as it is saved makes no build; new runs are refused until it is mended. */
  | { readonly type: 'code-broken'; readonly problem: CodeProblem; readonly build: string | null }
  /** A pipeline file is left out of the build; the others are served. */
  | { readonly type: 'pipeline-left-out'; readonly problem: CodeProblem }
  /** It is the same again as that of the build. */
  | { readonly type: 'code-mended'; readonly build: string }
  /** Open runs go on with an earlier build, which is served again. */
  | { readonly type: 'build-serves'; readonly build: string; readonly openRuns: number }
  /** All runs of an earlier build have ended, and so has its worker. */
  | { readonly type: 'build-ended'; readonly build: string }
  /** There are more builds with open runs than are served at once. */
  | { readonly type: 'builds-wait'; readonly builds: readonly string[] }
  /** Runs whose build is lost go on with the current one. */
  | { readonly type: 'runs-moved'; readonly runs: readonly string[]; readonly build: string }
  /** Settings of the config are other than when the stack was started. */
  | { readonly type: 'config-changed'; readonly settings: readonly string[] };
