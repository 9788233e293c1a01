/**
 * Whether a template of gallery $1 serves, as the view `serving_templates` defines it. The gallery is a parameter in
 * every part, where the view has a column of the outer query: a cluster of databases then knows that one node has all
 * that the statement needs.
 *
 * @param alias of the templates, with fingerprint, ordinal and migration_id
 */
export const serves = (alias: string): string =>
  `((${alias}.migration_id IS NULL
     OR EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = $1 AND m.id = ${alias}.migration_id AND m.state = 'committed'))
   AND NOT EXISTS (SELECT FROM gallery_migrations m
                   WHERE m.gallery_id = $1 AND m.state = 'committed' AND m.source_fingerprint = ${alias}.fingerprint AND ${alias}.ordinal <= m.committed_position))`

/** The serving templates of gallery $1, to select from. */
export const servingTemplates = `(SELECT k.* FROM gallery_templates k WHERE k.gallery_id = $1 AND ${serves('k')})`
