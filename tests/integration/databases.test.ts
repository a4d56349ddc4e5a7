import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestEngine } from '../support/engine.ts'
import { initMariadb, mariadbImage, recoverMariadb } from '../support/mariadb.ts'
import { initPostgres, postgresImage, recoverPostgres } from '../support/postgres.ts'

/**
 * What databases ask of a file system, on each kind of mount; each kind of database in one container, for under emulation
 * every start takes long. Binds of an ordinary user are the matter of as-user/database-binds.test.ts.
 */
let engine: TestEngine
let folder: string

beforeAll(async () => {
  engine = await TestEngine.start()
  folder = await mkdtemp(join(tmpdir(), 'ramet-databases-'))
  await chmod(folder, 0o755)
  const images = { pg: await postgresImage(), maria: await mariadbImage() }
  for (const [name, { archive, tag }] of Object.entries(images)) {
    await ramet(['load', '-i', archive])
    const disk = `type=volume,source=disk-${name},target=/disk,volume-opt=type=disk,volume-opt=size=1g`
    const mounts = ['-v', `plain-${name}:/volume`, '--mount', disk, '-v', `${folder}:/bind`]
    await ramet(['run', '-d', '--name', name, '-u', 'root', '-m', '768m', ...mounts, tag, 'sleep', '100000'])
  }
})

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function ramet(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.ramet(args, { timeoutMs: 600_000 })
  expect([code, code === 0 ? '' : stdout + stderr], args.join(' ')).toEqual([0, ''])
  return stdout
}

const inside = (name: string, user: string, script: string): Promise<string> =>
  ramet(['exec', '-u', user, name, 'bash', '-ec', script])

test.each(['/volume', '/disk', '/bind'])(
  'SQLite in WAL mode, three writers at once, on %s',
  async (place) => {
    const script = `cd ${place}
    sqlite3 wal.db 'pragma journal_mode=wal; create table t(x)'
    for writer in 1 2 3; do
      for row in 1 2 3 4 5 6 7 8; do sqlite3 -cmd '.timeout 60000' wal.db "insert into t values ($writer)"; done &
    done
    wait
    sqlite3 wal.db 'select count(*) from t; pragma integrity_check'`
    expect(await inside('pg', 'root', script)).toBe('wal\n24\nok\n')
  },
  300_000,
)

test('Postgres makes its database on a volume', async () => {
  await inside('pg', 'root', 'install -d -m 700 -o postgres -g postgres /volume/pg')
  expect(await inside('pg', 'postgres', initPostgres('/volume/pg'))).toBe('')
}, 900_000)

test.each(['/volume', '/disk', '/bind'])(
  'Postgres writes, loses its process, and recovers, on %s',
  async (place) => {
    if (place !== '/volume') await inside('pg', 'root', `cp -a /volume/pg ${place}/pg`)
    expect(await inside('pg', 'postgres', recoverPostgres(`${place}/pg`))).toBe('1000|500500\n')
  },
  900_000,
)

test('MariaDB makes its database on a volume', async () => {
  expect(await inside('maria', 'root', initMariadb('/volume/maria'))).toBe('')
}, 900_000)

test.each(['/volume', '/disk', '/bind'])(
  'MariaDB writes, is killed, and recovers, on %s',
  async (place) => {
    if (place !== '/volume') await inside('maria', 'root', `cp -a /volume/maria ${place}/maria`)
    expect(await inside('maria', 'root', recoverMariadb(`${place}/maria`))).toBe(
      '1000\t500500\nd.t\tcheck\tstatus\tOK\n',
    )
  },
  900_000,
)
