import type { ContainerTop } from '../../contract/docker.ts'
import { EngineError } from '../../contract/errors.ts'

/** What the agent tells of a process, in this order. */
const FIELDS = 12

type Column = (process: string[]) => string

const clock = (ms: string): string => {
  const seconds = Math.floor(Number(ms) / 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}
const started = (unix: string): string => new Date(Number(unix) * 1000).toTimeString().slice(0, 5)
/** Of the time since its start, in percent. */
const share = (ms: string, unix: string): number =>
  Number(ms) / 10 / Math.max(1, Date.now() / 1000 - Number(unix))
const field =
  (at: number): Column =>
  (process) =>
    process[at] ?? ''

const COLUMNS: Record<string, [title: string, column: Column]> = {
  pid: ['PID', field(0)],
  ppid: ['PPID', field(1)],
  uid: ['UID', field(2)],
  user: ['USER', field(3)],
  time: ['TIME', (process) => clock(process[4]!)],
  stime: ['STIME', (process) => started(process[5]!)],
  rss: ['RSS', field(6)],
  vsz: ['VSZ', field(7)],
  tty: ['TTY', field(8)],
  stat: ['STAT', field(9)],
  comm: ['COMMAND', field(10)],
  args: ['COMMAND', (process) => process[11]!.trim()],
  c: ['C', (process) => String(Math.floor(share(process[4]!, process[5]!)))],
  pcpu: ['%CPU', (process) => share(process[4]!, process[5]!).toFixed(1)],
}
const ALIASES: Record<string, string> = {
  cmd: 'args',
  command: 'args',
  tt: 'tty',
  '%cpu': 'pcpu',
  ucmd: 'comm',
}

const FULL: [string, string][] = [
  ['UID', 'user'],
  ['PID', 'pid'],
  ['PPID', 'ppid'],
  ['C', 'c'],
  ['STIME', 'stime'],
  ['TTY', 'tty'],
  ['TIME', 'time'],
  ['CMD', 'args'],
]
const AUX: [string, string][] = [
  ['USER', 'user'],
  ['PID', 'pid'],
  ['%CPU', 'pcpu'],
  ['VSZ', 'vsz'],
  ['RSS', 'rss'],
  ['TTY', 'tty'],
  ['STAT', 'stat'],
  ['START', 'stime'],
  ['TIME', 'time'],
  ['COMMAND', 'args'],
]

function columnsOf(options: string): [string, string][] {
  const text = options.trim()
  if (['', '-ef', '-e -f'].includes(text)) return FULL
  if (['aux', '-aux'].includes(text)) return AUX
  const list = /^-?(?:e|A|a|ax)?\s*-?o\s*([\w%,=]+)$/.exec(text)?.[1]
  const names = list?.split(',').map((name) => ALIASES[name] ?? name)
  if (names?.every((name) => Object.hasOwn(COLUMNS, name)))
    return names.map((name) => [COLUMNS[name]![0], name])
  throw new EngineError(
    'INVALID_ARGUMENT',
    `ps options '${text}' are not known here; use -ef, aux, or -o with ${Object.keys(COLUMNS).join(', ')}`,
  )
}

/** How `ps` would show processes with `options`. Throws INVALID_ARGUMENT at once where they are not known. */
export function processTable(options: string): (texts: string[]) => ContainerTop {
  const columns = columnsOf(options)
  return (texts) => {
    const processes: string[][] = []
    for (let at = 0; at + FIELDS <= texts.length; at += FIELDS) processes.push(texts.slice(at, at + FIELDS))
    return {
      Titles: columns.map(([title]) => title),
      Processes: processes.map((process) => columns.map(([, name]) => COLUMNS[name]![1](process))),
    }
  }
}
