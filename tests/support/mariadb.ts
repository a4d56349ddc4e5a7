import { accountFiles, debianImage, type TestImage } from './images.ts'

/** Debian's MariaDB, its server and its client; the image declares a volume at /var/lib/mysql, as those on registries do. */
export function mariadbImage(): Promise<TestImage> {
  return debianImage({
    name: 'mariadb',
    packages: ['mariadb-server-core', 'mariadb-client-core'],
    config: { Volumes: { '/var/lib/mysql': {} } },
    files: [
      ...accountFiles(['mysql', 105, '/var/lib/mysql']),
      { path: 'var/lib/mysql', type: 'directory', mode: 0o755, uid: 105, gid: 105 },
    ],
  })
}

/** A script for bash, for root: makes the database in `folder`. */
export const initMariadb = (folder: string): string =>
  `mariadb-install-db --no-defaults --user=mysql --datadir=${folder} --skip-test-db --auth-root-authentication-method=normal >/tmp/my.log 2>&1 || cat /tmp/my.log`

/**
 * A script for bash, for root: writes to the database in `folder`, kills the server, and prints what is there once it
 * has recovered, and what the server thinks of it. What is wrong is printed too.
 */
export const recoverMariadb = (folder: string): string => `
ask() { mariadb --no-defaults --socket=/tmp/my.sock -NB -e "$1"; }
start() {
  mariadbd --no-defaults --user=mysql --datadir=${folder} --socket=/tmp/my.sock --pid-file=/tmp/my.pid \\
    --skip-networking --innodb-buffer-pool-size=64M >/tmp/my.log 2>&1 </dev/null &
  server=$!
  until ask 'select 1' >/dev/null 2>&1; do kill -0 $server || { cat /tmp/my.log; exit 1; }; sleep 0.5; done
}
start
ask 'create database if not exists d; create or replace table d.t(x int) engine=innodb; use d; insert into t select seq from seq_1_to_1000'
{ kill -9 $server; wait $server || true; } 2>/dev/null
start
ask 'select count(*), sum(x) from d.t; check table d.t'
kill $server
wait $server`
