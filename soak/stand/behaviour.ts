/** How a model's server behaves; lies as `behaviour.json` in the model's folder, where `serve.mjs` reads it. */
export interface Behaviour {
  /** Tells models apart that behave alike. */
  readonly name: string;
  /** Milliseconds until it answers `/ping`; -1 for never. @default 0 */
  readonly startMs?: number;
  /** Least milliseconds of an answer; a tail of half of it on average comes on top. @default 5 */
  readonly answerMs?: number;
  /** Share of the requests answered by 500. @default 0 */
  readonly errors?: number;
  /** Share of the requests that get no answer. @default 0 */
  readonly hangs?: number;
  /** Factor by which every answer is slower. @default 1 */
  readonly slower?: number;
  /** Factor by which the slowest tenth of its answers is slower. @default 1 */
  readonly tail?: number;
  /** Answers in another shape. @default false */
  readonly misshapen?: boolean;
  /** Ends itself at the so manieth request. @default never */
  readonly diesAt?: number;
  /** Milliseconds that it takes to end when it is told to. @default 0 */
  readonly stopMs?: number;
  /** Which requests are treated so: all, or those that carry `live`. @default 'all' */
  readonly on?: 'all' | 'live';
}
