import type { EngineClient } from '../api/client.ts'
import { ensureEngine } from '../engine-process.ts'

/** The engine, started where none runs. */
export async function engine(): Promise<EngineClient> {
  return (await ensureEngine()).client
}

export const print = (text: string): void => void process.stdout.write(text)

/** One line on stderr for a failure, whatever its message holds. */
export function complain(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`ramet: ${message.trim().replace(/\s*\n\s*/g, '; ')}\n`)
}

/**
 * Does the same to each, all at once; prints what `work` answers in the order given. A failure is one line on stderr,
 * keeps none of the others from being done, and makes the exit code 1.
 */
export async function each<T>(items: T[], work: (item: T) => Promise<string | undefined>): Promise<void> {
  for (const result of await Promise.allSettled(items.map(work))) {
    if (result.status === 'fulfilled') {
      if (result.value !== undefined) print(`${result.value}\n`)
    } else {
      complain(result.reason)
      process.exitCode = 1
    }
  }
}

/** `NAME=VALUE` words of `--filter` as the API takes them. */
export function filters(words: string[]): string | undefined {
  if (words.length === 0) return undefined
  const accepted: Record<string, string[]> = {}
  for (const word of words) {
    const at = word.indexOf('=')
    const name = at < 0 ? word : word.slice(0, at)
    accepted[name] = [...(accepted[name] ?? []), at < 0 ? '' : word.slice(at + 1)]
  }
  return JSON.stringify(accepted)
}
