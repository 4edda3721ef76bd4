import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A line of JSON. Many readers of lines also take these two for ends of one, which JSON allows in a text. */
export function lineOf(value: object): string {
  const text = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return `${text}\n`;
}

/** What reading lines tells of. */
export interface LineReader {
  line(text: string): void;
  /** A line that is too long to be held: its beginning. */
  tooLong(start: string): void;
}

/** Characters of a line that is too long which are told of. */
const START = 1_000;

/** Reads a stream line by line, none of more than `most` characters. */
export function readLines(stream: Readable | null, most: number, reader: LineReader): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let over = false; // the line that is being read has been told of
  const take = (line: string) => {
    if (!over && line.length <= most) reader.line(line);
    else if (!over) reader.tooLong(line.slice(0, START));
    over = false;
  };
  stream?.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length <= most) return;
    if (!over) reader.tooLong(rest.slice(0, START));
    over = true;
    rest = '';
  });
  stream?.on('end', () => {
    const last = rest + decoder.end();
    if (last !== '' || over) take(last);
  });
  stream?.on('error', () => {});
}
