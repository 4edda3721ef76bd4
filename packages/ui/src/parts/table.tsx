import type { ComponentChildren } from 'preact';

export interface Head {
  readonly label: string;
  /** Right-aligned digits. */
  readonly num?: boolean;
  /** Said to a screen reader only. */
  readonly quiet?: boolean;
  readonly class?: string;
}

/** A table whose rows become cards where there is no room; give cells by {@link Cell} so that they keep their labels. */
export function Table({
  label,
  heads,
  children,
  kind = '',
}: {
  label: string;
  heads: readonly Head[];
  children: ComponentChildren;
  kind?: string;
}) {
  return (
    <table class={`table ${kind}`} aria-label={label}>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head.label} scope="col" class={[head.num ? 'num' : '', head.class ?? ''].join(' ').trim()}>
              {head.quiet ? <span class="visually-hidden">{head.label}</span> : head.label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** A cell; `label` stands before it where the row is a card. */
export function Cell({
  label,
  num = false,
  kind = '',
  children,
}: {
  label?: string;
  num?: boolean;
  kind?: string;
  children?: ComponentChildren;
}) {
  return (
    <td class={[num ? 'num' : '', kind].join(' ').trim()} {...(label === undefined ? {} : { 'data-label': label })}>
      {children}
    </td>
  );
}
