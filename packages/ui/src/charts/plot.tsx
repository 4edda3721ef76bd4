import type { ScaleContinuousNumeric } from 'd3-scale';
import type { ComponentChildren } from 'preact';

/** Units of the plot's width, whatever its pixels. */
export const WIDTH = 1000;

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Which of the eight colours. */
  readonly colour: number;
}

/** A plot with labels on two sides, as wide as there is room; what is inside is drawn in {@link WIDTH} by `height` units. */
export function Plot({
  x,
  y,
  height,
  label,
  formatX,
  formatY,
  ticksX,
  children,
  over,
  onMove,
}: {
  /** To 0 … {@link WIDTH}. */
  x: ScaleContinuousNumeric<number, number>;
  /** To `height` … 0. */
  y: ScaleContinuousNumeric<number, number>;
  height: number;
  label: string;
  formatX: (value: number) => string;
  formatY: (value: number) => string;
  ticksX?: readonly number[];
  children: ComponentChildren;
  over?: ComponentChildren;
  /** Where the pointer is in the units of x; null when it left. */
  onMove?: (at: number | null) => void;
}) {
  const yTicks = y.ticks(Math.max(2, Math.round(height / 40)));
  const xTicks = (ticksX ?? x.ticks(3)).filter((tick) => x(tick) >= 0 && x(tick) <= WIDTH);
  const move = (event: PointerEvent & { currentTarget: Element }) => {
    const box = event.currentTarget.getBoundingClientRect();
    onMove?.(x.invert(((event.clientX - box.left) / Math.max(1, box.width)) * WIDTH));
  };
  return (
    <div class="plot">
      <svg class="axis-y" width="52" height={height + 12} aria-hidden="true">
        {yTicks.map((tick) => (
          <text key={tick} x="46" y={y(tick) + 10} text-anchor="end">
            {formatY(tick)}
          </text>
        ))}
      </svg>
      <svg
        class="plot-area"
        width="100%"
        height={height + 12}
        viewBox={`0 -6 ${WIDTH} ${height + 12}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        {...(onMove === undefined ? {} : { onPointerMove: move, onPointerLeave: () => onMove(null) })}
      >
        {yTicks.map((tick) => (
          <line key={tick} class="grid" x1="0" x2={WIDTH} y1={y(tick)} y2={y(tick)} />
        ))}
        {children}
      </svg>
      <svg class="axis-x" width="100%" height="16" aria-hidden="true">
        {xTicks.map((tick) => {
          const at = x(tick) / (WIDTH / 100);
          return (
            <text key={tick} x={`${at.toFixed(2)}%`} y="12" text-anchor={at < 4 ? 'start' : at > 95 ? 'end' : 'middle'}>
              {formatX(tick)}
            </text>
          );
        })}
      </svg>
      {over}
    </div>
  );
}
