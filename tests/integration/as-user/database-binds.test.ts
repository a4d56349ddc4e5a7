import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TestEngine } from '../../support/engine.ts'
import { initMariadb, mariadbImage, recoverMariadb } from '../../support/mariadb.ts'
import { initPostgres, postgresImage, recoverPostgres } from '../../support/postgres.ts'

/** Databases that insist on owning their files, on binds: as an ordinary user nothing can be given away there. */
const own = { uid: process.getuid!(), gid: process.getgid!() }
let engine: TestEngine
let folder: string

beforeAll(async () => {
  engine = await TestEngine.start()
  folder = await mkdtemp(join(tmpdir(), 'ramet-databases-'))
  await chmod(folder, 0o755)
  for (const name of ['pg', 'maria', 'own']) await mkdir(join(folder, name))
  for (const { archive } of [await postgresImage(), await mariadbImage()])
    await ramet(['load', '-i', archive])
})

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function ramet(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await engine.ramet(args, { timeoutMs: 600_000 })
  expect([code, code === 0 ? stderr : stdout + stderr], args.join(' ')).toEqual([0, ''])
  return stdout
}

const inside = (name: string, user: string, script: string): Promise<string> =>
  ramet(['exec', '-u', user, name, 'bash', '-ec', script])

const run = (name: string, ...args: string[]): Promise<string> =>
  ramet(['run', '-d', '--name', name, '-m', '768m', '-u', 'root', ...args, 'sleep', '100000'])

test('Postgres, where its image keeps its data', async () => {
  const binds = ['-v', `${folder}/pg:/data`, '-v', `${folder}/own:/own`]
  // The image declares no volume; the container does in its place.
  await run('pg', '-v', '/data', ...binds, 'postgres')
  await inside('pg', 'root', 'chown postgres:postgres /data && chmod 700 /data')
  expect(await inside('pg', 'postgres', initPostgres('/data'))).toBe('')
  // Whose a file is has to be known to the next VM too.
  await ramet(['restart', '-t', '1', 'pg'])
  expect(await inside('pg', 'postgres', recoverPostgres('/data'))).toBe('1000|500500\n')
  expect((await stat(join(folder, 'pg/PG_VERSION'))).uid).toBe(own.uid)
}, 900_000)

test('Postgres, run as the user whose the folder is', async () => {
  const { uid, gid } = own
  await inside('pg', 'root', `echo own:x:${uid}:${gid}::/own:/bin/sh >> /etc/passwd`)
  // In /own nothing can be given to another, and nothing has to be.
  await inside('pg', 'root', `cp -r --preserve=mode /data /own/db && chown -R ${uid}:${gid} /own/db`)
  const refused = await inside('pg', 'root', 'chown postgres /own/db 2>&1 || true')
  expect(refused).toContain('Operation not permitted')
  expect(await inside('pg', 'own', recoverPostgres('/own/db'))).toBe('1000|500500\n')
}, 900_000)

test('MariaDB, where its image keeps its data', async () => {
  await run('maria', '-v', `${folder}/maria:/var/lib/mysql`, 'mariadb')
  expect(await inside('maria', 'root', initMariadb('/var/lib/mysql'))).toBe('')
  const script = recoverMariadb('/var/lib/mysql')
  expect(await inside('maria', 'root', script)).toBe('1000\t500500\nd.t\tcheck\tstatus\tOK\n')
}, 900_000)

test('who cannot write to a bind is told so', async () => {
  const { code, stderr } = await engine.ramet(['create', '-u', '4322', '-v', `${folder}/own:/own`, 'mariadb'])
  expect(code).toBe(0)
  const { uid, gid } = own
  const advice = `cannot write to it: the folder belongs to uid ${uid}, and cannot be given away; run it as that one (--user ${uid}:${gid})`
  expect(stderr).toContain(advice)
})
