import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'

/** A body of bytes. */
export const binary = (type: string) => ({
  content: { [type]: { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) } }
})

/** How an operation documents a file that it answers. */
export const attachment = (description: string, type: string) => ({
  description,
  headers: { 'content-disposition': { type: 'string', description: 'A name for the file.' } },
  ...binary(type)
})

/** Answers a file, to be kept under a name. */
export const sendAttachment = (reply: FastifyReply, type: string, name: string, bytes: Buffer) =>
  reply.type(type).header('content-disposition', `attachment; filename="${name}"`).send(bytes)
