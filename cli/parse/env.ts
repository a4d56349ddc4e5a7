import { readFileSync } from 'node:fs'
import { EngineError } from '../../contract/errors.ts'

type Environment = Record<string, string | undefined>

/**
 * The variables of `--env-file` and, after them, of `-e`, as Docker takes them: `NAME=VALUE`, or `NAME` alone for the
 * value that it has here. Such a name without a value here is left out of a file's, but takes the image's away when
 * given by `-e`. Throws INVALID_ARGUMENT.
 */
export function parseEnv(files: string[], entries: string[], here: Environment): string[] {
  const read = files.flatMap((file) => parseEnvFile(file, readText(file), here))
  return [...read, ...entries.map((entry) => own(entry, here))]
}

function own(entry: string, here: Environment): string {
  if (entry === '' || entry.startsWith('=')) {
    throw new EngineError('INVALID_ARGUMENT', `'${entry}' is not a variable; write -e NAME=VALUE`)
  }
  const value = entry.includes('=') ? undefined : here[entry]
  return value === undefined ? entry : `${entry}=${value}`
}

/** Values are taken as they stand: no quotes, no escapes, no comments after them. */
export function parseEnvFile(file: string, text: string, here: Environment): string[] {
  const variables: string[] = []
  for (const [at, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trimStart()
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    const name = equals < 0 ? line : line.slice(0, equals)
    if (name === '' || /\s/.test(name)) {
      throw new EngineError(
        'INVALID_ARGUMENT',
        `${file}, line ${at + 1}: '${name}' is not the name of a variable`,
      )
    }
    if (equals >= 0) variables.push(line)
    else if (here[name] !== undefined) variables.push(`${name}=${here[name]}`)
  }
  return variables
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (error as Error).message
    throw new EngineError('INVALID_ARGUMENT', `cannot read the variables of ${file}: ${why}`, {
      cause: error,
    })
  }
}
