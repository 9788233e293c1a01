import type { RowMemory } from '../../engines/threads/row-memory.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { Space } from '../../science/template/space.js'

/** Templates of an end, and what names each. */
interface Rows {
  /** (n) */
  readonly ids: readonly string[]
  /** (n, d) */
  readonly templates: TemplateMatrix
}

/** A row whose template is none, such as NaN or of another length. */
export interface BadRow {
  readonly id: string
  readonly reason: string
}

/** Rows in memory of their own, which whoever translates them may keep. */
export interface Page extends Rows {
  readonly bad: readonly BadRow[]
  /** where the next page begins */
  readonly cursor: string
}

/** A page with its templates translated. */
export type Batch = Page

/** Translates a page. @throws when the guard or a row that is no template stops the run */
export type Translate = (page: Page) => Promise<Batch>

/** How far a run has come. */
export interface Progress {
  /** undefined before the first page */
  readonly cursor: string | undefined
  /** rows that the scan has passed */
  readonly rows: number
  /** whether the translated templates serve already */
  readonly swapped: boolean
}

/** Counts of one moment at which nobody writes. */
export interface Proof {
  readonly rows: number
  /** with a template of the source and one of the target */
  readonly translated: number
  /** without any template */
  readonly empty: number
  /** whose template is none, and which the run was told to leave out */
  readonly leftOut: number
  /** with a template of the source and none of the target, or the other way round; 0 proves the run */
  readonly missing: number
  /** of the names of all translated rows, whatever their order */
  readonly digest: string
}

/** Which templates these are. */
export type TemplateKind = Pick<Space, 'model' | 'fingerprint' | 'dimension'>

/** What is translated into what. A run is resumed only when all of it is the same. */
export interface Task {
  readonly map: string
  readonly numbersSha256: string
  readonly source: TemplateKind
  readonly target: TemplateKind
  /** rows of a page */
  readonly pageRows: number
}

/** Where templates live: a table, a file or a collection whose templates are replaced. */
export interface End {
  /** Rows there are, about. */
  readonly rows: number
  /** what is replaced, such as `faces.embedding` */
  readonly name: string
  /** where the templates before are after the swap */
  readonly kept: string
  /** what a user may do once they are dropped */
  readonly afterFinish: string | undefined
  /** What a run would do, a line each. @param dimension that templates will have @param source that they have now */
  plan(dimension: number, source: number): string[]
  /** @param force whether triggers may run @throws StartupError when replacing templates would do more than that */
  check(target: Pick<Space, 'dimension' | 'model'>, force: boolean): void
  /** @param memory for the templates of pages, and where it goes back to once they are written */
  migration(task: Task, memory?: RowMemory): Migration
  /** Brings back what was before, at any time until `finish`. @param force although rows have come that it lacks */
  undo(force: boolean): Promise<void>
  /** Drops what `undo` needs. */
  finish(): Promise<void>
}

/** The migration of an end. Whatever is called may be called again after the process was killed in it. */
export interface Migration {
  /** Rows there are, about. */
  readonly rows: number
  /** Some rows from all over the end, for the guard. */
  sample(count: number): Promise<Page>
  /** The rows of these names that there are. */
  named(ids: readonly string[]): Promise<Page>
  /** How far an earlier run came; undefined without one. @throws StartupError when that was another migration */
  progress(): Promise<Progress | undefined>
  /** Makes the place for translated templates, once. */
  prepare(): Promise<void>
  /** The page after a cursor; undefined when there is none. */
  scan(after: string | undefined): Promise<Page | undefined>
  /**
   * Stores translated templates, and the cursor with them. It may be called for the next page before it is done: that
   * cursor is not stored before this one.
   * @param earlier the writing of the pages before
   */
  write(batch: Batch, earlier: Promise<void>): Promise<void>
  /** Translates some rows that changed since they were scanned. @returns how many there were */
  catchUp(translate: Translate): Promise<number>
  /** Builds what makes the translated templates as fast to search as the others. */
  index(say: (line: string) => void): Promise<void>
  /**
   * Translates the last rows that changed, proves that none is missing, and makes the translated templates serve, all
   * while nobody else writes.
   * @throws StartupError when a row is missing; nothing is changed then
   */
  swap(translate: Translate): Promise<Proof>
  /** Rows with their templates of both models, from all over the end, once swapped. */
  compare(count: number): Promise<{ readonly before: Page, readonly after: TemplateMatrix }>
}
