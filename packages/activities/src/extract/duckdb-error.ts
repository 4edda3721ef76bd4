import { ErrorCode, type ErrorDetails, SluiceError } from '@sluice/sdk';

/** Gives an error of DuckDB's its stable code. Its own message, with the line, stays whole but for secrets. */
export function duckDbError(cause: unknown, root: string, secrets: readonly string[] = []): SluiceError {
  const message = withoutSecrets(cause instanceof Error ? cause.message : String(cause), secrets)
    .replace(/^Failed to extract statements: /, '')
    .replace(/^LINE 1: COPY \((.*)\n {6}/m, 'LINE 1: $1\n') // what was put before the user's first line
    .trim();
  const line = /^LINE (\d+):/m.exec(message)?.[1];
  const where = line === undefined ? 'sql' : `sql, line ${line}`;
  const make = (code: ErrorCode, text: string, details: ErrorDetails) =>
    new SluiceError(code, text, { where, data: { duckdb: message }, ...details });
  const wrong = () => make(ErrorCode.InvalidSql, message, { fix: 'Correct the SQL; `$name` binds a parameter.' });

  // These quote the query and its values: a text such as 'Connection refused' in a column is no broken connection.
  if (/^(Parser|Binder|Conversion|Invalid Input|Out of Range) Error/.test(message) && !extensionIsMissing(message)) {
    return wrong();
  }
  const missing = missingPath(message);
  if (missing !== null) {
    return make(ErrorCode.NotFound, `There is no file ${missing}.`, {
      where: root,
      fix: 'Relative paths in SQL are relative to the folder of sluice.config.ts. Put the file there, or correct the path.',
    });
  }
  const unreadable = /open file "([^"]*)": Permission denied/.exec(message)?.[1];
  if (unreadable !== undefined) {
    return make(ErrorCode.Refused, `The file ${unreadable} may not be read.`, {
      where: root,
      fix: 'Give the user of this worker the right to read it.',
    });
  }
  if (/No space left on device|Disk quota exceeded|max_temp_directory_size/i.test(message)) {
    return make(ErrorCode.StorageFull, `The disk is full: ${message}`, {
      fix: 'Free some space on the disk of the project, or extract fewer rows or columns.',
      permanent: false,
    });
  }
  if (/^Out of Memory Error/.test(message)) {
    return make(ErrorCode.OutOfMemory, message, {
      fix: 'Extract fewer rows or columns, or run the step on a bigger class.',
    });
  }
  if (extensionIsMissing(message)) {
    const extension = /extension "?'?([a-z_]+)/.exec(message)?.[1] ?? 'it needs';
    return make(ErrorCode.Unreachable, `DuckDB cannot get its extension ${extension}: ${message}`, {
      fix: 'Let this machine reach extensions.duckdb.org once, or put the extension below ~/.duckdb/extensions beforehand.',
      permanent: false,
    });
  }
  if (
    /authentication failed|no pg_hba\.conf entry|role ".*" does not exist|database ".*" does not exist|permission denied/i.test(
      message,
    )
  ) {
    return make(ErrorCode.Refused, `The database refuses: ${message}`, {
      fix: 'Check user, password, database name and rights in the connection string.',
    });
  }
  if (
    /Unable to connect|could not connect|Connection refused|connection to server|could not translate host name|timeout expired|server closed the connection|Could not establish connection|HTTP (Error|GET error)/i.test(
      message,
    )
  ) {
    return make(ErrorCode.Unreachable, `A server does not answer: ${message}`, {
      fix: 'Check that it runs, and that this machine can reach it.',
      permanent: false,
    });
  }
  if (/^(IO|Internal|FATAL|INTERNAL) Error/.test(message)) {
    return make(ErrorCode.Internal, message, { permanent: false });
  }
  return wrong();
}

const extensionIsMissing = (message: string) =>
  /Failed to download extension|Extension Autoloading Error|install the required extension/.test(message);

/** The same error, said to have happened somewhere else. */
export function movedTo(error: SluiceError, where: string): SluiceError {
  const { code, message, fix, data, permanent, cause } = error;
  return new SluiceError(code, message, { where, data, permanent, cause, ...(fix === undefined ? {} : { fix }) });
}

function missingPath(message: string): string | null {
  const pattern = /No files found that match the pattern "([^"]*)"/.exec(message)?.[1];
  if (pattern !== undefined) return pattern;
  return /(?:Cannot|Could not) open file "([^"]*)": No such file or directory/.exec(message)?.[1] ?? null;
}

/** Takes connection strings and the passwords in them out of a message. */
function withoutSecrets(message: string, secrets: readonly string[]): string {
  const all = secrets.flatMap((secret) => [secret, ...passwordsIn(secret)]).filter((secret) => secret.length > 0);
  return all.sort((a, b) => b.length - a.length).reduce((text, secret) => text.replaceAll(secret, '***'), message);
}

function passwordsIn(connection: string): string[] {
  const inUrl = /^[a-z]+:\/\/[^:/@]*:([^@]*)@/i.exec(connection)?.[1];
  const inPairs = /\bpassword\s*=\s*(?:'((?:\\.|[^'])*)'|(\S+))/i.exec(connection);
  return [inUrl, inUrl && safeDecode(inUrl), inPairs?.[1], inPairs?.[2]].filter((text) => text !== undefined);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
