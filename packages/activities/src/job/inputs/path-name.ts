import { createHash } from 'node:crypto';

/**
 * Any text as one name of a file or of a part of a pointer's key: `flight-delays/2026` is `flight-delays%2F2026`.
 * Names that grow too long for a file system are cut and end in a digest, so two texts never share one.
 */
export function pathName(text: string): string {
  const encoded = encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8')).replace(/^\.+/, (dots) =>
    '%2E'.repeat(dots.length),
  );
  if (encoded.length > 0 && encoded.length <= 150) return encoded;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 24);
  return `${encoded.slice(0, 120)}~${digest}`;
}
