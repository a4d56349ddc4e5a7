import type { Command } from 'commander'
import type { DoctorReport } from '../../contract/ramet.ts'
import { EngineError } from '../../contract/errors.ts'
import { json } from '../format/table.ts'
import { engine, print } from './common.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look at everything that Ramet stands on; exit code 1 where something fails')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const report = await examine()
      print(flags.json ? json(report) : doctorLines(report))
      if (!report.ok) process.exitCode = 1
    })
}

/** An engine that cannot even start is a finding too, and often the one that was looked for. */
async function examine(): Promise<DoctorReport> {
  try {
    return await (await engine()).get<DoctorReport>('/ramet/v1/doctor')
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return { ok: false, checks: [{ name: 'engine', status: 'failed', finding: error.message, advice: '' }] }
  }
}

export function doctorLines({ checks }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .map(({ name, status, finding, advice }) => {
      const line = `${status.padEnd('warning'.length)}  ${name.padEnd(width)}  ${finding}`
      return `${line}${advice ? `; ${advice}` : ''}\n`
    })
    .join('')
}
