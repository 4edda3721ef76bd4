import type { Json } from '@sluice/sdk';
import { ScrollText } from './scroll.tsx';

/** A value as indented JSON; long ones are folded at first. */
export function JsonBox({ value, label }: { value: Json; label: string }) {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  const lines = text.split('\n').length;
  const box = <ScrollText kind="json" text={text} label={label} />;
  if (lines <= 40) return box;
  return (
    <details class="fold">
      <summary>{lines} lines</summary>
      {box}
    </details>
  );
}
