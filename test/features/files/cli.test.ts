import assert from 'node:assert/strict'
import { execFile, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { writeBundle } from '../../../src/features/bundles/format.js'
import { generateSigningKey, parseSigningKey } from '../../../src/features/bundles/keys.js'
import { readMap, type MapInFolder } from '../../../src/features/maps/map-files.js'
import { readNpy, writeNpy } from '../../../src/science/template/npy.js'
import { eventually } from '../../support/eventually.js'
import { migrate, randomRows, rawBytes, startMigration } from '../../support/migration-command.js'

describe('crosswalk migrate', () => {
  let folder: string
  let map: MapInFolder
  let input: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-migrate-'))
    map = await readMap(join(projectRoot, 'maps', 'r512-to-dlib128'))
    input = at('small.npy')
    await writeFile(input, writeNpy(randomRows(2500, 512)))
  })
  after(() => rm(folder, { recursive: true }))

  const at = (name: string) => join(folder, name)
  // Rows are random: the guard reports them.
  const pair = ['--from', 'r512', '--to', 'dlib128', '--guard', 'flag']
  const exists = (name: string) => existsSync(at(name))

  test('migrates with the map of the pair, and replaces existing files only with --force', async () => {
    const args = [...pair, '--in', input, '--out', at('out.npy')]
    const tried = await migrate([...args, '--dry-run'])
    assert.equal(tried.code, 0, tried.stderr)
    assert.match(
      tried.stdout,
      new RegExp(
        `map +${map.id}, r512 to dlib128, .*\ncard +usable; TMR at FMR 1e-3 on .*r512 alone 0\\.\\d+, dlib128 alone 0\\.\\d+, translated 0\\.\\d+\ninput +2,500 rows`
      )
    )
    assert.match(tried.stdout, /output +1,280,128 bytes, npy/)
    assert.ok(!exists('out.npy') && !exists('out.npy.partial'))

    const first = await migrate(args)
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, new RegExp(`2,500 rows in .*out\\.npy, with map ${map.id}`))
    assert.match(first.stderr, /100 %, 2,500 of 2,500 rows/)
    const written = await readFile(at('out.npy'))
    const again = await migrate(args)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /out\.npy: expected no such file, found one\. --force replaces it/)
    await writeFile(at('out.npy'), 'something else')
    const forced = await migrate([...args, '--force', '--quiet', '--guard', 'off'])
    assert.deepEqual([forced.code, forced.stderr], [0, ''])
    assert.ok((await readFile(at('out.npy'))).equals(written))
    assert.ok(!exists('out.npy.partial'))
  })

  test('accepts a bundle signed by a trusted key, and no other', async () => {
    const [key, other] = [
      parseSigningKey(generateSigningKey(), 'a key'),
      parseSigningKey(generateSigningKey(), 'another')
    ]
    await mkdir(at('keys'))
    await mkdir(at('no-maps'))
    await writeFile(at('keys/site.pem'), key.publicKey.export({ type: 'spki', format: 'pem' }))
    await writeFile(at('other.pem'), other.publicKey.export({ type: 'spki', format: 'pem' }))
    const bundle = writeBundle(map, key)
    await writeFile(at('map.crosswalk'), bundle)
    const tampered = Buffer.from(bundle)
    tampered[bundle.length >> 1]! ^= 1
    await writeFile(at('tampered.crosswalk'), tampered)
    await cp(join(projectRoot, 'maps', 'r512-to-dlib128'), at('unsigned'), { recursive: true })
    // Nothing but the bundle is there: no maps, no profiles, no database.
    const env = { MAPS_DIR: at('no-maps'), DATA_DIR: at('no-data'), DATABASE_URL: '' }
    const by = async (file: string, ...more: string[]) =>
      await migrate([...pair, '--in', input, '--out', at('signed.npy'), '--map', at(file), ...more], env)

    const refusals: [Awaited<ReturnType<typeof by>>, RegExp][] = [
      [await by('map.crosswalk'), /--trusted: expected the public key that .*map\.crosswalk is signed with/],
      [
        await by('map.crosswalk', '--trusted', at('other.pem')),
        new RegExp(`expected the signature of a trusted key \\(${other.id}\\), received that of ${key.id}`)
      ],
      [await by('tampered.crosswalk', '--trusted', at('keys')), /its bytes were changed/],
      [await by('unsigned'), /which is not signed/],
      [await by('none.crosswalk'), /--map: expected a readable file/],
      [
        await migrate([
          '--from',
          'r512',
          '--to',
          'faceres1024',
          '--in',
          input,
          '--out',
          at('signed.npy'),
          '--map',
          at('map.crosswalk'),
          '--trusted',
          at('keys')
        ], env),
        /from "r512" to "faceres1024", .* is from "r512" to "dlib128"/
      ],
      [
        await migrate([...pair, '--in', input, '--out', at('signed.npy')], env),
        /expected a map from "r512" to "dlib128" in .*no-maps \(MAPS_DIR\), found none/
      ]
    ]
    for (const [{ code, stderr }, message] of refusals) {
      assert.equal(code, 1)
      assert.match(stderr, message)
    }
    assert.ok(!exists('signed.npy') && !exists('signed.npy.partial') && !exists('no-data'))

    const taken = await by('map.crosswalk', '--trusted', at('other.pem'), '--trusted', at('keys'))
    assert.equal(taken.code, 0, taken.stderr)
    assert.match(taken.stderr, new RegExp(`signed by ${key.id}`))
    await migrate([...pair, '--in', input, '--out', at('shipped.npy'), '--map', map.id])
    assert.ok((await readFile(at('signed.npy'))).equals(await readFile(at('shipped.npy'))))
  })

  test('says what it expected of its arguments', async () => {
    const wrong: [string[], RegExp][] = [
      [['--from', 'r512'], /expected --from, --to, --in and --out/],
      [[...pair, '--in', input, '--out', at('x.csv')], /--out-format/],
      [[...pair, '--in', at('x.ndjson'), '--out', at('x.npy')], /--index: required with npy from ndjson/],
      [
        [...pair, '--in', input, '--out', at('x.f32'), '--on-bad', 'skip'],
        /--index: required with --on-bad skip, since rows move up/
      ],
      [
        [...pair, '--in', input, '--out', at('x.f32'), '--on-bad', 'zero'],
        /--on-bad: expected one of stop, skip, received "zero"/
      ],
      [[...pair, '--in', input, '--out', at('x.f32'), '--checkpoint', 'often'], /--checkpoint: expected seconds/],
      [['--nonsense'], /crosswalk migrate --from A/]
    ]
    for (const [args, message] of wrong) {
      const { code, stderr } = await migrate(args)
      assert.equal(code, 2)
      assert.match(stderr, message)
    }
  })

  test('templates that are not those of the model stop it with a code of their own, and nothing is left', async () => {
    const from = (
      guard: string[],
      ...more: string[]
    ) => ['--from', 'r512', '--to', 'dlib128', ...guard, '--in', at('far.npy'), '--out', at('far.out.npy'), ...more]
    const far = randomRows(5000, 512)
    // The last rows alone are far from where faces lie.
    const near = await readFile(join(projectRoot, 'samples', 'templates.npy')).then(readNpy)
    for (let row = 0; row < far.rows; row++) {
      const own = row < 4500 ? near.data.subarray(row % near.rows * 512, (row % near.rows + 1) * 512) : undefined
      for (let j = 0; j < 512; j++) far.data[row * 512 + j] = own === undefined ? 1 + far.data[row * 512 + j]! : own[j]!
    }
    await writeFile(at('far.npy'), writeNpy(far))
    const stopped = await migrate(from([], '--checkpoint', '0'))
    assert.equal(stopped.code, 4, stopped.stderr)
    assert.match(stopped.stderr, /far\.npy: up to row \d+: .*Nothing was kept\. --guard flag goes on all the same/)
    assert.ok(!exists('far.out.npy') && !exists('far.out.npy.partial'))
    const told = await migrate(from(['--guard', 'flag']))
    assert.deepEqual([told.code, /warning: up to row/.test(told.stderr)], [0, true], told.stderr)
  })

  test('templates that nothing can judge stop it too', async () => {
    const pairOfExamples = ['--from', 'example-a', '--to', 'example-b', '--map', '00000000-0000-4000-8000-0000000000a0']
    await writeFile(at('short.npy'), writeNpy(randomRows(20, 4)))
    const args = [...pairOfExamples, '--in', at('short.npy'), '--out', at('short.out.npy')]
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await migrate([...args, ...more])
      assert.equal(code, 4, stderr)
      assert.match(stderr, /no profile of the source model, so nothing tells whether .* --guard flag goes on/)
      assert.ok(!exists('short.out.npy') && !exists('short.out.npy.partial'))
    }
    for (const guard of ['flag', 'off']) {
      assert.equal((await migrate([...args, '--force', '--guard', guard])).code, 0)
    }
  })

  test('skipped rows have an exit code of their own', async () => {
    const rows = randomRows(10, 512)
    rows.data[3 * 512] = Infinity
    await writeFile(at('bad.f32'), rawBytes(rows))
    const args = [...pair, '--in', at('bad.f32'), '--out', at('bad.ndjson')]
    const stopped = await migrate(args)
    assert.equal(stopped.code, 1)
    assert.match(stopped.stderr, /bad\.f32: row 3: expected finite/)
    const skipped = await migrate([...args, '--on-bad', 'skip'])
    assert.equal(skipped.code, 5, skipped.stderr)
    assert.match(skipped.stdout, /9 rows in .*\n1 rows left out, see .*bad\.ndjson\.bad\.ndjson/)
  })

  describe('a long file', () => {
    const rows = 60_000
    let long: string
    let whole: Buffer
    before(async () => {
      long = at('long.npy')
      const templates = randomRows(rows, 512)
      await writeFile(long, writeNpy(templates))
      const { code, stderr } = await migrate([...pair, '--in', long, '--out', at('whole.npy'), '--index'])
      assert.equal(code, 0, stderr)
      whole = await readFile(at('whole.npy'))
    })

    const progressOf = async (name: string): Promise<number> =>
      await readFile(at(`${name}.partial/journal.json`), 'utf8').then(text => JSON.parse(text).progress.rows, () => 0)
    /** Waits until a migration has come further than it was, or has ended. */
    const untilProgress = async (name: string, child: ChildProcess, before = 0) => {
      await eventually(
        `${name} to have more than ${before} rows`,
        async () => child.exitCode === null ? await progressOf(name) : Infinity,
        rows => rows > before,
        { interval: 1 }
      )
    }

    test('is complete, byte for byte, however often it was killed', async () => {
      const args = [...pair, '--in', long, '--out', at('killed.npy'), '--index', '--checkpoint', '0']
      const reached: number[] = []
      for (let kill = 0; kill < 5; kill++) {
        const { child, ended } = startMigration(args)
        const before = await progressOf('killed.npy')
        await untilProgress('killed.npy', child, before)
        // At another point of a chunk each time.
        await delay(kill * 3)
        child.kill('SIGKILL')
        assert.equal((await ended).code, null)
        reached.push(await progressOf('killed.npy'))
        assert.ok(!exists('killed.npy'))
      }
      assert.ok(reached.every((done, kill) => done > (reached[kill - 1] ?? 0) && done < rows), reached.join(', '))
      // What was written after the last checkpoint, or in part, is written over.
      const partial = await open(at('killed.npy.partial/rows'), 'a')
      await partial.write(Buffer.alloc(1000, 0xff))
      await partial.close()
      const { code, stdout, stderr } = await migrate(args)
      assert.equal(code, 0, stderr)
      assert.match(
        stdout,
        new RegExp(`of which ${reached.at(-1)!.toLocaleString('en-US')} were read by an earlier run`)
      )
      assert.ok((await readFile(at('killed.npy'))).equals(whole))
      assert.ok((await readFile(at('killed.npy.index.ndjson'))).equals(await readFile(at('whole.npy.index.ndjson'))))
      assert.deepEqual((await readdir(folder)).filter(name => name.startsWith('killed')).sort(), [
        'killed.npy',
        'killed.npy.index.ndjson'
      ])
    })

    test('a kill between two renames is repaired by the next run', async () => {
      const args = [...pair, '--in', long, '--out', at('named.npy'), '--index', '--checkpoint', '0']
      const { child, ended } = startMigration(args)
      await untilProgress('named.npy', child)
      child.kill('SIGTERM')
      assert.equal((await ended).code, 143)
      // As the last steps leave it: everything is written, and one of the files has its name.
      const path = at('named.npy.partial/journal.json')
      const journal = JSON.parse(await readFile(path, 'utf8'))
      const index = await readFile(at('whole.npy.index.ndjson'))
      await writeFile(
        path,
        JSON.stringify({
          ...journal,
          complete: true,
          progress: {
            ...journal.progress,
            rows,
            input: { rows, bytes: 0 },
            bytes: { rows: whole.length, index: index.length, bad: 0 }
          }
        })
      )
      await copyFile(at('whole.npy'), at('named.npy.partial/rows'))
      await rm(at('named.npy.partial/index'))
      await writeFile(at('named.npy.index.ndjson'), index)
      assert.equal((await migrate(args)).code, 0)
      assert.ok((await readFile(at('named.npy'))).equals(whole))
      assert.deepEqual((await readdir(folder)).filter(name => name.startsWith('named')).sort(), [
        'named.npy',
        'named.npy.index.ndjson'
      ])
    })

    test('a signal stops it where it can resume; a second process is refused meanwhile', async () => {
      const args = [...pair, '--in', long, '--out', at('interrupted.npy'), '--checkpoint', '0']
      const { child, ended } = startMigration(args)
      await untilProgress('interrupted.npy', child)
      child.kill('SIGSTOP')
      const second = await migrate(args)
      assert.equal(second.code, 1)
      assert.match(second.stderr, /interrupted\.npy\.partial is in use by .*Let it finish/)
      child.kill('SIGCONT')
      child.kill('SIGINT')
      const { code, stderr } = await ended
      assert.equal(code, 130, stderr)
      assert.match(stderr, /stopped after [\d,]+ rows; run the same command again/)
      assert.equal((await migrate(args)).code, 0)
      assert.ok((await readFile(at('interrupted.npy'))).equals(whole))
    })

    test('a full disk is reported, and nothing is lost once there is room', async t => {
      const run = promisify(execFile)
      if (await run('unshare', ['-rm', 'true']).then(() => false, () => true)) {
        return t.skip('no mount of its own is permitted here')
      }
      const [small, saved] = [at('small-disk'), at('saved')]
      await mkdir(small)
      await mkdir(saved)
      const script =
        'mount -t tmpfs -o size=10m none "$1" && small=$1 saved=$2 && shift 2 && "$@"; code=$?; cp -a "$small/." "$saved/"; exit $code'
      const failed = await run('unshare', [
        '-rm',
        'bash',
        '-c',
        script,
        'bash',
        small,
        saved,
        process.execPath,
        ...programOf('src/cli'),
        'migrate',
        ...pair,
        '--in',
        long,
        '--out',
        join(small, 'out.npy'),
        '--checkpoint',
        '0'
      ], { cwd: projectRoot }).then(() => undefined, (error: { code: number, stderr: string }) => error)
      assert.equal(failed?.code, 1)
      assert.match(failed.stderr, /the disk is full \(ENOSPC\): free some space[^]*safe in .*out\.npy\.partial/)
      const { code, stdout, stderr } = await migrate([...pair, '--in', long, '--out', join(saved, 'out.npy')])
      assert.equal(code, 0, stderr)
      assert.match(stdout, /were read by an earlier run/)
      assert.ok((await readFile(join(saved, 'out.npy'))).equals(whole))
    })

    test('takes no more memory than a short file', async t => {
      if (!existsSync('/proc/self/status')) return t.skip('resident memory is read in /proc')
      const peak = async (file: string) => {
        const { child, ended } = startMigration([...pair, '--in', file, '--out', at('memory.f32'), '--force'])
        let most = 0
        while (child.exitCode === null) {
          const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
          most = Math.max(most, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1000)
          await delay(5)
        }
        assert.equal((await ended).code, 0)
        return most
      }
      // Five times what the long one is: 0.6 GB in, 0.15 GB out.
      const content = (await readFile(long)).subarray(128)
      const handle = await open(at('longest.f32'), 'w')
      for (let copy = 0; copy < 5; copy++) await handle.write(content)
      await handle.close()
      await writeFile(at('short.f32'), content.subarray(0, 10_000 * 2048))
      const [short, longest] = [await peak(at('short.f32')), await peak(at('longest.f32'))]
      assert.ok(longest - short < 150, `${short} MB for 10,000 rows, ${longest} MB for ${5 * rows}`)
      t.diagnostic(`${short} MB for 10,000 rows, ${longest} MB for ${5 * rows}`)
      await rm(at('longest.f32'))
    })
  })
})
