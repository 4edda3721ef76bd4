import { ScrollText } from './scroll.tsx';

/** Code and message of what went wrong, and the last lines that the trainer wrote. */
export function Failure({
  failure,
}: {
  failure: { readonly code: string; readonly message: string; readonly tail: readonly string[] };
}) {
  const [first = '', ...rest] = failure.message.split('\n');
  return (
    <section class="failure" aria-label="Why it failed">
      <h2>
        <span class="code">{failure.code}</span> {first}
      </h2>
      {rest.length === 0 ? null : <p class="pre">{rest.join('\n')}</p>}
      {failure.tail.length === 0 ? null : (
        <ScrollText kind="log" text={failure.tail.join('\n')} label="Last lines of the log" />
      )}
    </section>
  );
}
