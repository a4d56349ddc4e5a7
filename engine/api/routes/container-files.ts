import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { ContainerConfig, PathStat } from '../../../contract/docker.ts'
import type { FileBackend } from '../backend.ts'
import { clientSignal } from '../client.ts'
import { Query } from '../query.ts'
import * as schemas from '../schemas.ts'
import { requestBody } from '../streams/body.ts'

const STAT_HEADER = 'X-Docker-Container-Path-Stat'

const id = (request: FastifyRequest): string => (request.params as { id: string }).id
const path = (request: FastifyRequest): string => new Query(request.query).required('path')
const encoded = (stat: PathStat): string => Buffer.from(JSON.stringify(stat)).toString('base64')

/** Files and processes of containers. */
export function containerFileRoutes(
  files: FileBackend,
  { closing }: { closing: AbortSignal },
): RouteOptions[] {
  return [
    {
      method: 'POST',
      url: '/commit',
      schema: { body: { ...schemas.containerCreate, type: ['object', 'null'] } },
      handler: async (request, reply) => {
        const query = new Query(request.query)
        const [repo, tag] = [query.text('repo'), query.text('tag')]
        const made = await files.commit(query.required('container'), {
          reference: repo && tag ? `${repo}:${tag}` : repo,
          comment: query.text('comment'),
          author: query.text('author'),
          pause: query.flag('pause', true),
          changes: query.texts('changes'),
          override: request.body as ContainerConfig | null,
          signal: clientSignal(reply, closing),
        })
        return reply.code(201).send(made)
      },
    },
    {
      method: 'GET',
      url: '/ramet/v1/containers/:id/files',
      handler: async (request) => files.list(id(request), path(request)),
    },
    {
      method: 'HEAD',
      url: '/containers/:id/archive',
      handler: async (request, reply) => {
        reply.header(STAT_HEADER, encoded(await files.stat(id(request), path(request))))
        return reply.code(200).send()
      },
    },
    {
      method: 'GET',
      url: '/containers/:id/archive',
      handler: async (request, reply) => {
        const { stat, archive } = await files.read(id(request), path(request))
        reply.raw.setHeader(STAT_HEADER, encoded(stat))
        await sendArchive(reply, archive, 'application/x-tar')
      },
    },
    {
      method: 'GET',
      url: '/containers/:id/export',
      handler: async (request, reply) =>
        sendArchive(reply, await files.export(id(request)), 'application/octet-stream'),
    },
    {
      method: 'GET',
      url: '/containers/:id/changes',
      handler: async (request) => files.changes(id(request)),
    },
    {
      method: 'GET',
      url: '/containers/:id/top',
      handler: async (request) => files.top(id(request), new Query(request.query).text('ps_args') ?? '-ef'),
    },
  ]
}

/** Takes an archive as it comes: its body is not parsed. */
export function archiveUploadRoute(files: FileBackend): RouteOptions {
  return {
    method: 'PUT',
    url: '/containers/:id/archive',
    handler: async (request, reply) => {
      const query = new Query(request.query)
      await files.write(id(request), path(request), requestBody(request.raw), {
        keepsKind: query.flag('noOverwriteDirNonDir'),
        asContainerUser: query.flag('copyUIDGID'),
      })
      return reply.code(200).send()
    },
  }
}

/** What fails after the first byte can only be told by breaking off. */
async function sendArchive(reply: FastifyReply, archive: Readable, type: string): Promise<void> {
  reply.hijack()
  reply.raw.writeHead(200, { 'Content-Type': type })
  await pipeline(archive, reply.raw).catch(() => reply.raw.destroy())
}
