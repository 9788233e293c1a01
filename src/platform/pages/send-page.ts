import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendTagged } from '../http/conditions.js'
import type { Page } from './page-cache.js'
import { contentSecurityPolicy } from './style.js'

/** Answers with a page, or with 304 when the client already has it; both carry the content security policy. */
export async function sendPage (request: FastifyRequest, reply: FastifyReply, { html, etag }: Page): Promise<string> {
  reply.type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy)
  return await sendTagged(request, reply, etag, html)
}
