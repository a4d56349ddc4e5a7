import { connect } from 'node:net'
import { accountFiles, debianImage, type TestImage } from './images.ts'

/** Debian's PostgreSQL, and SQLite beside it: makes its database at the first start, and answers on 5432, everybody, without a password. */
export function postgresImage(): Promise<TestImage> {
  const serve = `#!/bin/sh
set -e
bin=$(echo /usr/lib/postgresql/*/bin)
if [ ! -f /data/PG_VERSION ]; then
  "$bin/initdb" -D /data -A trust --no-sync --locale=C -E UTF8 >/dev/null
  echo 'host all all all trust' >> /data/pg_hba.conf
fi
exec "$bin/postgres" -D /data -c listen_addresses='*' -c unix_socket_directories=/tmp -c shared_buffers=256MB
`
  return debianImage({
    name: 'postgres',
    packages: ['postgresql', 'sqlite3'],
    config: {
      User: 'postgres',
      Cmd: ['serve-postgres'],
      ExposedPorts: { '5432/tcp': {} },
      StopSignal: 'SIGINT',
    },
    files: [
      ...accountFiles(['postgres', 107, '/data']),
      { path: 'data', type: 'directory', mode: 0o700, uid: 107, gid: 107 },
      { path: 'usr/local/bin/serve-postgres', data: serve, mode: 0o755 },
    ],
  })
}

/**
 * A script for bash, for Postgres's user: writes to the database in `folder`, has the server die without a checkpoint,
 * and prints what is there once it has recovered: `1000|500500`. What is wrong is printed too.
 */
export const recoverPostgres = (folder: string): string => `cd ${folder}
bin=$(echo /usr/lib/postgresql/*/bin)
run() { $bin/pg_ctl -D ${folder} -w -t 300 -o '-c unix_socket_directories=/tmp' "$@" >/tmp/pg.$UID.log 2>&1 </dev/null || cat /tmp/pg.$UID.log; }
ask() { PGOPTIONS='-c client_min_messages=warning' $bin/psql -h /tmp -U postgres -d postgres -Atqc "$1"; }
run start
ask 'create table if not exists t(x int); truncate t; insert into t select generate_series(1, 1000)'
run stop -m immediate
run start
ask 'select count(*), sum(x) from t'
run stop -m fast`

/** A script for bash: makes the database in `folder`. */
export const initPostgres = (folder: string): string =>
  `/usr/lib/postgresql/*/bin/initdb -D ${folder} -A trust --locale=C >/dev/null`

/** A client's connection to a server on this machine (protocol 3, simple query). */
export interface Session {
  /** Answers the rows; rejects with the server's words. */
  ask(sql: string): Promise<string[][]>
  end(): void
}

/** Rejects, as its questions do, where nothing is heard for so long. */
export function openSession(port: number, milliseconds = 60_000): Promise<Session> {
  const socket = connect(port, '127.0.0.1')
  let received = Buffer.alloc(0)
  let rows: string[][] = []
  let asked = Promise.withResolvers<string[][]>()
  const fail = (error: Error): void => {
    socket.destroy()
    asked.reject(new Error(`PostgreSQL on port ${port}: ${error.message}`, { cause: error }))
  }
  const take = (type: string, body: Buffer): void => {
    if (type === 'E') fail(new Error(body.toString('utf8').replaceAll('\0', ' ').trim()))
    if (type === 'D') rows.push(fieldsOf(body))
    if (type === 'Z') asked.resolve(rows)
  }
  socket.setTimeout(milliseconds, () => fail(new Error(`no answer within ${milliseconds} ms`)))
  socket.on('error', fail)
  socket.once('close', () => fail(new Error('the server closed the connection')))
  socket.once('connect', () => {
    const text = Buffer.from('user\0postgres\0database\0postgres\0\0')
    const head = Buffer.alloc(8)
    head.writeInt32BE(8 + text.length, 0)
    head.writeInt32BE(196_608, 4)
    socket.write(Buffer.concat([head, text]))
  })
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
    while (received.length >= 5 && received.length > received.readInt32BE(1)) {
      const end = 1 + received.readInt32BE(1)
      take(String.fromCharCode(received[0]!), received.subarray(5, end))
      received = received.subarray(end)
    }
  })
  const session: Session = {
    ask(sql) {
      rows = []
      asked = Promise.withResolvers()
      if (socket.destroyed) fail(new Error('the connection is gone'))
      socket.write(message('Q', Buffer.from(`${sql}\0`)))
      return asked.promise
    },
    end: () => socket.end(message('X', Buffer.alloc(0))),
  }
  return asked.promise.then(() => session)
}

/** One question over a connection of its own. */
export async function query(port: number, sql: string, milliseconds?: number): Promise<string[][]> {
  const session = await openSession(port, milliseconds)
  try {
    return await session.ask(sql)
  } finally {
    session.end()
  }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

function fieldsOf(row: Buffer): string[] {
  const fields: string[] = []
  for (let at = 2; fields.length < row.readInt16BE(0);) {
    const length = row.readInt32BE(at)
    fields.push(length < 0 ? '' : row.toString('utf8', at + 4, at + 4 + length))
    at += 4 + Math.max(0, length)
  }
  return fields
}
