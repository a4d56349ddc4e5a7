import type { Command } from 'commander'
import type { ImageDeleteItem, ImageHistoryItem, ImageSummary } from '../../contract/docker-images.ts'
import { EngineError } from '../../contract/errors.ts'
import { pathOf, shortId, splitReference, withTag } from '../../contract/names.ts'
import type { EngineClient } from '../api/client.ts'
import { showProgress, type ProgressTarget } from '../api/progress.ts'
import { diskSize } from '../format/bytes.ts'
import { json, table } from '../format/table.ts'
import { ago } from '../format/time.ts'
import { interruption } from '../interrupt.ts'
import { many } from '../parse/many.ts'
import { openArchive, refuseTerminal, writeArchive } from './archive-file.ts'
import { each, engine, filters, print } from './common.ts'

export function addImages(program: Command): void {
  program
    .command('pull <image>')
    .description('fetch an image from its registry')
    .option('-q, --quiet', 'print the name only')
    .option('--platform <platform>', 'for example linux/amd64')
    .action(async (image: string, { quiet, platform }: { quiet?: boolean; platform?: string }) => {
      if (!quiet && withTag(image) !== image) print('Using default tag: latest\n')
      await pullImage(await engine(), image, quiet ? undefined : process.stdout, { platform })
      print(`${withTag(image)}\n`)
    })
  program
    .command('push <image>')
    .description('send an image to the registry in its name')
    .option('-a, --all-tags', 'all tags of the repository')
    .option('-q, --quiet', 'print the name only')
    .action(push)
  program
    .command('load')
    .description('load images from a docker or OCI archive')
    .option('-i, --input <file>', 'the archive; standard input without it')
    .option('-q, --quiet', 'print the names only')
    .action(load)
  program
    .command('save <images...>')
    .description('write images to an archive that load, docker and skopeo read')
    .option('-o, --output <file>', 'the archive; standard output without it')
    .action(save)
  program
    .command('images [reference]')
    .description('list images')
    .option('-a, --all', 'accepted for compatibility: all are shown')
    .option('-q, --quiet', 'print ids only')
    .option('--no-trunc', 'print whole ids')
    .addOption(many('-f, --filter <NAME=VALUE>', 'label, reference, dangling'))
    .option('--json', 'print JSON')
    .action(list)
  program
    .command('history <image>')
    .description('show how an image was built')
    .option('-q, --quiet', 'print ids only')
    .option('--no-trunc', 'print whole ids and commands')
    .option('--json', 'print JSON')
    .action(history)
  program
    .command('tag <image> <name>')
    .description('give an image another name')
    .action(async (image: string, name: string) => {
      const { repo, tag } = splitReference(name)
      await (await engine()).call('POST', `/images/${pathOf(image)}/tag`, { query: { repo, tag } })
    })
  program
    .command('rmi <images...>')
    .description('remove images')
    .option('-f, --force', 'even where containers were made from them')
    .action(async (images: string[], { force }: { force?: boolean }) => {
      const client = await engine()
      await each(images, async (image) => {
        const removed = await client.call<ImageDeleteItem[]>('DELETE', `/images/${pathOf(image)}`, {
          query: { force },
        })
        const lines = removed!.map((item) => ('Untagged' in item ? `Untagged: ${item.Untagged}` : `Deleted: ${item.Deleted}`)) // prettier-ignore
        return lines.join('\n')
      })
    })
}

/** Pulls, with progress where a target is given. Rejects with what the registry or the engine refused. */
export async function pullImage(
  client: EngineClient,
  image: string,
  target?: ProgressTarget,
  { platform, signal = interruption }: { platform?: string; signal?: AbortSignal } = {},
): Promise<void> {
  const { repo, tag } = splitReference(withTag(image))
  const query = { fromImage: repo, tag, platform }
  await showProgress(await client.stream('POST', '/images/create', { query, signal }), target)
}

async function load({ input, quiet }: { input?: string; quiet?: boolean }): Promise<void> {
  const body = await openArchive(input)
  const client = await engine()
  const answer = await client.stream('POST', '/images/load', { query: { quiet }, body })
  await showProgress(answer, process.stdout, { results: quiet || !process.stdout.isTTY })
}

async function push(
  image: string,
  { allTags, quiet }: { allTags?: boolean; quiet?: boolean },
): Promise<void> {
  const { repo, tag } = splitReference(image)
  if (allTags && tag) {
    throw new EngineError('INVALID_ARGUMENT', `--all-tags pushes every tag: give the name without :${tag}`)
  }
  const query = { tag: allTags ? undefined : tag || 'latest' }
  const answer = await (await engine()).stream('POST', `/images/${pathOf(repo)}/push`, { query })
  await showProgress(answer, quiet ? undefined : process.stdout)
  if (quiet) print(`${allTags ? repo : withTag(image)}\n`)
}

async function save(images: string[], { output }: { output?: string }): Promise<void> {
  refuseTerminal(output)
  const archive = await (await engine()).stream('GET', '/images/get', { query: { names: images } })
  await writeArchive(archive, output)
}

interface ListFlags {
  quiet?: boolean
  trunc: boolean
  filter: string[]
  json?: boolean
}

async function list(reference: string | undefined, flags: ListFlags): Promise<void> {
  const words = reference ? [...flags.filter, `reference=${reference}`] : flags.filter
  const images = await (await engine()).get<ImageSummary[]>('/images/json', { filters: filters(words) })
  if (flags.json) return print(json(images))
  const id = (image: ImageSummary): string => (flags.trunc ? shortId(image.Id) : image.Id)
  if (flags.quiet) return print(images.map((image) => `${id(image)}\n`).join(''))
  const rows = images.flatMap((image) =>
    (image.RepoTags.length > 0 ? image.RepoTags : ['<none>:<none>']).map((name) => {
      const { repo, tag } = splitReference(name)
      return [repo, tag, id(image), ago(image.Created), diskSize(image.Size)]
    }),
  )
  print(table(['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'], rows))
}

const COMMAND_WIDTH = 45

async function history(image: string, flags: Omit<ListFlags, 'filter'>): Promise<void> {
  const steps = await (await engine()).get<ImageHistoryItem[]>(`/images/${pathOf(image)}/history`)
  if (flags.json) return print(json(steps))
  const id = ({ Id }: ImageHistoryItem): string => (flags.trunc ? shortId(Id) : Id)
  if (flags.quiet) return print(steps.map((step) => `${id(step)}\n`).join(''))
  const command = ({ CreatedBy }: ImageHistoryItem): string => {
    const line = CreatedBy.replace(/\s+/g, ' ')
    return flags.trunc && line.length > COMMAND_WIDTH ? `${line.slice(0, COMMAND_WIDTH - 1)}…` : line
  }
  const rows = steps.map((step) => [id(step), ago(step.Created), command(step), diskSize(step.Size), step.Comment]) // prettier-ignore
  print(table(['IMAGE', 'CREATED', 'CREATED BY', 'SIZE', 'COMMENT'], rows))
}
