/** Text that scrolls by itself, so it must be reached by keyboard. */
export function ScrollText({ text, label, kind }: { text: string; label: string; kind: 'json' | 'log' }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus
    <section class={`scroll ${kind}`} tabIndex={0} aria-label={label}>
      <pre>{text}</pre>
    </section>
  );
}
