/**
 * Where two answers differ, as text, at most `most` of them: numbers by more than `relative` of the greater one, what is
 * no number at all.
 */
export function differences(ours: unknown, theirs: unknown, relative = 1e-9, most = 5): string[] {
  const found: string[] = [];
  compare(ours, theirs, '');
  return found;

  function compare(a: unknown, b: unknown, path: string): void {
    if (found.length >= most) return;
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      for (let i = 0; i < a.length; i += 1) compare(a[i], b[i], `${path}[${i}]`);
      return;
    }
    if (typeof a === 'number' && typeof b === 'number') {
      if (Math.abs(a - b) <= relative * Math.max(1e-6, Math.abs(a), Math.abs(b))) return;
    } else if (a === b) return;
    found.push(`${path}: ours ${JSON.stringify(a)}, theirs ${JSON.stringify(b)}`);
  }
}
