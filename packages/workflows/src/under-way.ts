/**
 * Commands that have no answer yet, counted in the child of a large map: where there is none, nothing from outside can make
 * its code go on. State of one workflow: its sandbox has this module for itself.
 */
let counting = false;
let count = 0;

export function countCommands(): void {
  counting = true;
}

export function nothingUnderWay(): boolean {
  return count === 0;
}

/** Counts until the command is answered, one way or the other. */
export function underWay<Answer extends Promise<unknown>>(answer: Answer): Answer {
  if (!counting) return answer;
  count++;
  const answered = () => {
    count--;
  };
  answer.then(answered, answered);
  return answer;
}
