import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const exec = promisify(execFile)
const PLUGIN = 'usr/libexec/docker/cli-plugins/docker-compose'
/** The release whose docker-compose is the plugin, a program that needs nothing of its own release. */
const SUITE = 'trixie'

/**
 * Gives docker's settings folder the plugin `docker compose`: the machine's own where there is one, else that of Debian
 * 13, fetched once. Answers its version; rejects where it cannot be had.
 */
export async function composePlugin(config: string): Promise<string> {
  const version = async (): Promise<string> =>
    (await exec('docker', ['compose', 'version', '--short'], { env: { ...process.env, DOCKER_CONFIG: config } })).stdout.trim() // prettier-ignore
  const own = await version().catch(() => undefined)
  if (own) return own
  await mkdir(join(config, 'cli-plugins'), { recursive: true })
  await symlink(await fetched(), join(config, 'cli-plugins/docker-compose'))
  return version()
}

async function fetched(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ramet', 'test-tools')
  const folder = join(cache, `docker-compose-${SUITE}`)
  if (await exec(join(folder, PLUGIN), ['docker-cli-plugin-metadata']).catch(() => undefined))
    return join(folder, PLUGIN)
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'work-'))
  try {
    const options = await release(work)
    await exec('apt-get', [...options, 'update'], { maxBuffer: 16 << 20 })
    await exec('apt-get', [...options, 'download', 'docker-compose'], { cwd: work })
    const packages = (await readdir(work)).filter((name) => name.endsWith('.deb'))
    await exec('dpkg-deb', ['-x', join(work, packages[0]!), join(work, 'files')])
    await rm(folder, { recursive: true, force: true })
    await rename(join(work, 'files'), folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return join(folder, PLUGIN)
}

/** Has apt know that release alone, from the mirror that it knows, with all its files in `work`. */
async function release(work: string): Promise<string[]> {
  const { stdout } = await exec('apt-get', ['indextargets', '--format', '$(ORIGIN) $(LABEL) $(REPO_URI)'])
  const mirror = /^Debian Debian (\S+)$/m.exec(stdout)?.[1]
  if (!mirror) throw new Error('apt knows no Debian mirror')
  for (const name of ['lists/partial', 'archives/partial']) await mkdir(join(work, name), { recursive: true })
  await writeFile(join(work, 'status'), '')
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg'
  await writeFile(join(work, 'sources.list'), `deb [signed-by=${key}] ${mirror} ${SUITE} main\n`)
  return [
    `Dir::Etc::SourceList=${work}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State=${work}`,
    `Dir::State::status=${work}/status`,
    `Dir::Cache=${work}`,
    'APT::Sandbox::User=',
    'Acquire::Check-Valid-Until=false',
  ].flatMap((option) => ['-o', option])
}
