import type { JSX } from 'preact'

/** Text with `code` between backquotes. */
export const Prose = ({ text }: { text: string }): JSX.Element => (
  <>{text.split('`').map((part, i) => i % 2 === 0 ? part : <code key={i}>{part}</code>)}</>
)
