const signs: readonly RegExp[] = [
  /No space left on device/i,
  /Disk quota exceeded/i,
  /\bENOSPC\b|\bEDQUOT\b/,
  /\[Errno (28|122)\]/,
];

/**
 * The very last line of a failed program, where that says that a disk is full; null otherwise. Nothing before it
 * counts: a program that went on after a full disk has ended of something else.
 */
export function diskFullLine(tail: readonly string[]): string | null {
  const last = tail.findLast((line) => line.trim() !== '') ?? '';
  return signs.some((sign) => sign.test(last)) ? last : null;
}
