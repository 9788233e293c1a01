import { UsageError } from './command-line.js'

interface Completed {
  readonly word: string
  /** what it does, in a few words without a quote */
  readonly does: string
}

/** A script that lets a shell complete the commands of `crosswalk`, and files after them. @throws UsageError */
export function completionScript (shell: string | undefined, commands: readonly Completed[]): string {
  const words = commands.map(({ word }) => word).join(' ')
  switch (shell) {
    case 'bash':
      return `_crosswalk () {
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W '${words} completion --help --version' -- "\${COMP_WORDS[1]}")); fi
}
complete -o default -F _crosswalk crosswalk
`
    case 'zsh':
      return `#compdef crosswalk
_crosswalk () {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map(({ word, does }) => `'${word}:${does}'`).join(' ')})
    _describe command commands
  else
    _files
  fi
}
compdef _crosswalk crosswalk
`
    case 'fish':
      return commands.map(({ word, does }) =>
        `complete -c crosswalk -n __fish_use_subcommand -a ${word} -d '${does}'\n`
      ).join('')
    default:
      throw new UsageError(`completion: expected bash, zsh or fish, received ${shell ?? 'nothing'}`)
  }
}
