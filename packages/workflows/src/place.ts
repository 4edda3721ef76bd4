import { placeIn } from '@sluice/sdk';

let root = '';

/** Says where the project lies whose pipelines are bundled, so that an error of theirs can name its file. */
export function projectAt(path: string): void {
  root = path;
}

/** ` (at pipelines/rents.ts:12)`, or nothing where the project's folder or the error's place is not known. */
export function atPlace(error: unknown): string {
  const place = placeIn(root, error);
  return place === null ? '' : ` (at ${place})`;
}
