import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestEngine } from '../support/engine.ts'
import { postgresImage } from '../support/postgres.ts'

/** What databases ask of a file system, on each kind of mount, in one container: under emulation each start takes long. */
let engine: TestEngine
let folder: string

beforeAll(async () => {
  engine = await TestEngine.start()
  folder = await mkdtemp(join(tmpdir(), 'ramet-databases-'))
  await chmod(folder, 0o755)
  const { archive, tag } = await postgresImage()
  await ramet(['load', '-i', archive])
  const disk = 'type=volume,source=disk,target=/disk,volume-opt=type=disk,volume-opt=size=1g'
  const mounts = ['-v', 'plain:/volume', '--mount', disk, '-v', `${folder}:/bind`]
  await ramet(['run', '-d', '--name', 'db', '-u', 'root', '-m', '768m', ...mounts, tag, 'sleep', '100000'])
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

const inside = (user: string, script: string): Promise<string> =>
  ramet(['exec', '-u', user, 'db', 'bash', '-ec', script])

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
    expect(await inside('root', script)).toBe('wal\n24\nok\n')
  },
  300_000,
)

test('Postgres makes its database on a volume', async () => {
  await inside('root', 'install -d -m 700 -o postgres -g postgres /volume/pg')
  await inside('postgres', '/usr/lib/postgresql/*/bin/initdb -D /volume/pg -A trust --locale=C >/dev/null')
}, 900_000)

test.each(['/volume', '/disk'])(
  'Postgres writes, loses its process, and recovers, on %s',
  async (place) => {
    if (place !== '/volume') await inside('root', `cp -a /volume/pg ${place}/pg`)
    const script = `cd ${place}
    bin=$(echo /usr/lib/postgresql/*/bin)
    run() { $bin/pg_ctl -D ${place}/pg -w -t 300 -o '-c unix_socket_directories=/tmp' "$@" >/tmp/log 2>&1 </dev/null || cat /tmp/log; }
    ask() { $bin/psql -h /tmp -d postgres -Atqc "$1"; }
    run start
    ask 'create table if not exists t(x int); truncate t; insert into t select generate_series(1, 1000)'
    run stop -m immediate
    run start
    ask 'select count(*), sum(x) from t'
    run stop -m fast`
    expect(await inside('postgres', script)).toBe('1000|500500\n')
  },
  900_000,
)
