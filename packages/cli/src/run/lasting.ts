/**
 * Takes looks at an alarm and answers with it only once it has stood without a break: a version that has to be started
 * again is none, as long as it is being started.
 *
 * @param after milliseconds that it has to stand
 */
export function lasting(after: number): (alarm: string | null, at: number) => string | null {
  let since: number | null = null;
  return (alarm, at) => {
    since = alarm === null ? null : (since ?? at);
    return since !== null && at - since >= after ? alarm : null;
  };
}
