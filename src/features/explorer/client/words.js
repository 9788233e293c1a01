// @ts-check
/**
 * Every text of the explorer, in English: what the service renders and what its scripts add. Another language is
 * another file with the same members.
 */

/** @param {number} rate a false match rate, such as 0.001 */
export const oneIn = (rate) => `1 in ${Math.round(1 / rate).toLocaleString('en')}`

export const words = {
  language: 'en',
  name: 'Crosswalk',
  api: 'API',
  signIn: {
    title: 'Sign in',
    why:
      'This service asks for an API key. The key is exchanged for a session of one hour; the browser does not keep it.',
    label: 'API key',
    submit: 'Sign in',
    out: 'Sign out',
    signedIn: 'Signed in with the key',
    refused: {
      malformed: 'That is not an API key: expected cw_, twelve digits, an underscore and 43 characters.',
      unknown: 'This service does not know that key.',
      expired: 'That key has expired.',
      revoked: 'That key was revoked.',
      foreign: 'The form was sent from another page. Open this page at its own address and try again.'
    }
  },
  compare: {
    title: 'Are two photographs of the same person?',
    lead:
      'Choose two photographs. Each may be read by another recognition model: the service translates between them and decides.',
    photograph: 'Photograph',
    drop: 'Drop or paste a photograph here',
    kept: 'Photographs are read and forgotten: nothing is stored.',
    choose: 'Choose a file',
    camera: 'Camera',
    shoot: 'Take the photograph',
    cancel: 'Cancel',
    noCamera: 'The browser gives no access to a camera.',
    samples: 'or a sample:',
    sample: 'Sample',
    model: 'Model',
    working: 'Looking for faces…',
    comparing: 'Comparing…',
    face: 'Face',
    of: 'of',
    notShown: 'The browser cannot show this format; the service read it.',
    crop: 'The face as the models see it',
    needsScripts: 'Comparing needs scripts, which this browser does not run. The models and their maps read without.',
    missingScopes: 'The key that you signed in with may not compare photographs: it lacks',
    noModels: 'No model of this service can read photographs.',
    answer: 'Answer',
    nothingYet: 'The answer appears here when both photographs are chosen.',
    match: 'The same person',
    nonMatch: 'Not the same person',
    undecided: 'No decision',
    at: (/** @type {number} */ rate) => `at one false match in ${Math.round(1 / rate).toLocaleString('en')}`,
    meaning: (/** @type {number} */ rate) =>
      `Of ${Math.round(1 / rate).toLocaleString('en')} pairs of strangers, about one would be called the same person.`,
    unsupported: 'The map was measured on too few comparisons for this rate. Choose a higher one.',
    uncalibrated: 'No active map says what scores within this model mean.',
    rates: 'False matches allowed',
    score: 'score',
    threshold: 'threshold',
    strangers: 'different people',
    same: 'the same person',
    ruler: 'Score between the scores of strangers and those of the same person',
    withheld: 'The key that you signed in with is told decisions and no scores.',
    ownSpace: (/** @type {string} */ model) => `Compared in the space of ${model}: both photographs were read by it.`,
    sharedSpace: 'Compared in the space shared by both models of the',
    nativeSpace: (/** @type {string} */ model) => `Compared in the space of ${model}, with the`,
    map: (/** @type {string} */ source, /** @type {string} */ target, /** @type {number} */ version) =>
      `map from ${source} to ${target}, version ${version}`,
    calibratedBy: 'Its thresholds come from the',
    figures: 'Every figure',
    likelihood: 'Log-likelihood ratio (natural)',
    interval: '95 % interval of the false match rate',
    support: 'Support of the threshold',
    guard: 'Templates that do not look like those of their model',
    guardOff: 'not checked',
    matrix: 'This pair of photographs under every model',
    matrixHint: 'Rows read photograph A, columns photograph B. Choose a cell to see that comparison.',
    matrixBudget: (/** @type {number} */ count) =>
      `Compare under every model (${count} comparisons of the budget of your key)`,
    noMap: 'No active map connects these two models.',
    fit: 'How to fit one',
    code: 'The same as a command or a program',
    copy: 'Copy',
    copied: 'Copied',
    largest: 'The largest face of each photograph is compared.',
    problem: 'What this means',
    quality: {
      eyes: (/** @type {number} */ pixels) => `${Math.round(pixels)} pixels between the eyes`,
      small: (/** @type {number} */ pixels, /** @type {number} */ least) =>
        `The face is small: ${
          Math.round(pixels)
        } pixels between the eyes, where at least ${least} are advisable. The answer may be wrong.`,
      outside: (/** @type {number} */ share) =>
        `The face is cut off: ${Math.round(100 * share)} % of it lies outside the photograph. The answer may be wrong.`,
      dark: 'The face is very dark. The answer may be wrong.',
      bright: 'The face is very bright. The answer may be wrong.'
    }
  },
  maps: {
    title: 'Models and maps',
    lead:
      'A map translates templates of one model into the space of another. These are the models that this service knows, and how well each is translated into each.',
    matrix: 'Who is translated into whom',
    terms:
      'In each cell: of 100 pairs of photographs of one person, how many the active map finds when it wrongly accepts one pair of strangers in 1,000 (the TMR at FMR 0.001), and its verdict: u usable, d degraded, x unfit. Rows are the models that templates come from, columns those that they are translated into. A cell opens the card.',
    scale: 'TMR at FMR 0.001',
    none: 'none',
    noneTitle: (/** @type {string} */ source, /** @type {string} */ target) =>
      `no active map from ${source} to ${target}`,
    letters: { usable: 'u', degraded: 'd', unfit: 'x' },
    unmeasured: 'not measured',
    graph: 'The same as a graph',
    graphDescription:
      'A line is an active map, in the direction of its arrow; dashed: composed of two others. A double ring is a hub.',
    models: 'Models',
    modelColumns: ['Model', 'What it is', 'Numbers', 'Reads photographs', 'Licence'],
    yes: 'yes',
    no: 'no, templates only',
    pairs: 'Active maps',
    pairColumns: ['From', 'To', 'Version', 'Verdict', 'Method', ''],
    versions: 'All versions',
    versionsOf: (/** @type {string} */ source, /** @type {string} */ target) => `Versions from ${source} to ${target}`,
    versionColumns: ['Version', 'State', 'Verdict', 'Method', 'Fitted', 'Card'],
    card: 'Card',
    noVersions: 'No map of this pair was ever fitted.',
    activate: 'Activate',
    retire: 'Retire',
    retireSure: 'Retire this map? It never serves again.',
    export: 'Export',
    nothing: 'There is no active map yet.'
  },
  more: (/** @type {number} */ count) => `The first ${count}; the API has the others.`,
  evaluations: {
    title: 'Evaluations',
    lead:
      'An evaluation measures how well templates of several models translate into one another: as a matrix, as a tree of similar models, and by who is a source and who a sink.',
    columns: ['Models', 'Made'],
    none: 'There is no evaluation yet: POST /v1/evaluations makes one.'
  },
  galleries: {
    title: 'Galleries',
    lead:
      'A gallery has templates of enrolled people, of one model or of several. It is searched with photographs read by any of them, and migrated to another model without photographs.',
    missingScope: 'The key that you signed in with may not list galleries: it lacks identify.',
    missingToRead: 'Its name, its counts and searching need a key with the scope identify.',
    nameless: (/** @type {string} */ id) => `Gallery ${id}`,
    none: 'There is no gallery yet.',
    columns: ['Gallery', 'Subjects', 'Templates', 'Made'],
    newName: 'New gallery:',
    create: 'Create',
    subjects: (/** @type {number} */ count) => `${count.toLocaleString('en')} subjects`,
    encrypted: 'encrypted at rest',
    translated: '(translated)',
    empty: 'empty',
    needsScripts: 'Searching, enrolling and migrating here need scripts; the API does without.',
    search: 'Who is this?',
    searchLead: 'A photograph is searched among the templates of all models.',
    searching: 'Searching',
    candidates: 'Candidates',
    candidateColumns: ['Rank', 'Subject', 'Decision', 'Score', 'Threshold', 'Template of'],
    nobody: 'Nobody who is enrolled',
    atFpir: (/** @type {string} */ rate) => `where ${rate} searches for somebody who is not enrolled may name somebody`,
    noThreshold: 'no map of the models has enough comparisons for a threshold.',
    score: 'Score, with the threshold',
    above: 'this person',
    below: 'not enough',
    enrol: 'Enrol',
    enrolLead:
      'The largest face of each photograph is enrolled under the name of its folder, or else of its file. Templates are kept, photographs are not.',
    dropMany: 'Drop photographs or folders here, or',
    enrolled: (/** @type {number} */ count) => `${count.toLocaleString('en')} photographs were enrolled.`,
    showCounts: 'Show the counts',
    migrate: 'Migrate to another model',
    migrateLead:
      'Templates are translated, without photographs. Until the commit the originals are searched, and everything can be rolled back.',
    steps: ['Estimate', 'Translate', 'Look', 'Commit', 'Re-enrol'],
    estimate: 'Estimate',
    start: 'Translate',
    would: (/** @type {number} */ count) => `${count.toLocaleString('en')} templates would be translated.`,
    mapCard: 'The card of the map',
    now: 'TMR of searches across models now',
    after: 'TMR of searches after the migration',
    reenrolled: 'TMR if everybody were re-enrolled',
    own: (/** @type {number} */ subjects) => `TMR within this gallery, ${subjects} subjects, before and after`,
    migration: (
      /** @type {string} */ source,
      /** @type {string} */ target,
      /** @type {string} */ state,
      /** @type {number} */ translated,
      /** @type {number} */ unusable
    ) =>
      `${source} to ${target}: ${state}, ${translated.toLocaleString('en')} templates translated, ${
        unusable.toLocaleString('en')
      } lost because they could not be read.`,
    states: { running: 'translating', ready: 'ready to commit', committed: 'committed', 'rolled-back': 'rolled back' },
    resume: 'Resume',
    commit: 'Commit',
    commitSure: 'Commit? The originals are deleted; this cannot be undone.',
    rollBack: 'Roll back',
    reenrol: 'Whom to re-enrol first',
    reenrolLead: 'Those whose translated templates are the least certain, when they next come by.',
    toReenrol: (/** @type {number} */ count, /** @type {string} */ model) =>
      `${count.toLocaleString('en')} subjects have only translated templates of ${model}.`,
    curve: (/** @type {number} */ share, /** @type {number} */ uncertainty) =>
      `Re-enrolling the first ${Math.round(100 * share)} % removes ${
        Math.round(100 * uncertainty)
      } % of the uncertainty.`,
    curveLabel:
      'Share of the uncertainty that is removed over the share of subjects that are re-enrolled, against random order'
  },
  jobs: {
    title: 'In the making',
    needsScripts: 'Following jobs needs scripts; GET /v1/jobs lists them.',
    none: 'No job is known.',
    columns: ['Job', 'State', 'Progress', 'Asked for', ''],
    kinds: {
      fit: 'Fit of a map',
      hub: 'Fit of a hub',
      evaluation: 'Evaluation',
      migration: 'Migration of a gallery',
      index: 'Index of a gallery'
    },
    states: { queued: 'waiting', running: 'running', succeeded: 'done', failed: 'failed', cancelled: 'cancelled' },
    cancel: 'Cancel',
    result: 'Result'
  },
  fit: {
    title: 'Fit a map on photographs',
    lead:
      'Drop a folder that has one folder of photographs for each person. Every photograph is read by both models; the map is fitted on the pairs and evaluated on people that it was not fitted on. A few hundred photographs are a beginning.',
    drop: 'Drop a folder here, or',
    choose: 'Choose a folder',
    source: 'From',
    target: 'to',
    name: 'Name',
    defaultName: 'Photographs from the explorer',
    activate: 'Let it serve when it is ready',
    submit: 'Fit',
    kept: 'Their templates are kept in a corpus.',
    noPhotographs: 'Choose a folder with photographs first.',
    sameModel: 'Choose two different models.',
    chosen: (/** @type {number} */ photographs, /** @type {number} */ people) =>
      `${photographs.toLocaleString('en')} photographs of ${people.toLocaleString('en')} people`,
    sending: 'Photographs read',
    sent: (/** @type {number} */ done, /** @type {number} */ all, /** @type {number} */ refused) =>
      ` ${done.toLocaleString('en')} of ${all.toLocaleString('en')} photographs read` +
      (refused === 0 ? '' : `, ${refused.toLocaleString('en')} without a usable face`),
    ordered: (/** @type {number} */ count) =>
      `${count.toLocaleString('en')} photographs were read; the map is being fitted.`,
    refused: (/** @type {number} */ count) => `${count.toLocaleString('en')} could not be used:`
  },
  failed: 'The service did not answer. Is it still running?'
}
