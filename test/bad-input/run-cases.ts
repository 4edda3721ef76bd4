/** An endpoint whose servers have little time to get ready. */
export const ENDPOINT = 'impatient';
/** A training that is over at once. */
export const short = { steps: 3, pace: 0 };

/** A run that fails, and what is said of it. */
export interface Case {
  readonly what: string;
  readonly pipeline: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly code: string;
  /** What, where and what now, as the message says them. */
  readonly says: readonly (string | RegExp)[];
  /** Attempts of the training; left out where none was made. */
  readonly attempts?: readonly string[];
  readonly tail?: readonly string[];
  /** A plan finds it, so that nothing is started unless asked for. */
  readonly planned?: true;
}

/** A training whose trainer has this fault. */
const broken = (fault: string, more: object = {}) => ({ trainer: { ...short, fault }, ...more });

export const cases: readonly Case[] = [
  {
    what: 'SQL that reads a file which is not there',
    pipeline: 'life',
    params: { sql: "select * from read_csv('data/nowhere.csv')" },
    code: 'NotFound',
    says: ['There is no file data/nowhere.csv', /\(at rows: .*\)/, 'What now: Relative paths in SQL are relative to'],
  },
  {
    what: 'SQL that DuckDB cannot read',
    pipeline: 'life',
    params: { sql: 'select nothing frm rows' },
    code: 'InvalidSql',
    says: ['Parser Error: syntax error at or near "rows"', '(at rows: sql, line 1)', 'What now: Correct the SQL'],
  },
  {
    what: 'SQL that fails on the data',
    pipeline: 'life',
    params: { sql: "select cast(c as integer) as i from (values ('1'), ('x')) t(c)" },
    code: 'InvalidSql',
    says: ["Could not convert string 'x' to INT32", '(at rows: sql, line 1)', 'What now: Correct the SQL'],
  },
  {
    what: 'a trainer that exits 1',
    pipeline: 'training',
    params: broken('exit-1', { errors: 1 }),
    code: 'TrainerFailed',
    says: [
      'The trainer exited with code 1: ValueError: this trainer was told to fail',
      '(at step model, attempt 2)',
      'What now: See its last lines, and its log',
    ],
    attempts: ['failed', 'failed'],
    tail: ['Traceback (most recent call last):', 'ValueError: this trainer was told to fail'],
  },
  {
    what: 'a trainer that runs out of memory, which is never tried again unchanged',
    pipeline: 'training',
    params: broken('out-of-memory', { errors: 3 }),
    code: 'OutOfMemory',
    says: ['ran out of memory: MemoryError: cannot allocate 80 GiB', 'attempt 1', 'What now: Use a smaller batch'],
    attempts: ['out-of-memory'],
  },
  {
    what: 'a trainer that prints rubbish to its event file',
    pipeline: 'training',
    params: broken('rubbish', { errors: 3 }),
    code: 'ProtocolError',
    says: ['is not JSON: this is not an event', 'attempt 1', 'What now: Write one JSON object a line'],
    attempts: ['failed'],
  },
  {
    what: 'a trainer that writes no model',
    pipeline: 'training',
    params: broken('no-model', { errors: 3 }),
    code: 'NoModel',
    says: ['ended well but left no model', 'attempt 1', 'What now: Write the model into the output directory'],
    attempts: ['failed'],
  },
  {
    what: 'a trainer that hangs',
    pipeline: 'training',
    params: { trainer: { steps: 10, pace: 0, fault: 'hang' }, stall: '6 seconds' },
    code: 'TrainerStalled',
    says: ['The trainer hung: no event, no output', 'attempt 1', 'What now: Look where it hangs'],
    attempts: ['stalled'],
    tail: ['did step 1', 'did step 2', 'did step 3'],
  },
  {
    what: 'a server that never answers /ping',
    pipeline: 'life',
    params: { trainer: { ...short, serving: 'never-ready' }, endpoint: ENDPOINT },
    code: 'ServerNotReady',
    says: [
      'GET /ping did not answer 200 within 8 s',
      'still loading 80 GiB of weights',
      '(at endpoints.impatient.serve)',
      'What now: Run the command by hand',
    ],
    attempts: ['done'],
  },
  {
    what: 'a resource class that is not in the config',
    pipeline: 'training',
    params: { on: 'gpu' },
    code: 'InvalidStep',
    says: [/^model: there is no resource class "gpu"/, 'What now: Use one of cpu, spot, on-demand'],
    planned: true,
  },
  {
    what: 'an endpoint that is not in the config',
    pipeline: 'release',
    params: { trainer: short, endpoint: 'shopp' },
    code: 'InvalidStep',
    says: [/^release: there is no endpoint "shopp"/, /What now: Use one of .*\bshop\b/],
    planned: true,
    attempts: ['done'],
  },
  {
    what: 'an error that the pipeline throws itself',
    pipeline: 'throws',
    params: {},
    code: 'TypeError',
    says: ["Cannot read properties of null (reading 'length')", /\(at mistakes\.ts:29\)/],
  },
  {
    what: 'two steps of one name',
    pipeline: 'two-of-one-name',
    params: {},
    code: 'DuplicateStep',
    says: ['Two steps are called "rows"', '(at rows)', 'What now: Names identify work'],
    planned: true,
  },
  {
    what: 'two items of a map with one key',
    pipeline: 'two-of-one-key',
    params: {},
    code: 'DuplicateStep',
    says: ['items 0 and 2 of map airport have the same key "EWR"', 'What now: Keys identify work'],
    planned: true,
  },
];
