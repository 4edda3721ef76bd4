import { ErrorCode, SluiceError } from './errors.ts';

/** Variables by name, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a program needs to find its interpreter, libraries, devices, caches, certificates and proxy. */
const INHERITED = new Set([
  ...['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'NO_COLOR'],
  ...['VIRTUAL_ENV', 'JAVA_HOME', 'R_HOME', 'R_LIBS', 'R_LIBS_SITE', 'R_LIBS_USER', 'LD_LIBRARY_PATH', 'LD_PRELOAD'],
  ...['HF_HOME', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE', 'HF_DATASETS_CACHE', 'HF_DATASETS_OFFLINE'],
  ...['TRANSFORMERS_CACHE', 'TRANSFORMERS_OFFLINE', 'TOKENIZERS_PARALLELISM', 'MPLBACKEND', 'MPLCONFIGDIR'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
  ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
]);

/** Families of which every member is inherited: languages, devices, numerical libraries and their threads. */
const FAMILIES = [
  ...['LC_', 'XDG_', 'PYTHON', 'PYENV_', 'CONDA', 'DYLD_', 'MALLOC_'],
  ...['NUMBA_', 'NUMEXPR_', 'VECLIB_', 'TORCH', 'PYTORCH_'],
  ...['CUDA', 'CUBLAS', 'CUDNN', 'NVIDIA_', 'NCCL_', 'HIP_', 'HSA_', 'ROCR_', 'ROCM_', 'MIOPEN_', 'TRITON_', 'TF_'],
  ...['XLA_', 'JAX_', 'OMP_', 'KMP_', 'GOMP_', 'MKL_', 'OPENBLAS_', 'GOTO_', 'BLIS_'],
];

/** No family passes these on. */
const SECRET = /(^|_)(TOKENS?|SECRETS?|PASS|PASSWD|PASSWORDS?|CREDENTIALS?|AUTH|(API_?)?KEYS?)(_|$)/i;

/**
 * Does a program that Sluice starts for a project (trainer, model server) get this variable of the process that starts
 * it? Everything else stays with the worker: its credentials are not the model's.
 */
function isInherited(name: string): boolean {
  if (INHERITED.has(name)) return true;
  return FAMILIES.some((family) => name.startsWith(family)) && !SECRET.test(name);
}

/** The variables of `own` that a program of the project inherits. */
export function inheritedEnv(own: Environment): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) if (value !== undefined && isInherited(name)) env[name] = value;
  return env;
}

/**
 * The environment of a program of the project: what is inherited, and on top what its command asks for. A value
 * `env:NAME` is the variable NAME of `own`: neither histories nor files hold more than its name.
 *
 * @param where Path of `wanted`, for the error.
 * @throws SluiceError `InvalidConfig` for a variable that is asked for by name and not set.
 */
export function childEnv(
  own: Environment,
  wanted: Readonly<Record<string, string>>,
  where: string,
): Record<string, string> {
  const env = inheritedEnv(own);
  for (const [name, value] of Object.entries(wanted)) env[name] = resolved(own, name, value, where);
  return env;
}

/** Begins a value that is read where the program is started. */
const FROM_OWN = 'env:';

function resolved(own: Environment, name: string, value: string, where: string): string {
  if (!value.startsWith(FROM_OWN)) return value;
  const source = value.slice(FROM_OWN.length);
  const found = own[source];
  if (found !== undefined) return found;
  throw new SluiceError(ErrorCode.InvalidConfig, `The environment variable ${source} is not set.`, {
    where: `${where}.${name}`,
    fix: `Set ${source} for the worker and the gateway (\`sluice dev\` has both), or give ${name} another value.`,
  });
}

/**
 * What to do, for an error's `fix`, when the last lines of a program that failed name a variable that its starter has
 * and kept to itself: it failed for that, most likely. Null when they name none.
 *
 * @param given What the program was given besides what it inherits.
 */
export function missedVariable(own: Environment, given: Environment, lines: readonly string[]): string | null {
  const words = new Set(lines.join('\n').match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g));
  const kept = (name: string) => own[name] !== undefined && given[name] === undefined && !isInherited(name);
  const name = [...words].find(kept);
  if (name === undefined) return null;
  return `It names ${name}, which it does not inherit: ask for it in its command, env: { ${name}: 'env:${name}' }.`;
}
