import { describe, expect, test } from 'vitest';
import { lastWords } from './last-words.ts';

const says = (text: string) => lastWords(text.split('\n'));

describe('why a program failed is', () => {
  test.each([
    [
      'Python’s last line',
      'Traceback (most recent call last):\n  File "t.py", line 1\nValueError: no rows\n',
      'ValueError: no rows',
    ],
    [
      'the error that Node shows above its version',
      '/w/train.mjs:3\n  throw new RangeError("no rows");\n  ^\n\nRangeError: no rows\n    at main (/w/train.mjs:3:9)\n    at file:///w/x:1:1\n\nNode.js v24.1.0',
      'RangeError: no rows',
    ],
    [
      'an error of Node’s own',
      "node:internal/fs/utils:1\n    throw err;\n    ^\n\nError: ENOENT: no such file or directory, open 'x.csv'\n    at open (node:fs:1:2) {\n  errno: -2,\n  code: 'ENOENT'\n}\n\nNode.js v22.18.0",
      "Error: ENOENT: no such file or directory, open 'x.csv'",
    ],
    [
      'what Node says of a file that it cannot read as a program',
      "/w/train.mjs:2\nconst a = ;\n          ^\n\nSyntaxError: Unexpected token ';'\n    at compile (node:internal/x:1:2)\n\nNode.js v24.1.0",
      "SyntaxError: Unexpected token ';'",
    ],
    [
      'a text that was thrown',
      "node:internal/process/x:1\n/w/t.mjs:1\nthrow 'no rows';\n^\nno rows\n(Use `node --trace-uncaught ...` to show where the exception was thrown)\n\nNode.js v24.1.0",
      'no rows',
    ],
    [
      'the panic of Go',
      'step 3\npanic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/w/main.go:7 +0x1d\nexit status 2',
      'panic: runtime error: index out of range [3] with length 3',
    ],
    [
      'the panic of Rust',
      "thread 'main' panicked at src/main.rs:2:5:\nno rows\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
      'panic: no rows',
    ],
    [
      'the cause that Java names',
      'Exception in thread "main" java.lang.RuntimeException: x\n\tat Main.main(Main.java:3)\nCaused by: java.io.IOException: no rows\n\tat Main.read(Main.java:9)\n\t... 1 more',
      'Caused by: java.io.IOException: no rows',
    ],
    [
      'the last line of a shell',
      '+ cat x.csv\ncat: x.csv: No such file or directory\n',
      'cat: x.csv: No such file or directory',
    ],
    ['nothing where nothing was said', '\n\n', ''],
  ])('%s', (_, text, why) => {
    expect(says(text)).toBe(why);
  });
});
