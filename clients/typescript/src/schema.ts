// Made from openapi/openapi.json by `npm run clients`.

export interface paths {
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics for Prometheus
         * @description Callers who may not know exact scores do not see the histogram of scores, nor how much they have drifted.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Check that the process is alive */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Check that the service is ready
         * @description The service is ready when the database answers, its migrations are those of this version, changes of maps by other replicas are applied, the models are loaded and warm, and admitted work finishes within its time limit. After the shutdown signal it is not ready, but still serves requests.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read about a problem and its remedy */
        get: operations["getProblem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the jobs
         * @description The jobs of the same API key, or all with the scope `admin`. Jobs that have ended are kept for 30 days.
         */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a job */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /**
         * Cancel a job
         * @description The replica that runs it stops within moments. What the job has made stays. Repeating the call changes nothing.
         */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow a job
         * @description Server-sent events: `progress` at once and on every change of the job, then `succeeded`, `failed` or `cancelled`, after
         *     which the stream ends. The data of each event is the job as `GET /v1/jobs/{id}` returns it. Any replica can serve the stream.
         *     It also ends when the replica shuts down, when the key is no longer valid, and after ten minutes: resume with
         *     `Last-Event-ID`, as `EventSource` does by itself. A caller that has already seen the end gets 204, after which
         *     `EventSource` does not reconnect. A connection carries one stream, and an API key may have at most 100.
         */
        get: operations["followJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/embeddings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Embed the faces in an image
         * @description Nothing is stored. A model whose output for a face is not a valid template (norm zero, NaN, infinity) is listed in its `unusable`. If no face has any template, the answer is 422 `template-missing`. The example is a small drawing.
         */
        post: operations["embedImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/translations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Translate templates into the space of another model
         * @description Nothing is stored. `Content-Type` and `Accept` are independent of each other: JSON with numbers or base64, NumPy's .npy of
         *     shape (n, d), or rows of little-endian float32. Numbers are written with nine digits, which parse to the same float32.
         *     A binary body holds templates of one model, named in the query string. A binary answer names the map in the header
         *     `Crosswalk-Map` and the guard's findings in `Crosswalk-Guard` (RFC 8941: `checked` and `flagged` count templates). The guard
         *     judges at most 50 templates per model; larger batches are sampled evenly.
         *
         *     With binary input and output, a request may be larger than memory: rows are translated as they arrive, in chunks of about
         *     4 MiB, and the answer begins after the second chunk. Read it while you send, as curl does; a client that sends everything
         *     first should send at most one chunk at once. `Crosswalk-Guard` is then a trailer, and judges 50 templates per chunk. An invalid row in
         *     the first two chunks is answered with 422; after that the connection is closed before the end of the answer, which clients
         *     report as incomplete. The same holds for a map that is retired meanwhile, with 409 `map-retired`: once the retirement is
         *     acknowledged, no further chunk is translated. A map that is replaced completes the requests that it has begun.
         */
        post: operations["translateTemplates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/verifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify a probe against a reference
         * @description Decides whether both are of the same person. Each side is a template of any model, or an image. Templates of two models are
         *     compared in the space that was chosen by cross-validation when the active map between them was fitted. The threshold comes
         *     from the non-mated comparisons of the map's held-out identities; if these are too few for the false match rate, there is no
         *     decision, and the answer says so. A side may have templates of several models, and an active ensemble weighs their comparisons;
         *     `probe` and `reference` then name the first, and `map` and `calibration` are null. Two photographs can be sent as a form: `curl -F probe=@a.jpg -F reference=@b.jpg -F fmr=0.001`. Nothing is stored. The call counts as one template in the budget of an API key, or as many as templates of both sides are compared.
         */
        post: operations["verify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/comparisons": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare many probes with many references
         * @description Every probe is compared with every reference, in the comparison space and with the score of a verification. The answer
         *     is a matrix of N rows, one per probe, and M columns, one per reference. Each side has templates of one model. JSON names the
         *     models in the templates. A form has the files `probes` and `references`, each an .npy file or rows of little-endian float32,
         *     and the query string names their models. A binary body has rows of one model, which are compared with one another, as are
         *     probes without references.
         *
         *     The request is read completely before anything is computed. The answer is JSON, .npy of shape (N, M), or rows of
         *     little-endian float32, depending on `Accept`. It may be larger than memory: it is computed in blocks of 1 MiB as it is read,
         *     so a slow reader slows the computation down. If a block fails, or the map is retired meanwhile, the connection is closed
         *     before the end of the answer, which clients report as incomplete. Binary answers carry in headers what JSON has beside the
         *     scores: `Crosswalk-Map`, `Crosswalk-Threshold` and `Crosswalk-Guard` (RFC 8941). The guard judges at most 50 templates per side;
         *     larger batches are sampled evenly.
         *
         *     Every score counts as one template in the budget of an API key. A key that is told coarse scores sees those of matches, and null
         *     (NaN in binary) elsewhere; a key that is told decisions only is refused. Nothing is stored.
         */
        post: operations["compareTemplates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the maps */
        get: operations["listMaps"];
        put?: never;
        /**
         * Fit a map
         * @description Fits a map, evaluates and calibrates it by cross-fitting over identities, or on a held-out share, and stores it with its card as
         *     `fitted`. It serves once it is activated. The answer comes when the fit is done: after seconds, or minutes for large corpora.
         *     With an `Idempotency-Key` the call can be repeated after a lost connection. With `Prefer: respond-async` the answer comes at
         *     once, and is a job; this requires a corpus. With `activate` the map serves as soon as it is stored, or when the job ends,
         *     unless its card says `unfit` or the API key has been revoked by then.
         */
        post: operations["fitMap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a map with its card
         * @description `/v1/maps/{id}/card` has the card as a page with plots.
         */
        get: operations["getMap"];
        put?: never;
        post?: never;
        /**
         * Retire a map
         * @description It never serves again. Its card stays readable.
         */
        delete: operations["retireMap"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/card": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the card of a map as a page
         * @description The verdict and its evidence: tables, and plots of the detection error trade-off, the scores, the cumulative match
         *     characteristic and the learning curve. A self-contained document without scripts, for light and dark screens and for print.
         *     Programs use `/v1/maps/{id}`.
         */
        get: operations["getMapCard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/refit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ask whether to fit a map again
         * @description For a corpus that grows while the map serves: compares the people that it has pairs of with those that the map was fitted on,
         *     and extrapolates the learning curve of the card. Nothing is fitted. When it is suggested, `POST /v1/maps` with the corpus fits
         *     a map, whose card has the active one beside it, measured on the same people (`shadow`); nothing serves until somebody
         *     activates it.
         */
        get: operations["adviseRefit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Activate a map
         * @description It becomes the active map of its directed pair. The previous one becomes `fitted` again, and can be reactivated.
         */
        post: operations["activateMap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/onnx": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a map as an ONNX graph
         * @description One graph that normalises, applies the map and normalises again, of standard operators (operator set 17): `templates` (n, d) float32 to `translated` or `projected` (n, k). Its metadata name the map, both spaces and the thresholds of the comparison. It has the calibration that is active. Anyone who has the numbers of a map can translate without permission, hence the scope.
         */
        get: operations["downloadMapOnnx"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/onnx/signature": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the signature of an ONNX graph
         * @description Ed25519 (RFC 8032) over the bytes of the file, 64 bytes, with the key that signs bundles. The same map gives the same file. `crosswalk verify-bundle FILE` checks it, and so does `openssl pkeyutl -verify -rawin`.
         */
        get: operations["downloadMapOnnxSignature"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/safetensors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download a map as safetensors
         * @description The numbers of the map and of both sides of its comparison space, float32, in one file; its metadata say how they are applied. It has the calibration that is active. Anyone who has the numbers of a map can translate without permission, hence the scope.
         */
        get: operations["downloadMapSafetensors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/safetensors/signature": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Download the signature of a safetensors file
         * @description Ed25519 (RFC 8032) over the bytes of the file, 64 bytes, with the key that signs bundles. The same map gives the same file. `crosswalk verify-bundle FILE` checks it, and so does `openssl pkeyutl -verify -rawin`.
         */
        get: operations["downloadMapSafetensorsSignature"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export a map
         * @description The map with its card, calibration, comparison space and the guard's profiles of its models, signed by this service. A service that trusts its key accepts it at `POST /v1/maps/import`; `crosswalk verify-bundle` checks it without a service. Anyone who has the numbers of a map can translate without permission, hence the scope.
         */
        get: operations["exportMap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import a map
         * @description The body is a file from `GET /v1/maps/{id}/bundle`. Its content is read only after its signature is verified with a trusted key (`TRUSTED_KEYS_DIR`, and the key of this service). The map keeps its id and is stored as `fitted`: read its card, then activate it. Both models must be registered here with the same fingerprints.
         *
         *     To try it, download [a bundle of the example spaces](/v1/maps/import/example) and choose it below.
         */
        post: operations["importMap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the evaluations */
        get: operations["listEvaluations"];
        put?: never;
        /**
         * Evaluate several models on a corpus
         * @description Fits a map for every ordered pair of models on the training identities and measures all of them on the held-out ones:
         *     the cross-model matrix before and after alignment, on different images and, as in the paper, on the same image too; a
         *     dendrogram of the models; which of them are sources and which sinks; and how the figures change on another corpus.
         *     `analyses` adds whether the models encode identity alike. The maps are not kept. The answer comes when that is done, about a minute for five models and 10,000 samples. With an
         *     `Idempotency-Key` the call can be repeated after a lost connection. With `Prefer: respond-async` the answer comes at once, and
         *     is a job. `/v1/evaluations/{id}/page` has the evaluation as a page.
         */
        post: operations["evaluateModels"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an evaluation */
        get: operations["getEvaluation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/evaluations/{id}/page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read an evaluation as a page
         * @description Heat maps before and after alignment, the dendrogram, sources and sinks, the analyses, and tables. A self-contained document without
         *     scripts, for light and dark screens and for print.
         */
        get: operations["getEvaluationPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ensembles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the ensembles */
        get: operations["listEnsembles"];
        put?: never;
        /**
         * Fit an ensemble of models
         * @description A probe and a reference may each have templates of several models. Every template of one is compared with every template of
         *     the other, those of one model by their cosine, those of two in the comparison space of the active map between them, and the
         *     score is a weighted sum. Fits the weights, thresholds and likelihood ratios for every choice of templates on either side, so
         *     that some may be missing, by cross-fitting over identities. The answer comes when the fit is done: after seconds for two models,
         *     a minute or two for three. It serves once it is activated, and only as long as its maps do.
         */
        post: operations["fitEnsemble"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ensembles/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an ensemble */
        get: operations["getEnsemble"];
        put?: never;
        post?: never;
        /**
         * Retire an ensemble
         * @description It never serves again. One template a side is compared as before.
         */
        delete: operations["retireEnsemble"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ensembles/{id}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Activate an ensemble
         * @description Several templates a side are compared by it from the answer on, on every replica. The previous ensemble of the same models becomes `fitted` again, and can be reactivated.
         */
        post: operations["activateEnsemble"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the models */
        get: operations["listModels"];
        put?: never;
        /**
         * Register a template-only model
         * @description For a model without a graph, such as a vendor's black box. Repeating a registration changes nothing. Models with a graph come from the operator's models folder, never over HTTP. Preconditions apply to the model that the body names: with `If-None-Match: *` the call only creates.
         */
        post: operations["registerModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a model */
        get: operations["getModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{id}/self-test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Test whether a model makes the templates that it made before
         * @description Embeds images of nobody (canaries) on this replica and compares their templates with the expected ones. A changed runtime, decoder, detector, preprocessing or graph is found before templates are written that no map fits. The same test runs at the start for the default model, and for others before their first image.
         */
        get: operations["testModel"];
        put?: never;
        /**
         * Test a model that runs elsewhere by templates that it made
         * @description For a model without a graph here, and for one that also runs in a device. Keep a few images, send what the model makes of them after every change around it, and read whether these are the templates of the first time. What is stored of a template are 32 random projections of it. Of an image with a new name they are recorded, unless another one of the request tells that the model has changed.
         */
        post: operations["testOwnTemplates"];
        /**
         * Forget the recorded templates of canaries
         * @description The next test records new ones. Do this when what was recorded was wrong. A model that makes other templates on purpose is another model: give it another id. What ships with the service stays.
         */
        delete: operations["forgetCanaries"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/hubs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create one space for several models
         * @description Fits a space on the training identities by generalised canonical correlation analysis, registers it as a template-only
         *     model, and adds its templates to the corpus. Then fit maps from each model to the hub and back with `POST /v1/maps` on that
         *     corpus, and compose them with the method `composition`: 2 N fits serve N (N - 1) pairs, and the card of each composition
         *     says what it loses against a direct map. Repeating the call changes nothing. With `Prefer: respond-async` the answer comes
         *     at once, and is a job.
         */
        post: operations["createHub"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/calibrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the calibrations of a map */
        get: operations["listMapCalibrations"];
        put?: never;
        /**
         * Calibrate a map from the caller's own templates
         * @description Fits nothing: the map stays as it is. Thresholds come from the comparisons of different people among these templates, which
         *     take no labels; likelihood ratios from people with several images, where there are such, and else from the card. It takes
         *     templates of 20 people under either model, not necessarily the same. Nothing decides by the calibration until it is
         *     activated. The templates are not stored.
         */
        post: operations["calibrateMap"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/calibrations/{calibration}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a calibration of a map */
        get: operations["getMapCalibration"];
        put?: never;
        post?: never;
        /**
         * Retire a calibration of a map
         * @description It never serves again; the calibration of the card holds, until another one is activated.
         */
        delete: operations["retireMapCalibration"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/maps/{id}/calibrations/{calibration}/activate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Activate a calibration of a map
         * @description Verifications, comparisons and identifications by this map decide by it from the answer on, on every replica. The previous one becomes `stored` again, and can be reactivated.
         */
        post: operations["activateMapCalibration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corpora": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the corpora */
        get: operations["listCorpora"];
        put?: never;
        /** Create a corpus */
        post: operations["createCorpus"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corpora/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a corpus */
        get: operations["getCorpus"];
        put?: never;
        post?: never;
        /**
         * Delete a corpus with its templates
         * @description Maps that were fitted on it are kept.
         */
        delete: operations["deleteCorpus"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corpora/{id}/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete the samples of one person from a corpus
         * @description Deletes all samples of the identity with their templates, or nothing if it fails. Maps that were fitted on them are kept; they hold no templates. The audit records the counts, not the name. Repeating the call deletes nothing more and answers with zeros.
         */
        delete: operations["deleteIdentity"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corpora/{id}/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add templates of one model to a corpus
         * @description Stores all templates or none. The body is JSON; NDJSON with one template per line; or a form with an .npy file of shape (n, d) in `templates` and a CSV file (RFC 4180) in `samples`, with the header `sample,identity` or `sample,identity,group` and one record per row. An upload can be repeated.
         */
        post: operations["addTemplates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/corpora/{id}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Embed an image into a corpus
         * @description The largest face is embedded with every named model, and the templates are stored; the image is not. With `combine=mean` several images of one person give one sample.
         */
        post: operations["addImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the galleries */
        get: operations["listGalleries"];
        put?: never;
        /** Create a gallery */
        post: operations["createGallery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a gallery */
        get: operations["getGallery"];
        put?: never;
        post?: never;
        /**
         * Delete a gallery with its subjects and templates
         * @description It is gone for every caller at once. The audit records how much it held.
         */
        delete: operations["deleteGallery"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enrol templates of one model
         * @description As JSON; as NDJSON, each line of the same form; or as a form with a CSV file in `subjects` followed by `templates`, an .npy
         *     file of shape (n, d) or rows of little-endian float32. The CSV file has the header `subject`, `subject,reference` or
         *     `subject,reference,quality` and one record per template (RFC 4180: fields may be quoted). Lines and rows are enrolled as they
         *     arrive, in parts of about 4 MiB of numbers, each in whole or not at all. After an invalid one nothing more is enrolled, and the
         *     problem tells how many are. Sending them again changes nothing.
         *
         *     A subject is created with its first template. A native template replaces a translated one of the same name.
         */
        post: operations["enrolTemplates"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enrol a subject from an image
         * @description Embeds the largest face with every named model and stores the templates, not the image. Their quality is the detection score. With `combine=mean` several images of one person give one template of each model.
         */
        post: operations["enrolImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/subjects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the subjects of a gallery */
        get: operations["listSubjects"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/subjects/{subject}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a subject */
        get: operations["getSubject"];
        /**
         * Replace a subject
         * @description The subject then has exactly these templates and these attributes. The change is made as a whole or not at all. With `If-None-Match: *` it only creates; with `If-Match` it only replaces what the caller has seen.
         */
        put: operations["replaceSubject"];
        post?: never;
        /**
         * Delete a subject with its templates
         * @description All templates, both translated ones and their originals. Searches that begin after the answer do not find the subject, on any replica. The audit records the counts, not the name.
         */
        delete: operations["deleteSubject"];
        options?: never;
        head?: never;
        /**
         * Change attributes and qualities of a subject
         * @description A JSON merge patch (RFC 7396): members that are not named stay, and null removes. Templates are not changed. The patch is applied as a whole or not at all.
         */
        patch: operations["changeSubject"];
        trace?: never;
    };
    "/v1/galleries/{id}/subjects/{subject}/templates/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete templates of a subject under one model
         * @description Deletes the template that `reference` names, or all of the model, and what an open migration has translated them to.
         *     A subject is deleted with its last template, as it was created with its first. Searches that begin after the answer do not
         *     find them, on any replica.
         */
        delete: operations["deleteSubjectTemplate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/identifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Search a gallery for the subjects of probes
         * @description Nothing is stored. A probe is compared with every template of the gallery, native or translated, of its own model or another;
         *     each group is compared in the comparison space of its map, and candidates of different groups are ordered by log-likelihood
         *     ratio. The threshold bounds the probability of finding a person who is not enrolled in a gallery of this size by `fpir`: the
         *     false match rates of all comparisons add up to no more. A subject below the threshold is still a candidate, marked as such;
         *     `"belowThreshold": false` leaves it out.
         *
         *     Probes times `candidates` is at most 100000. An answer of more than a thousand candidates is streamed: if a failure
         *     cuts it off, its JSON is incomplete, and clients report it as such. Concurrent searches take turns, some probes of each.
         *
         *     A photograph can be sent as a form: `curl -F image=@a.jpg -F candidates=5`. Each probe, and each template of `sets`, counts as one template in the budget of an API key. What a key is told of scores is fixed when it is issued.
         */
        post: operations["identify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/migrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the migrations of a gallery */
        get: operations["listMigrations"];
        put?: never;
        /**
         * Migrate a gallery to another model, without photographs
         * @description A job translates all templates of the source; follow it at `/v1/jobs/{id}/events`. The originals stay, and are searched
         *     as before, until the migration is committed. With `dryRun` nothing changes: the answer estimates what would be lost, from
         *     the card of the map and from subjects of this gallery with several templates. A subject that has a native template of the
         *     target keeps it. The map must be active; for a dry run it may be fitted. Once it is retired or replaced, the migration
         *     cannot continue.
         */
        post: operations["migrateGallery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/migrations/{migration}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the progress of a migration */
        get: operations["getMigration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/migrations/{migration}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a migration whose job was cancelled or failed
         * @description If a job of the migration has not ended, it continues and is the answer. This includes the job of a killed process, which another process takes over when its lease expires.
         */
        post: operations["resumeMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/migrations/{migration}/commit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Commit a migration
         * @description The translated templates serve instead of their originals: at once, for every search that begins after the answer, on any replica. Templates enrolled since the migration was ready are translated first. The originals are deleted; this cannot be undone.
         */
        post: operations["commitMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/migrations/{migration}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll back a migration
         * @description Deletes what it has translated and ends its job if that still runs. The originals are searched as before.
         */
        post: operations["rollBackMigration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/indexes/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Index a gallery for probes of a model
         * @description A job builds it with pgvector (HNSW, half precision), or in the Qdrant that the operator has configured; searches add
         *     what is enrolled later. An index is for large galleries: exact searches are fast enough for up to some hundred thousand
         *     templates. Without either, and for galleries whose templates are encrypted, there is no index and searches are exact.
         */
        put: operations["indexGallery"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/indexes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the indexes of a gallery */
        get: operations["listIndexes"];
        put?: never;
        post?: never;
        /**
         * Delete the indexes of a gallery
         * @description The templates stay; searches are exact from then on.
         */
        delete: operations["deleteIndexes"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/galleries/{id}/reenrolments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List whom to re-enrol first
         * @description Subjects that have only translated templates of a model, the most uncertain first: re-enrol them when they next come by.
         *     The list exists once a migration has translated, even before it is committed. A subject leaves it with its first native
         *     template of the model.
         */
        get: operations["listReenrolments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the API keys */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Issue an API key
         * @description The key is shown in this answer only. There is no `Idempotency-Key`, because a repetition could not show the key again. If the answer is lost, issue another key and revoke the lost one, which the list shows as never used.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description The key is refused from now on and stays in the list. Repeating the call changes nothing.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit
         * @description Decisions and changes, oldest first; never a template. `hash` is the SHA-256 of the 32 bytes of `previous` (the hash of the previous record) followed by the record as canonical JSON (RFC 8785), which is how it is returned: docs/audit.md computes it in a few lines. Keep a copy of `head` elsewhere from time to time, so that a rewritten chain is noticed. With `request`, the answer is the receipt of one request, for instance of an erasure.
         */
        get: operations["listAuditRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An error (RFC 9457). Some codes add members, such as `maps` (maps that could help), `waiting` (fitted maps that would help once activated) and `routes` (pairs of maps that can be composed into one). */
        Problem: {
            /** @description A URI reference that identifies the kind of problem. */
            type: string;
            /** @description The kind of problem, the same for every occurrence. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            /**
             * @description A stable code to branch on.
             * @enum {string}
             */
            code: "request-invalid" | "body-invalid" | "key-missing" | "key-invalid" | "scope-missing" | "pair-forbidden" | "scores-withheld" | "bundle-untrusted" | "origin-refused" | "route-unknown" | "model-unknown" | "corpus-unknown" | "map-unknown" | "calibration-unknown" | "ensemble-unknown" | "gallery-unknown" | "subject-unknown" | "template-unknown" | "migration-unknown" | "evaluation-unknown" | "job-unknown" | "api-key-unknown" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "fingerprint-mismatch" | "map-missing" | "migration-open" | "migration-not-ready" | "migration-ended" | "gallery-loading" | "index-unavailable" | "calibration-missing" | "threshold-unsupported" | "map-exists" | "map-retired" | "calibration-retired" | "ensemble-retired" | "ensemble-missing" | "map-not-activated" | "model-exists" | "template-exists" | "idempotency-conflict" | "model-cannot-embed" | "job-ended" | "signing-key-missing" | "precondition-failed" | "body-too-large" | "image-too-large" | "media-type-unsupported" | "image-unsupported" | "images-differ" | "image-damaged" | "face-missing" | "face-unclear" | "quality-low" | "template-missing" | "answer-too-large" | "bundle-invalid" | "template-invalid" | "template-foreign" | "pairs-insufficient" | "pairs-one-sided" | "pairs-rank-deficient" | "headers-too-large" | "rate-limited" | "budget-exhausted" | "jobs-exhausted" | "caller-left" | "job-abandoned" | "integrity-failed" | "internal" | "unavailable" | "database-timeout" | "overloaded";
            /** @description Where it happened, what was expected and what was received. */
            detail: string;
            /** @description Id of the request in the logs. */
            requestId: string;
        } & {
            [key: string]: unknown;
        };
        /** @description A face template: exactly one of `vector` and `data`. It need not be normalised. */
        Template: components["schemas"]["TemplateWithVector"] | components["schemas"]["TemplateWithData"];
        /** @description An API key, without its secret. */
        ApiKey: {
            id: string;
            /** @description The first part of the key, `cw_<prefix>_…`, to recognise it by. */
            prefix: string;
            name: string;
            /** @description What the key may do. No scope includes another. */
            scopes: ("embed" | "translate" | "verify" | "enrol" | "identify" | "fit" | "admin")[];
            /** @description The pairs of models whose templates the key may translate (in this direction) and compare (in either); null for all. */
            translatePairs: components["schemas"]["ApiKeyTranslatePair"][] | null;
            /** @description Maximum number of templates translated or compared per UTC day; null for no limit. */
            templatesPerDay: number | null;
            /** @description Templates translated or compared so far this UTC day; counted only with a budget. */
            templatesToday: number;
            /** @description Maximum requests per minute and replica; null for the limit that the service is configured with. */
            requestsPerMinute: number | null;
            /** @description Whether `translatePairs` and `templatesPerDay` apply to comparisons too. False for keys issued by versions in which they did not: replace those that may verify or identify. */
            limitsComparisons: boolean;
            /**
             * @description How much the key sees of comparison scores.
             * @enum {string}
             */
            scores: "exact" | "coarse" | "none";
            /** Format: date-time */
            createdAt: string;
            /** @description When the key expires; null for never. */
            expiresAt: string | null;
            /** @description When the key was revoked; null if it was not. */
            revokedAt: string | null;
            /** @description When the key was last used, up to a minute behind; null for never. */
            lastUsedAt: string | null;
        };
        IssuedApiKey: {
            /** @description The key itself, shown only here: the service stores a hash. */
            key: string;
            id: string;
            /** @description The first part of the key, `cw_<prefix>_…`, to recognise it by. */
            prefix: string;
            name: string;
            /** @description What the key may do. No scope includes another. */
            scopes: ("embed" | "translate" | "verify" | "enrol" | "identify" | "fit" | "admin")[];
            /** @description The pairs of models whose templates the key may translate (in this direction) and compare (in either); null for all. */
            translatePairs: components["schemas"]["ApiKeyTranslatePair"][] | null;
            /** @description Maximum number of templates translated or compared per UTC day; null for no limit. */
            templatesPerDay: number | null;
            /** @description Templates translated or compared so far this UTC day; counted only with a budget. */
            templatesToday: number;
            /** @description Maximum requests per minute and replica; null for the limit that the service is configured with. */
            requestsPerMinute: number | null;
            /** @description Whether `translatePairs` and `templatesPerDay` apply to comparisons too. False for keys issued by versions in which they did not: replace those that may verify or identify. */
            limitsComparisons: boolean;
            /**
             * @description How much the key sees of comparison scores.
             * @enum {string}
             */
            scores: "exact" | "coarse" | "none";
            /** Format: date-time */
            createdAt: string;
            /** @description When the key expires; null for never. */
            expiresAt: string | null;
            /** @description When the key was revoked; null if it was not. */
            revokedAt: string | null;
            /** @description When the key was last used, up to a minute behind; null for never. */
            lastUsedAt: string | null;
        };
        AuditRecord: {
            seq: number;
            /**
             * @description Format of the text that is hashed: 2 is canonical JSON (RFC 8785). Absent in older records, whose text has its members in the order of the answer.
             * @enum {number}
             */
            version?: 2;
            /** Format: date-time */
            at: string;
            /** @description Id of the request, as in `X-Request-Id` of its answer and in the log. */
            request: string;
            /** @description The key of the caller; null if none was given where none is required. */
            key: components["schemas"]["AuditRecordKey"] | null;
            /** @description `operationId` in this document. */
            operation: string;
            /**
             * @description Changes and streamed answers are recorded before they begin and when they end, other calls when they end. A call that became a job is `accepted` in between.
             * @enum {string}
             */
            phase: "begun" | "accepted" | "ended";
            /** @description Parameters of the address. */
            params?: {
                [key: string]: string;
            };
            /** @description Length of the body, if the request states it. */
            bytes?: number;
            models?: string[];
            maps?: string[];
            templates?: number;
            /** @description Scores of a matrix: of an answer that streamed, those that left. */
            comparisons?: number;
            /** @description Probes of an identification that had a candidate above the threshold. */
            identified?: number;
            /** @description What a deletion removed. */
            deleted?: components["schemas"]["AuditRecordDeleted"];
            decision?: ("match" | "non-match") | null;
            status?: number;
            /** @description Code of the problem in the answer. */
            problem?: string;
            /** @description Address of the resource that was created. */
            made?: string;
            /** @description Id of the job that ended. */
            job?: string;
            /**
             * @description How the job ended.
             * @enum {string}
             */
            outcome?: "succeeded" | "failed" | "cancelled";
            /** @description Whether a streamed answer was sent to its end. False for any other answer whose caller closed the connection first. */
            complete?: boolean;
        };
        MapReference: {
            /** @description Id of a map. */
            id: string;
            /** @description Number of the map within its directed pair, from 1. */
            version: number;
            /** @description Model of the source space. */
            source: string;
            /** @description Model of the target space. */
            target: string;
        };
        CalibrationReference: {
            /** @description Id of a calibration of a map. */
            id: string;
            /** @description Number of the calibration within its map, from 1. */
            version: number;
        };
        /** @description Null stands for what the data cannot tell */
        Metrics: {
            /** @description Comparisons of different identities */
            nonMatedComparisons: number;
            /** @description Comparisons of different images of one identity; no image against itself */
            matedComparisons: number;
            /** @description Identities with at least two images */
            matedIdentities: number;
            /** @description From FMR 1e-1 to 1e-6 */
            operatingPoints: components["schemas"]["OperatingPoint"][];
            /** @description Equal error rate, identities weighing the same */
            eer: number | null;
            /** @description Share of probes whose best reference is another image of the same identity, the probe's own image excluded; identities weighing the same */
            rank1: number | null;
            /** @description As the paper has it: the gallery holds the probe's own image, probes weigh the same. Null within one space, where it says nothing */
            rank1SameImage: number | null;
            /** @description Detection error trade-off, from FMR 0.5 down to the lowest that the comparisons support, six points a decade */
            det?: components["schemas"]["DetPoint"][];
            /** @description Null without comparisons */
            scores?: components["schemas"]["ScoreHistogram"] | null;
            /** @description Identification of every image among the others. Ties count against the probe */
            identification?: components["schemas"]["MetricsIdentification"];
        };
        /** @description Where to put the threshold of one comparison space, for a wanted false match rate */
        Calibration: {
            /** @description Comparisons of different identities that the thresholds come from */
            nonMatedComparisons: number;
            /** @description Comparisons of different images of one identity */
            matedComparisons: number;
            /** @description Held-out identities among which the comparisons were made */
            identities: number;
            /** @description Thresholds from FMR 0.1 downwards, 20 per decade, as far as the comparisons support them (FMR >= 3 / nonMatedComparisons, and at least 1e-6) */
            grid: components["schemas"]["CalibrationPoint"][];
            /** @description Model of the upper tail of the non-mated scores, which extrapolates to one decade below the lowest rate of the grid */
            tail?: components["schemas"]["TailModel"];
            /** @description Natural-log likelihood ratio of a score: slope * score + offset; mated comparisons so weighted that identities count the same */
            likelihoodRatio?: components["schemas"]["LikelihoodRatio"];
        };
        /** @description How a map was fitted, on what, and how well it does */
        Card: {
            /** @description Version of this schema. Version 1 has no `verdict`, `baselines`, `learningCurve` and `groups`, and no `det`, `scores` and `identification` in its metrics */
            schemaVersion: 1 | 2;
            /** @description Whether to verify across the two models by this map */
            verdict?: components["schemas"]["CardVerdict"];
            /** @description How the map was made: by one of the estimators, or of two other maps */
            method: "procrustes" | "linear" | "ridge" | "low-rank-ridge" | "dual" | "composition";
            /** @description Parameters of the method */
            parameters: components["schemas"]["CardParameters"];
            selection: components["schemas"]["CardSelection"];
            /** @description Seed of the split, the folds and the bootstrap */
            seed: number;
            /** @description What the map was fitted and evaluated on */
            pairs: components["schemas"]["CardPairs"];
            /** @description How the pairs were divided, by identity, to fit and to evaluate */
            split: components["schemas"]["CardSplit"];
            /** @description On held-out pairs: translated source templates against target templates; each model against itself; translated source templates against each other, absent from older cards; and source against target without a map, the shorter padded with zeros */
            evaluation: components["schemas"]["CardEvaluation"];
            /** @description Thresholds from held-out identities: of translated source against target templates in the target space, of each space alone, and of translated source templates against each other, which is how a migrated gallery is searched with probes of its old model; the last is absent from older cards */
            calibration: components["schemas"]["CardCalibration"];
            /** @description What the map has to be compared with, on the same held-out pairs */
            baselines?: components["schemas"]["CardBaselines"];
            /** @description How the map depends on the number of pairs */
            learningCurve?: components["schemas"]["CardLearningCurve"];
            /** @description Null when no held-out image carries a group label */
            groups?: components["schemas"]["CardGroups"] | null;
            /** @description Where templates of the two models are compared */
            comparison?: components["schemas"]["CardComparison"];
            /** @description Of a composition of two maps */
            composition?: components["schemas"]["CardComposition"];
            /** @description Absent when no map of the pair was active. What served is measured on the people that evaluated this map, whose own figures come from folds that have not seen them */
            shadow?: components["schemas"]["CardShadow"];
            /** @description Mean cosine of a translated template and the true target template of the same image, on held-out pairs */
            fidelity: number;
            /** @description What a reader should know before trusting the figures */
            warnings: string[];
        };
        MapSummary: {
            /** @description Id of a map. */
            id: string;
            /** @description Number of the map within its directed pair, from 1. */
            version: number;
            source: components["schemas"]["MapSide"];
            target: components["schemas"]["MapSide"];
            /** @description The estimator used. */
            method: string;
            /** @description Hyperparameters of the estimator. */
            parameters: {
                [key: string]: unknown;
            };
            /** @description Seed of the split and of every other random draw. */
            seed: number;
            /** @description The corpus that the map was fitted on, if it is still stored. */
            corpusId: string | null;
            /** @description SHA-256 of the pairs that the map was fitted on. */
            corpusHash: string;
            /** @description SHA-256 of the numbers of the map. */
            sha256: string;
            /**
             * @description At most one map of a directed pair is active and serves; a retired map never serves again.
             * @enum {string}
             */
            state: "fitted" | "active" | "retired";
            /** Format: date-time */
            createdAt: string;
            /** @description When the map was last activated. */
            activatedAt: string | null;
            /** @description When the map was retired. */
            retiredAt: string | null;
        };
        /** @description A map and its card. Only the state can change. */
        AffineMap: {
            /** @description Id of a map. */
            id: string;
            /** @description Number of the map within its directed pair, from 1. */
            version: number;
            source: components["schemas"]["MapSide"];
            target: components["schemas"]["MapSide"];
            /** @description The estimator used. */
            method: string;
            /** @description Hyperparameters of the estimator. */
            parameters: {
                [key: string]: unknown;
            };
            /** @description Seed of the split and of every other random draw. */
            seed: number;
            /** @description The corpus that the map was fitted on, if it is still stored. */
            corpusId: string | null;
            /** @description SHA-256 of the pairs that the map was fitted on. */
            corpusHash: string;
            /** @description SHA-256 of the numbers of the map. */
            sha256: string;
            /**
             * @description At most one map of a directed pair is active and serves; a retired map never serves again.
             * @enum {string}
             */
            state: "fitted" | "active" | "retired";
            /** Format: date-time */
            createdAt: string;
            /** @description When the map was last activated. */
            activatedAt: string | null;
            /** @description When the map was retired. */
            retiredAt: string | null;
            card: components["schemas"]["Card"];
        };
        /** @description The space in which the score was computed. For two models it was chosen by cross-validation when the map was fitted; the card says why. */
        ComparisonSpace: {
            /**
             * @description `own` space of both templates, the native space of the map's `target` or `source`, a space `shared` by both, or several of these `fused` by an ensemble.
             * @enum {string}
             */
            kind: "own" | "target" | "source" | "shared" | "fused";
            /** @description The model whose native space it is; null for a shared one. */
            model: string | null;
            /** @description Shrinkage of the covariances that whiten the space; null when it is not whitened. */
            whitening: number | null;
            /**
             * @description Whether scores are normalised by the mean and covariance of the templates the map was fitted on.
             * @enum {string}
             */
            normalisation: "none" | "cohort";
            dimension: number;
        };
        /** @description Whether the templates look like those of the models they name; null when the guard is off. */
        BatchGuard: components["schemas"]["GuardReport"] | null;
        /** @description Whether the templates look like those of the models they name; null when the guard is off. */
        ComparisonGuard: components["schemas"]["ComparisonGuardDetails"] | null;
        Comparison: {
            probe: components["schemas"]["SpaceReference"];
            reference: components["schemas"]["SpaceReference"];
            comparisonSpace: components["schemas"]["ComparisonSpace"];
            /** @description The map that defines the comparison space; null when both sides are of one space. */
            map: components["schemas"]["MapReference"] | null;
            /** @description The false match rate of the threshold: the requested one, but at most 0.001 for a key that is not told exact scores. */
            fmr: number;
            /** @description The lowest score that matches at the false match rate; null when the calibration does not support it. */
            threshold: number | null;
            /**
             * @description As in a verification.
             * @enum {string}
             */
            support: "measured" | "extrapolated" | "unsupported";
            /** @description 95 % interval of the false match rate at the threshold; null when not measured. */
            interval: components["schemas"]["CalibrationPointInterval"] | null;
            guard: components["schemas"]["SidesGuard"] | null;
            /** @description One row per probe, with its score against each reference in single precision; null where the key is not told it. */
            scores: (number | null)[][];
        };
        /** @description Training data: samples with templates under one or more models. The pairs for two models are their join, by sample or by identity. */
        Corpus: {
            id: string;
            name: string;
            /**
             * @description `image`: templates of one sample under two models are a pair. `identity`: a pair is a template of a person under one model and a template of the same person, from another image, under the other.
             * @enum {string}
             */
            pairing: "image" | "identity";
            /** Format: date-time */
            createdAt: string;
            /** @description Number of samples with templates. */
            samples: number;
            /** @description Number of named identities. */
            identities: number;
            /** @description Number of samples whose label rests on a verification or search. */
            fromVerification: number;
            /** @description Number of templates per space. */
            templates: components["schemas"]["CorpusTemplate"][];
        };
        Embedding: {
            /** @description Width of the upright image, in pixels. */
            width: number;
            /** @description Height of the upright image, in pixels. */
            height: number;
            /** @description Number of faces found in the image. With `faces=largest` the image is searched no further than needed for one. */
            facesFound: number;
            /** @description How many of them have no template because eyes, nose and mouth could not be told. */
            facesUnclear: number;
            /** @description How many of them are not in `faces` because their quality is beyond a limit. */
            facesRefused: number;
            /** @description How many more are not in `faces`: all others with `faces=largest`, those beyond the 64 largest with `faces=all`. */
            facesOmitted: number;
            /** @description Area of the largest face that is not in `faces`, in areas of the first that is; null when there is none. Near 1, the image shows two people as large as one another. */
            largestOmitted: number | null;
            /** @description Largest first. */
            faces: components["schemas"]["EmbeddingFace"][];
        };
        /** @description Whether a model makes the templates that it made before. */
        SelfTest: {
            /**
             * @description `passed`: the template is the expected one. `recorded`: nothing was known of this image; the template is expected from now on. `changed`: another template than expected, which no map and no threshold fits. `untested`: nothing is expected. Of the model, the worst of its canaries.
             * @enum {string}
             */
            state: "untested" | "passed" | "recorded" | "changed";
            /** Format: date-time */
            testedAt: string;
            /**
             * @description Whether the expected templates came with the service, or were recorded by the first test of the space.
             * @enum {string}
             */
            expected: "shipped" | "recorded";
            canaries: components["schemas"]["SelfTestCanary"][];
        };
        /** @description How an ensemble was fitted, on what, and how well it works */
        EnsembleCard: {
            /** @enum {number} */
            schemaVersion: 1;
            /** @description Seed of the folds and of every other random draw */
            seed: number;
            /** @description SHA-256 of the samples with a template under every model */
            corpusHash: string;
            /** @description Samples with a template under every model */
            samples: number;
            /** @description Samples among them that were compared, drawn by identity */
            compared: number;
            /** @description Identities among the samples */
            identities: number;
            /** @description Folds of identities: each is scored by what the others gave */
            folds: number;
            /** @description Compared samples whose label is in doubt; neither weights nor thresholds come from them */
            doubtful: number;
            /** @description Where templates of two models are compared; those of one model are compared by their cosine */
            spaces: components["schemas"]["EnsembleCardSpace"][];
            /** @description Every choice of templates that a probe and a reference may have, with more than one on either side */
            combinations: components["schemas"]["EnsembleCardCombination"][];
            /** @description What a reader should know before trusting the figures */
            warnings: string[];
        };
        /** @description How templates of several models are compared together. Only its state can change. */
        Ensemble: {
            /** @description Id of an ensemble. */
            id: string;
            /** @description Number of the ensemble among those of its models, from 1. */
            version: number;
            /** @description Its models, by name. */
            models: string[];
            /**
             * @description At most one ensemble of the same models is active; a retired one never serves again.
             * @enum {string}
             */
            state: "fitted" | "active" | "retired";
            /** @description Whether it is active and all of its maps are: what was weighed and calibrated with one map does not hold with another. */
            serving: boolean;
            /** @description The corpus that it was fitted on, if it is still stored. */
            corpusId: string | null;
            /** Format: date-time */
            createdAt: string;
            activatedAt: string | null;
            retiredAt: string | null;
            card: components["schemas"]["EnsembleCard"];
        };
        /** @description A long-running operation, requested with `Prefer: respond-async`. */
        Job: {
            /** @description Id of a job. */
            id: string;
            /** @enum {string} */
            kind: "fit" | "hub" | "evaluation" | "migration" | "index";
            /** @enum {string} */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            progress: components["schemas"]["JobProgress"];
            /** @description How often it was started: more than once if a process ended before the job did. */
            attempts: number;
            /** Format: date-time */
            createdAt: string;
            /** @description When it was first started. */
            startedAt: string | null;
            /** @description When it succeeded, failed or was cancelled. */
            endedAt: string | null;
            /** @description Address of its result, once it has succeeded. */
            result: string | null;
            /** @description Why it failed: the problem that the synchronous call would have returned. */
            problem: components["schemas"]["Problem"] | null;
        };
        /** @description The data of one event of the stream: the job as it is now. The event is `progress`, `succeeded`, `failed` or `cancelled`, and its `id` is for `Last-Event-ID`. */
        JobEvent: components["schemas"]["Job"];
        /** @description Null stands for what the data cannot tell */
        EvaluationCell: {
            /**
             * @description `unsupported` when there are fewer than 3 / FMR non-mated comparisons; the rates at the FMR are then null
             * @enum {string}
             */
            support: "measured" | "unsupported";
            /** @description Cosine at or above which a comparison matches */
            threshold: number | null;
            /** @description True match rate on different images, identities weighing the same */
            tmr: number | null;
            /** @description 95 % interval of the TMR, by bootstrap over identities */
            interval: components["schemas"]["Interval"] | null;
            /** @description The same, mated comparisons weighing the same */
            tmrPooled: number | null;
            /** @description As tmrPooled, with every image under one model compared with itself under the other too. Null within one space, where it says nothing */
            tmrSameImage: number | null;
            /** @description Equal error rate on different images, identities weighing the same */
            eer: number | null;
            /** @description Share of probes whose best reference is another image of the same identity; the gallery is all other images; identities weigh the same */
            rank1: number | null;
            /** @description As the paper has it: the gallery holds the probe's own image, probes weigh the same. Null within one space */
            rank1SameImage: number | null;
        };
        CrossModelMatrix: {
            /** @description Images that were compared, all with all */
            samples: number;
            /** @description Persons on them */
            identities: number;
            /** @description Persons with two images or more, which the rates on different images rest on */
            matedIdentities: number;
            /** @description Comparisons of different persons under two models; under one there are half as many */
            nonMatedComparisons: number;
            /** @description The diagonal: every model against itself */
            alone: components["schemas"]["CrossModelMatrixAlone"][];
            /** @description Every ordered pair of models, by rows of the matrix */
            pairs: components["schemas"]["CrossModelMatrixPair"][];
        };
        /** @description Figures on one set of images. */
        EvaluationReport: {
            matrix: components["schemas"]["CrossModelMatrix"];
            /** @description Of the models, by how well they are translated into one another: the distance is 1 - the mean TMR of both directions after alignment. Null when a TMR is unknown */
            clustering: components["schemas"]["EvaluationReportClustering"] | null;
            /** @description After alignment */
            asymmetry: components["schemas"]["EvaluationReportAsymmetry"][];
        };
        /** @description Whether the models encode identity alike, as far as it was asked for */
        EvaluationAnalyses: {
            similarity?: components["schemas"]["EvaluationAnalysesSimilarity"];
            families?: components["schemas"]["EvaluationAnalysesFamilies"];
            /** @description True match rate by number of fitting identities, with the estimator of the evaluation */
            dataEfficiency?: components["schemas"]["EvaluationAnalysesDataEfficiency"];
            /** @description How far the penalty of ridge regression matters */
            ridgeSensitivity?: components["schemas"]["EvaluationAnalysesRidgeSensitivity"];
            /** @description Whether a map of more capacity does better. Penalties and share are chosen for both on a fifth of the training identities */
            quadratic?: components["schemas"]["EvaluationAnalysesQuadratic"];
        };
        EvaluationSummary: {
            /** @description Id of an evaluation. */
            id: string;
            /** @description The corpus that the maps were fitted and tested on; null once it is deleted. */
            corpusId: string | null;
            /** @description SHA-256 of its samples with templates under all models. */
            corpusHash: string;
            /** @description The other corpus that they were tested on; null without one, and once it is deleted. */
            testCorpusId: string | null;
            /** @description The same for the test corpus; null without one. */
            testCorpusHash: string | null;
            /** @description The request, with every default filled in. */
            request: components["schemas"]["EvaluationSummaryRequest"];
            /** Format: date-time */
            createdAt: string;
        };
        /** @description An evaluation. It never changes. */
        Evaluation: {
            /** @description Id of an evaluation. */
            id: string;
            /** @description The corpus that the maps were fitted and tested on; null once it is deleted. */
            corpusId: string | null;
            /** @description SHA-256 of its samples with templates under all models. */
            corpusHash: string;
            /** @description The other corpus that they were tested on; null without one, and once it is deleted. */
            testCorpusId: string | null;
            /** @description The same for the test corpus; null without one. */
            testCorpusHash: string | null;
            /** @description The request, with every default filled in. */
            request: components["schemas"]["EvaluationSummaryRequest"];
            /** Format: date-time */
            createdAt: string;
            result: components["schemas"]["EvaluationResult"];
        };
        /** @description Subjects with templates of one or more models, to search with probes. */
        Gallery: {
            id: string;
            name: string;
            /** @description Whether its templates are encrypted at rest. If so, they are searched in memory, without an index in the database. */
            encrypted: boolean;
            /** @description How many parts its subjects are divided into; 1 unless it is to spread over nodes. */
            shards: number;
            /** Format: date-time */
            createdAt: string;
            /** @description Number of subjects. */
            subjects: number;
            /** @description Number of searched templates of each model and provenance. */
            templates: components["schemas"]["GalleryTemplate"][];
            /** @description Templates among them that this replica has found invalid since it started and leaves out of searches: they do not decrypt, because the stored data was changed from outside, or they have a norm of zero, NaN, infinity or the wrong length. They are found when first read. Enrol them again. */
            unusable: components["schemas"]["GalleryUnusable"];
        };
        /** @description A person of a gallery. */
        Subject: {
            subject: string;
            attributes: {
                [key: string]: string | number | boolean;
            };
            /** Format: date-time */
            createdAt: string;
            /** @description The searched templates. Their numbers are never returned. */
            templates: components["schemas"]["SubjectTemplate"][];
        };
        /** @description A migration of a gallery's templates from one model to another. */
        Migration: {
            /** @description The id of the job that began it. */
            id: string;
            /** @description The model that templates are translated from. */
            source: string;
            /** @description The model that templates are translated to. */
            target: string;
            /** @description Id of the map that translates them. */
            map: string;
            /**
             * @description `running`: templates are being translated, and the originals are searched; `ready`: all are translated; `committed`: the translated templates are searched, the originals are not; `rolled-back`: nothing has changed.
             * @enum {string}
             */
            state: "running" | "ready" | "committed" | "rolled-back";
            /** @description Number of templates translated so far. */
            translated: number;
            /** @description Number of templates left out because they could not be read; a commit deletes them with the other originals. */
            unusable: number;
            /** @description Whether the templates it made superfluous are deleted: the originals after a commit, the translated ones after a rollback. */
            purged: boolean;
            /** Format: date-time */
            createdAt: string;
            /** @description When it was committed or rolled back. */
            endedAt: string | null;
        };
        MigrationEstimate: {
            source: string;
            target: string;
            map: components["schemas"]["MapReference"];
            /** @description Templates that would be translated. */
            templates: number;
            /** @description Figures of the card of the map, on its held-out identities. Null where these are too few. */
            card: components["schemas"]["MigrationEstimateCard"];
            /** @description Figures of the gallery itself: templates of subjects with several, compared with one another before and after. Null when fewer than ten subjects have several. */
            shadow: components["schemas"]["MigrationEstimateShadow"] | null;
        };
        /** @description A calibration of a map from the templates of another domain */
        Recalibration: {
            /** @description Seed of every random draw */
            seed: number;
            /** @description SHA-256 of the templates and their labels */
            dataHash: string;
            /**
             * @description `own`: both sides of the comparison space are centred on these templates; `kept`: as the map has it
             * @enum {string}
             */
            means: "own" | "kept";
            /** @description Templates of the source of the map */
            source: components["schemas"]["RecalibrationSource"];
            /** @description Templates of the target of the map */
            target: components["schemas"]["RecalibrationSource"];
            /** @description Images that look to both models like another person than their label says; nothing is calibrated on them */
            doubtful: number;
            /** @description Identities with templates of different images under the two models */
            matedIdentities: number;
            /**
             * @description `own`: from the mated comparisons of these templates. `carried`: these have too few; the likelihood ratios are those of the card, moved so that scores of equal false match rates have equal ones. `none`: the card has none either
             * @enum {string}
             */
            likelihoodRatios: "own" | "carried" | "none";
            /** @description Takes the place of the calibrations of the card */
            calibration: components["schemas"]["RecalibrationCalibration"];
            /** @description How well these templates are verified */
            evaluation: components["schemas"]["RecalibrationEvaluation"];
            /** @description What the thresholds of the card would have given, where the two models are compared */
            before: components["schemas"]["RecalibrationBefore"][];
            /** @description What a reader should know before trusting the figures */
            warnings: string[];
        };
        /** @description A calibration of a map from the templates of another domain. Only its state can change. */
        MapCalibration: {
            /** @description Id of a calibration of a map. */
            id: string;
            /** @description Id of a map. */
            map: string;
            /** @description Number of the calibration within its map, from 1. */
            version: number;
            /**
             * @description At most one calibration of a map is active and takes the place of that of its card; a retired one never serves again.
             * @enum {string}
             */
            state: "stored" | "active" | "retired";
            /** @description The corpus that it was made from, if it is still stored. */
            corpusId: string | null;
            /** Format: date-time */
            createdAt: string;
            activatedAt: string | null;
            retiredAt: string | null;
            result: components["schemas"]["Recalibration"];
        };
        /** @description One space for several models. */
        Hub: {
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            dimension: number;
            /** @description Number of samples of the corpus that now have a template in the hub. */
            samples: number;
            /** @description Agreement of the models in each direction: approximately their mean correlation over the training identities. */
            agreement: number[];
        };
        Identification: {
            /** @description The false positive identification rate of the thresholds: the requested one, or 0.001 per reference searched where that is less and the key is not told exact scores. */
            fpir: number;
            /** @description One per model of the probes. */
            searches: components["schemas"]["IdentificationSearch"][];
            /** @description One per probe, in the order of the request. */
            results: components["schemas"]["IdentificationResult"][];
            /** @description The face of the image that was searched for, and how many others there were; null for templates. */
            face: components["schemas"]["TakenFace"] | null;
            guard: components["schemas"]["BatchGuard"];
        };
        /** @description A recognition model and the space of its templates. */
        Model: {
            id: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            /** @description How many numbers a template has. */
            dimension: number;
            /**
             * @description `recogniser`: the service has its graph and can embed images. `template-only`: only its templates are known.
             * @enum {string}
             */
            kind: "recogniser" | "template-only";
            canEmbed: boolean;
            /** @description Whether this replica makes the templates that the model made before: the last outcome of `GET /v1/models/{id}/self-test` since the start. `changed`: what it embeds now fits no map and no threshold. Null for models that cannot embed and whose owner has not sent templates to test, see `POST /v1/models/{id}/self-test`. */
            selfTest: ("untested" | "passed" | "recorded" | "changed") | null;
            title: string;
            licence: string;
            /** @description For a recogniser, how its graph is fed and read; otherwise the registered properties. */
            manifest: {
                [key: string]: unknown;
            };
            /** Format: date-time */
            createdAt: string;
        };
        Translation: {
            target: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            /** @description The maps that were applied, one per source model. */
            maps: components["schemas"]["MapReference"][];
            /** @description L2-normalised, in the order of the request. */
            templates: components["schemas"]["Template"][];
            guard: components["schemas"]["BatchGuard"];
        };
        /** @description Exactly one of `template`, `templates` and `image`. */
        ComparisonSide: components["schemas"]["ComparisonSideWithTemplate"] | components["schemas"]["ComparisonSideWithTemplates"] | components["schemas"]["ComparisonSideWithImage"] | components["schemas"]["ComparisonSideWithImageAndModels"];
        /** @description How several templates a side were compared; absent when each side had one. */
        FusedComparison: {
            /** @description Id of the ensemble. */
            id: string;
            /** @description Number of the ensemble among those of its models, from 1. */
            version: number;
            /** @description Every template of the probe with every one of the reference. */
            parts: components["schemas"]["FusedComparisonPart"][];
            /** @description Number of non-mated comparisons that the threshold comes from. */
            nonMatedComparisons: number;
            /** @description The lowest false match rate that has a threshold. */
            lowestFmr: number | null;
        };
        Verification: {
            /** @description `match` when the score reaches the threshold; null without a threshold. */
            decision: ("match" | "non-match") | null;
            /** @description Comparison score, from -1 to 1: the cosine in the comparison space, normalised if the space says so. Null when the key is not told it: see `scores` of API keys. */
            score: number | null;
            /** @description The lowest score that matches at the false match rate; null when the calibration does not support the rate, and for keys that are only told decisions. */
            threshold: number | null;
            /** @description 95 % interval of the false match rate at the threshold, by bootstrap over the held-out identities; null when not measured. */
            interval: components["schemas"]["CalibrationPointInterval"] | null;
            /** @description The false match rate of the decision: the requested one, but at most 0.001 for a key that is not told exact scores. */
            fmr: number;
            /**
             * @description `measured`: by at least 3 / FMR non-mated comparisons; `extrapolated`: by a model of the upper tail of their scores, at most one decade further; `unsupported`: beyond that, with no threshold and no decision.
             * @enum {string}
             */
            support: "measured" | "extrapolated" | "unsupported";
            /** @description Natural logarithm of the likelihood ratio of the score, same person against different people; null when the calibration has no mated comparisons or there is no score. */
            logLikelihoodRatio: number | null;
            probe: components["schemas"]["SpaceReference"];
            reference: components["schemas"]["SpaceReference"];
            /** @description Of each image the face that was taken, and how many others there were; null for a template. */
            faces: components["schemas"]["VerificationFaces"];
            comparisonSpace: components["schemas"]["ComparisonSpace"];
            /** @description The map that defines the comparison space; null when both templates are of one space. */
            map: components["schemas"]["MapReference"] | null;
            /** @description Where the threshold comes from; null when both templates are of one space that no active map involves. */
            calibration: components["schemas"]["VerificationCalibration"] | null;
            ensemble?: components["schemas"]["FusedComparison"];
            guard: components["schemas"]["ComparisonGuard"];
        };
        TemplateWithVector: {
            /** @description A label chosen by the caller, repeated in the answer. */
            id?: string;
            /** @description The model to whose space the template belongs. */
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description The numbers of the vector. */
            vector: number[];
        };
        TemplateWithData: {
            /** @description A label chosen by the caller, repeated in the answer. */
            id?: string;
            /** @description The model to whose space the template belongs. */
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data: string;
        };
        ApiKeyTranslatePair: {
            source: string;
            target: string;
        };
        AuditRecordKey: {
            id: string;
            prefix: string;
        };
        AuditRecordDeleted: {
            /** @description Samples of a corpus. */
            samples?: number;
            /** @description Subjects of a gallery. */
            subjects?: number;
            templates: number;
        };
        OperatingPoint: {
            /** @description False match rate */
            fmr: number;
            /** @description `unsupported` when there are fewer than 3 / FMR non-mated comparisons; the members below are then null */
            support: "measured" | "unsupported";
            /** @description Cosine at or above which a comparison matches */
            threshold: number | null;
            /** @description True match rate, identities weighing the same */
            tmr: number | null;
            /** @description 95 % interval of the TMR at this threshold, by bootstrap over identities */
            interval: components["schemas"]["Interval"] | null;
            /** @description False non-match rate, 1 - TMR */
            fnmr: number | null;
            /** @description True match rate, mated comparisons weighing the same: people with many images dominate it */
            tmrPooled: number | null;
        };
        Interval: {
            /** @description 2.5 % quantile */
            lower: number;
            /** @description 97.5 % quantile */
            upper: number;
        };
        DetPoint: {
            /** @description False match rate; the share of non-mated comparisons at or above the threshold is at most this */
            fmr: number;
            /** @description Cosine at or above which a comparison matches */
            threshold: number;
            /** @description False non-match rate, identities weighing the same */
            fnmr: number;
            /** @description False non-match rate, mated comparisons weighing the same */
            fnmrPooled: number;
        };
        ScoreHistogram: {
            /** @description Lower edge of the first bin */
            from: number;
            /** @description Width of every bin; bin k holds scores from `from + k binWidth`, inclusive, to `from + (k + 1) binWidth`, exclusive */
            binWidth: number;
            /** @description Share of the non-mated comparisons in each bin */
            nonMated: number[];
            /** @description Share of the mated comparisons in each bin, identities weighing the same; zeros when there are none */
            mated: number[];
        };
        MetricsIdentification: {
            /** @description The gallery is every other image: what identification is for */
            otherImages: components["schemas"]["MetricsIdentificationOtherImages"];
            /** @description As the paper has it: the gallery holds the probe's own image too, which rewards recognising the image. Null within one space, where it says nothing */
            sameImage: components["schemas"]["MetricsIdentificationOtherImages"] | null;
        };
        MetricsIdentificationOtherImages: {
            /** @description Probes with a mate in the gallery: closed-set identification */
            probes: number;
            /** @description Identities among them */
            identities: number;
            /** @description Images that each probe is compared with */
            gallery: number;
            /** @description Share of probes whose best reference is a mate, identities weighing the same */
            rank1: number | null;
            /** @description 95 % interval of rank1, by bootstrap over identities */
            rank1Interval: components["schemas"]["Interval"] | null;
            /** @description Share of probes with a mate among the best 5; null when the gallery is smaller */
            rank5: number | null;
            /** @description As rank5, of 10 */
            rank10: number | null;
            /** @description As rank5, of 20 */
            rank20: number | null;
            /** @description Mean over probes of the average precision, identities weighing the same */
            meanAveragePrecision: number | null;
            /** @description The same, probes weighing the same */
            meanAveragePrecisionPooled: number | null;
            /** @description Cumulative match characteristic: every rank to 20, then 50, 100, 200, ... to the size of the gallery */
            cmc: components["schemas"]["CmcPoint"][];
        };
        CmcPoint: {
            rank: number;
            /** @description Share of probes with a mate at this rank or a better one, identities weighing the same */
            rate: number;
            /** @description The same, probes weighing the same */
            ratePooled: number;
        };
        CalibrationPoint: {
            /** @description False match rate */
            fmr: number;
            /** @description Score at or above which a comparison matches; at most the share `fmr` of the non-mated comparisons does */
            threshold: number;
            /** @description 95 % interval of the false match rate at this threshold, by bootstrap over identities */
            interval?: components["schemas"]["CalibrationPointInterval"];
        };
        CalibrationPointInterval: {
            lower: number;
            upper: number;
        };
        TailModel: {
            /** @description Score above which the model holds */
            threshold: number;
            /** @description Share of the non-mated comparisons at or above it */
            share: number;
            /** @description Of the generalised Pareto distribution */
            scale: number;
            /** @description Of the same; 0 is an exponential tail */
            shape: number;
        };
        LikelihoodRatio: {
            slope: number;
            offset: number;
            /** @description Cost of the log-likelihood ratio in bits, on the comparisons it was calibrated on */
            cllr: number;
            /** @description The least that any monotone calibration of these scores costs */
            minCllr: number;
        };
        CardVerdict: {
            /** @enum {string} */
            verdict: "usable" | "degraded" | "unfit";
            /** @description What to expect, in one sentence. Absent from older cards */
            summary?: string;
            /** @description The false match rate that the verdict rests on; null when none is supported */
            fmr: number | null;
            /** @description Why, in sentences */
            reasons: string[];
            comparison?: components["schemas"]["VerdictPart"];
            translation?: components["schemas"]["VerdictPart"];
            /** @description The rule that was applied */
            rule: string;
        };
        VerdictPart: {
            /** @enum {string} */
            verdict: "usable" | "degraded" | "unfit";
            /** @description The false match rate that the verdict rests on; null when none is supported */
            fmr: number | null;
            /** @description The model that is weaker alone, by its plain cosine */
            weaker: ("source" | "target") | null;
            /** @description TMR less that of the weaker model alone, with its 95 % interval by a paired bootstrap over identities */
            difference: components["schemas"]["TmrDifference"] | null;
            /** @description Why, in sentences */
            reasons: string[];
        };
        TmrDifference: {
            tmr: number;
            lower: number;
            upper: number;
        };
        CardParameters: {
            /** @description Ridge penalty relative to the mean variance of a source dimension, that is to trace(AtA) / dSource; null for methods without one */
            lambda: number | null;
            /** @description Rank of the weights; null for methods that do not bound it, absent from cards of version 1 */
            rank?: number | null;
            /** @description How widely translated templates spread about the mean of the target: as the estimator has it, scaled to the total variance of the target's own, or `centred`: without that mean, so that a translated template is a direction about it and scores on a scale of its own */
            spread?: "fitted" | "restored" | "centred";
            /** @description Of `dual`: the shrinkage of the covariance of either side towards a sphere */
            shrinkage?: components["schemas"]["CardParametersShrinkage"];
            /** @description Of a composition: the model between its legs */
            via?: string;
            /** @description Of a composition: ids of the two maps, in the order in which they are applied */
            legs?: string[];
        };
        CardParametersShrinkage: {
            source: number;
            target: number;
        };
        CardSelection: {
            /** @description What was maximised by cross-validation over the identities of the training pairs; null when the caller named method and parameters */
            criterion: string | null;
            /** @description Folds of the cross-validation, 0 without one */
            folds: number;
            /** @description Everything that was tried, from the simplest to the most flexible, low ranks behind the full one: of those that are tied the first is taken */
            candidates: components["schemas"]["CardSelectionCandidate"][];
            /** @description Why this method */
            reason: string;
        };
        CardSelectionCandidate: {
            /** @description Estimator of the weights: orthogonal Procrustes, least squares, ridge regression, ridge regression of reduced rank, or the bilinear form of a shared space */
            method: "procrustes" | "linear" | "ridge" | "low-rank-ridge" | "dual";
            /** @description Ridge penalty relative to the mean variance of a source dimension; null for methods without one */
            lambda: number | null;
            /** @description Rank of the weights; null for methods that do not bound it, absent from cards of version 1 */
            rank?: number | null;
            /** @description How widely translated templates spread about the mean of the target: as the estimator has it, scaled to the total variance of the target's own, or `centred`: without that mean, so that a translated template is a direction about it and scores on a scale of its own */
            spread?: "fitted" | "restored" | "centred";
            /** @description Of `dual`: the shrinkage of the covariance of either side towards a sphere */
            shrinkage?: components["schemas"]["CardParametersShrinkage"];
            /** @description Mean of the criterion over the folds; null when the candidate was excluded */
            score: number | null;
            /** @description Standard error over the folds of the difference to the best candidate */
            standardError: number | null;
            /** @description Why the candidate was not considered */
            excluded: string | null;
        };
        CardPairs: {
            /** @description SHA-256 of the pairs: with the seed it determines this card, but for `groups` */
            corpusHash: string;
            /** @description Pairs received */
            pairs: number;
            /** @description Identities among them; an image without label is an identity of its own */
            identities: number;
            /** @description Images left out because they have no template on the other side */
            oneSided: components["schemas"]["CardPairsOneSided"];
            /**
             * @description `identity`: a pair is one person in two images, and `oneSided` counts images of people without any on the other side. Absent where a pair is one image
             * @enum {string}
             */
            pairing?: "identity";
        };
        CardPairsOneSided: {
            /** @description Images with a source template only */
            source: number;
            /** @description Images with a target template only */
            target: number;
        };
        CardSplit: {
            /**
             * @description `cross-fitting`: everybody fits the map; its figures and thresholds are pooled over folds by identity, each scored by the same kind of map fitted on the other folds. `held-out`: a part of the identities fits nothing and evaluates. Absent from older cards, which are `held-out`
             * @enum {string}
             */
            method?: "cross-fitting" | "held-out";
            /** @description Parts that were evaluated, each by a map of its own; 1 when held out */
            folds?: number;
            /** @description Share of the identities held out, as requested; with cross-fitting that of a fold */
            heldOutFraction: number;
            /** @description What the map was fitted on */
            training: components["schemas"]["CardSplitTraining"];
            /** @description What evaluated and calibrated the map: with cross-fitting everybody, otherwise identities that are not among the training pairs */
            heldOut: components["schemas"]["CardSplitTraining"];
        };
        CardSplitTraining: {
            /** @description Pairs of templates, one pair per image */
            pairs: number;
            /** @description Identities; an image without label is an identity of its own */
            identities: number;
        };
        CardEvaluation: {
            crossModel: components["schemas"]["Metrics"];
            sourceAlone: components["schemas"]["Metrics"];
            targetAlone: components["schemas"]["Metrics"];
            translated?: components["schemas"]["Metrics"];
            unaligned: components["schemas"]["Metrics"];
        };
        CardCalibration: {
            crossModel: components["schemas"]["Calibration"];
            source: components["schemas"]["Calibration"];
            target: components["schemas"]["Calibration"];
            translated?: components["schemas"]["Calibration"];
        };
        CardBaselines: {
            /** @description Held-out pairs that every row of this table was measured on; fewer than those of `evaluation` when these are many */
            pairs: number;
            rows: components["schemas"]["CardBaselinesRow"][];
        };
        CardBaselinesRow: {
            /**
             * @description `map`: the map of this card. `sourceAlone`, `targetAlone`: one model against itself, by the plain cosine, as it is used. `sourceAboutMean`, `targetAboutMean`: the same by the cosine about the mean of the training templates, the convention of the paper; absent from older cards. `unaligned`: no map, the shorter side padded with zeros. `randomRotation`: a random semi-orthogonal map. `paperProcrustes`, `paperLinear`, `paperRidge`: the methods of arXiv 2604.07282, ridge with a penalty of 0.1, without intercept, the shorter side padded with zeros, fitted on the same training pairs
             * @enum {string}
             */
            name: "map" | "sourceAlone" | "targetAlone" | "sourceAboutMean" | "targetAboutMean" | "unaligned" | "randomRotation" | "paperProcrustes" | "paperLinear" | "paperRidge";
            /** @description Null when there is no such map */
            metrics: components["schemas"]["CardBaselinesRowMetrics"] | null;
            /** @description Why there is none */
            reason: string | null;
        };
        CardBaselinesRowMetrics: {
            /** @description Comparisons of different identities */
            nonMatedComparisons: number;
            /** @description Comparisons of different images of one identity; no image against itself */
            matedComparisons: number;
            /** @description Identities with at least two images */
            matedIdentities: number;
            /** @description From FMR 1e-1 to 1e-6 */
            operatingPoints: components["schemas"]["OperatingPoint"][];
            /** @description Equal error rate, identities weighing the same */
            eer: number | null;
            /** @description Share of probes whose best reference is another image of the same identity, the probe's own image excluded; identities weighing the same */
            rank1: number | null;
            /** @description As the paper has it: the gallery holds the probe's own image, probes weigh the same. Null within one space, where it says nothing */
            rank1SameImage: number | null;
        };
        CardLearningCurve: {
            /** @description The false match rate of the TMRs; null when none is supported */
            fmr: number | null;
            /** @description Held-out pairs that every map was measured on; with cross-fitting those of the first fold */
            heldOutPairs: number;
            /** @description Maps by the same method and parameters from nested subsets of the training identities, the last from all of them; with cross-fitting from all but those of the first fold */
            points: components["schemas"]["CardLearningCurvePoint"][];
            /** @description How many pairs are needed */
            pairsFor: components["schemas"]["CardLearningCurvePairsFor"];
        };
        CardLearningCurvePoint: {
            /** @description Training identities */
            identities: number;
            /** @description Their pairs */
            pairs: number;
            /** @description TMR at `fmr` on the held-out pairs, identities weighing the same */
            tmr: number | null;
            /** @description Its 95 % interval */
            interval: components["schemas"]["CalibrationPointInterval"] | null;
            /** @description Mean cosine of translated and true target template of the same held-out image */
            fidelity: number | null;
            /** @description Why there is no map of these pairs */
            reason: string | null;
        };
        CardLearningCurvePairsFor: {
            /** @description Pairs of the smallest subset from which on the TMR is at least 95 % of the last; null when half of the identities do not reach it, or without a TMR */
            share95: number | null;
            /** @description The same for 99 % */
            share99: number | null;
        };
        CardGroups: {
            /** @description False match rate over everybody at the common threshold; null when none is supported, and with it everything else */
            fmr: number | null;
            /** @description The threshold of every row: what an operator sets for everybody */
            threshold: number | null;
            /** @description Held-out pairs without group */
            unlabelled: number;
            /** @description Groups left out: the 50 largest are listed */
            unlisted: number;
            /** @description Comparisons among images of one group, the largest group first */
            rows: components["schemas"]["CardGroupsRow"][];
        };
        CardGroupsRow: {
            group: string;
            /** @description Held-out pairs of the group */
            pairs: number;
            /** @description Identities with two images of the group */
            matedIdentities: number;
            /** @description Comparisons of different identities of the group */
            nonMatedComparisons: number;
            /** @description True match rate at the common threshold, identities weighing the same; null without mates */
            tmr: number | null;
            /** @description Its 95 % interval */
            interval: components["schemas"]["CalibrationPointInterval"] | null;
            /** @description False match rate at the common threshold; null when the comparisons of the group do not support one */
            fmr: number | null;
        };
        CardComparison: {
            /**
             * @description The native space of the map's target or source, or a space that both sides are mapped to
             * @enum {string}
             */
            kind: "target" | "source" | "shared";
            /** @description Of the map into the native space; null for a shared space, which is by regularised canonical correlation analysis */
            estimator: components["schemas"]["Estimator"] | null;
            /** @description Of the covariances that whiten the space, towards a sphere; null for a space that is not whitened */
            shrinkage: number | null;
            /** @description The shrinkage of the covariance of the target, where it differs */
            targetShrinkage?: number;
            /** @description Length of a constant coordinate relative to the projections; 0 makes the score the cosine of centred vectors */
            offset: number;
            /**
             * @description Whether scores are normalised by the mean and covariance of the training templates
             * @enum {string}
             */
            normalisation: "none" | "cohort";
            /** @description Of the comparison space */
            dimension: number;
            selection: components["schemas"]["CardComparisonSelection"];
            /** @description Of verification in this space, on the held-out pairs; `det` and `scores` are missing from older cards */
            evaluation: components["schemas"]["CardComparisonEvaluation"];
            /** @description Where to put the threshold of one comparison space, for a wanted false match rate */
            calibration: components["schemas"]["CardComparisonCalibration"];
        };
        Estimator: {
            method: string;
            /** @description Ridge penalty, see the parameters of the card */
            lambda: number | null;
        };
        CardComparisonSelection: {
            /** @description What was maximised by cross-validation over the identities of the training pairs */
            criterion: string;
            folds: number;
            /** @description Everything that was tried, from the simplest to the most involved */
            candidates: components["schemas"]["CardComparisonSelectionCandidate"][];
            /** @description Why this one */
            reason: string;
        };
        CardComparisonSelectionCandidate: {
            /**
             * @description The native space of the map's target or source, or a space that both sides are mapped to
             * @enum {string}
             */
            kind: "target" | "source" | "shared";
            /** @description Of the map into the native space; null for a shared space, which is by regularised canonical correlation analysis */
            estimator: components["schemas"]["Estimator"] | null;
            /** @description Of the covariances that whiten the space, towards a sphere; null for a space that is not whitened */
            shrinkage: number | null;
            /** @description The shrinkage of the covariance of the target, where it differs */
            targetShrinkage?: number;
            /** @description Length of a constant coordinate relative to the projections; 0 makes the score the cosine of centred vectors */
            offset: number;
            /**
             * @description Whether scores are normalised by the mean and covariance of the training templates
             * @enum {string}
             */
            normalisation: "none" | "cohort";
            /** @description Mean of the criterion over the folds */
            score: number;
            /** @description Standard error over the folds of the difference to the best candidate */
            standardError: number;
        };
        CardComparisonEvaluation: {
            /** @description Comparisons of different identities */
            nonMatedComparisons: number;
            /** @description Comparisons of different images of one identity; no image against itself */
            matedComparisons: number;
            /** @description Identities with at least two images */
            matedIdentities: number;
            /** @description From FMR 1e-1 to 1e-6 */
            operatingPoints: components["schemas"]["OperatingPoint"][];
            /** @description Equal error rate, identities weighing the same */
            eer: number | null;
            /** @description Share of probes whose best reference is another image of the same identity, the probe's own image excluded; identities weighing the same */
            rank1: number | null;
            /** @description As the paper has it: the gallery holds the probe's own image, probes weigh the same. Null within one space, where it says nothing */
            rank1SameImage: number | null;
            /** @description Detection error trade-off, from FMR 0.5 down to the lowest that the comparisons support, six points a decade */
            det?: components["schemas"]["DetPoint"][];
            /** @description Null without comparisons */
            scores?: components["schemas"]["ScoreHistogram"] | null;
            /** @description Identification of every image among the others. Ties count against the probe */
            identification?: components["schemas"]["MetricsIdentification"];
        };
        CardComparisonCalibration: {
            /** @description Comparisons of different identities that the thresholds come from */
            nonMatedComparisons: number;
            /** @description Comparisons of different images of one identity */
            matedComparisons: number;
            /** @description Held-out identities among which the comparisons were made */
            identities: number;
            /** @description Thresholds from FMR 0.1 downwards, 20 per decade, as far as the comparisons support them (FMR >= 3 / nonMatedComparisons, and at least 1e-6) */
            grid: components["schemas"]["CalibrationPoint"][];
            /** @description Model of the upper tail of the non-mated scores, which extrapolates to one decade below the lowest rate of the grid */
            tail?: components["schemas"]["TailModel"];
            /** @description Natural-log likelihood ratio of a score: slope * score + offset; mated comparisons so weighted that identities count the same */
            likelihoodRatio?: components["schemas"]["LikelihoodRatio"];
        };
        CardComposition: {
            /** @description The model between the legs */
            via: string;
            /** @description Ids of the two maps, in the order in which they are applied. Their later fate does not change this map */
            legs: string[];
            /** @description What was maximised over the routes, on the training identities */
            criterion: string;
            /** @description Every route that was tried, the best first */
            routes: components["schemas"]["CardCompositionRoute"][];
            /** @description A map that is fitted on the training pairs of this card: what the composition is to be compared with */
            direct: components["schemas"]["CardCompositionDirect"];
        };
        CardCompositionRoute: {
            /** @description The model between the legs */
            via: string;
            /** @description Ids of the two maps, in the order in which they are applied */
            legs: string[];
            /** @description The criterion on the training identities, which fitted nothing here */
            score: number;
        };
        CardCompositionDirect: {
            /** @description Its estimator, chosen as `auto` does */
            method: string;
            /** @description Ridge penalty, see the parameters of the card */
            lambda: number | null;
            /** @description Rank of the weights */
            rank: number | null;
            /** @description How widely translated templates spread about the mean of the target: as the estimator has it, scaled to the total variance of the target's own, or `centred`: without that mean, so that a translated template is a direction about it and scores on a scale of its own */
            spread?: "fitted" | "restored" | "centred";
            /** @description Of `dual`: the shrinkage of the covariance of either side towards a sphere */
            shrinkage?: components["schemas"]["CardParametersShrinkage"];
            /** @description Translated source against target templates, on the held-out pairs of `evaluation` */
            metrics: components["schemas"]["CardBaselinesRowMetrics"];
        };
        CardShadow: {
            /** @description Id of the map that was active */
            map: string;
            version: number;
            /** @description The false match rate of the figures; null when both support none */
            fmr: number | null;
            /** @description TMR of this map and of the one that served, where each compares */
            tmr: components["schemas"]["CardShadowTmr"] | null;
            /** @description TMR of this map less that of the one that served, with its 95 % interval by a paired bootstrap over identities */
            difference: components["schemas"]["TmrDifference"] | null;
            /**
             * @description `better` or `worse` when the interval of the difference excludes zero
             * @enum {string}
             */
            finding: "better" | "alike" | "worse" | "unknown";
            /** @description Whether the map that served was fitted on the same corpus: it has seen some of these people, and its figures are too good */
            sharesPeople: boolean;
        };
        CardShadowTmr: {
            own: number;
            serving: number;
        };
        MapSide: {
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            dimension: number;
            /** @description False if the model has another space by now: the map then no longer serves requests. */
            current: boolean;
        };
        GuardReport: {
            /** @description Number of judged templates: all, or, unless the guard refuses, 50 drawn at random when a model has more. Templates of a space without a profile are not judged; a space gets its profile with the first map fitted from or to it on at least 50 templates. */
            checked: number;
            /** @description Positions in the request of templates that do not look like those of their model. */
            flagged: number[];
            /** @description Whether the templates of a model, taken together, do not look like its own: a batch is stronger evidence than each of its templates. */
            foreign: boolean;
            /** @description The registered model of the same dimension that explains the flagged templates better. */
            likelier: string | null;
            /** @description Measured on held-out identities of the data that the profile was calibrated on, before a margin for other data. Null when nothing was judged. */
            falseAlarmRate: components["schemas"]["FalseAlarmRates"] | null;
        };
        FalseAlarmRates: {
            /** @description False alarm rate of flagging a single template. */
            template: number;
            /** @description False alarm rate of calling a batch foreign. */
            batch: number;
        };
        ComparisonGuardDetails: {
            /** @description Number of judged templates: all, or, unless the guard refuses, 50 drawn at random when a model has more. Templates of a space without a profile are not judged; a space gets its profile with the first map fitted from or to it on at least 50 templates. */
            checked: number;
            /** @description Templates that do not look like those of their model. */
            flagged: ("probe" | "reference")[];
            /** @description Whether the templates of a model, taken together, do not look like its own: a batch is stronger evidence than each of its templates. */
            foreign: boolean;
            /** @description The registered model of the same dimension that explains the flagged templates better. */
            likelier: string | null;
            /** @description Measured on held-out identities of the data that the profile was calibrated on, before a margin for other data. Null when nothing was judged. */
            falseAlarmRate: components["schemas"]["FalseAlarmRates"] | null;
        };
        SpaceReference: {
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
        };
        SidesGuard: {
            probes: components["schemas"]["BatchGuard"];
            references: components["schemas"]["BatchGuard"];
        };
        CorpusTemplate: {
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            count: number;
        };
        EmbeddingFace: {
            /** @description Box in pixels of the upright image; x and y are the upper left corner. It may extend beyond the image. */
            box: components["schemas"]["FaceBox"];
            /** @description Left eye, right eye, nose, left and right corner of the mouth, as seen with the face upright. */
            landmarks: components["schemas"]["Point"][];
            /** @description Score of the detector, from 0 to 1; null for aligned crops. */
            detectionScore: number | null;
            /** @description Quality measures, each with its unit. How much each matters depends on the model. */
            quality: components["schemas"]["FaceQuality"];
            /** @description Measures beyond the limits of the service (`MIN_QUALITY`); empty when there are none. */
            shortfalls: components["schemas"]["QualityShortfall"][];
            /** @description One for each requested model that made one, in the order requested: the raw output of the model, not normalised. */
            templates: components["schemas"]["Template"][];
            /** @description Requested models that made no template of the face, for instance of a black crop. Templates of the other models are valid. */
            unusable: components["schemas"]["EmbeddingFaceUnusable"][];
        };
        FaceBox: {
            x: number;
            y: number;
            width: number;
            height: number;
        };
        Point: {
            x: number;
            y: number;
        };
        FaceQuality: {
            /** @description Distance between the eyes, in pixels of the image. */
            interEyeDistance: number;
            /** @description Variance of the Laplacian of the aligned crop, in squared grey levels; low when blurred. */
            sharpness: number;
            /** @description Mean of the aligned crop, in grey levels from 0 to 255. */
            brightness: number;
            /** @description Standard deviation of the aligned crop, in grey levels. */
            contrast: number;
            /** @description Entropy of the levels of the aligned crop, in bits from 0 to 8 (ISO/IEC 29794-5). */
            dynamicRange: number;
            /** @description Share of the aligned crop with a level of at most 25, from 0 to 1 (ISO/IEC 29794-5). */
            underExposed: number;
            /** @description Share of the aligned crop with a level of at least 247, from 0 to 1 (ISO/IEC 29794-5). */
            overExposed: number;
            /** @description Intersection of the histograms of both cheeks, from 0 to 1: 1 when lit alike (ISO/IEC 29794-5). */
            illuminationUniformity: number;
            /** @description Share of the aligned crop that lies outside the image, from 0 to 1. */
            outside: number;
            /** @description Angle of the line through the eyes, in degrees from -180 to 180, clockwise: near 180 for a face upside down. Null for aligned crops. */
            roll: number | null;
            /** @description Offset of the nose along the line of the eyes, in distances between the eyes: 0 when frontal; null for aligned crops. */
            yaw: number | null;
            /** @description Offset of the nose from half way between eyes and mouth, in distances between these: 0 when frontal, negative when the face looks up; null for aligned crops. */
            pitch: number | null;
        };
        QualityShortfall: {
            /** @enum {string} */
            measure: "interEyeDistance" | "sharpness" | "brightness" | "contrast" | "dynamicRange" | "illuminationUniformity" | "underExposed" | "overExposed" | "outside" | "roll" | "yaw" | "pitch";
            value: number;
            /** @enum {string} */
            bound: "minimum" | "maximum";
            limit: number;
        };
        EmbeddingFaceUnusable: {
            model: string;
            /** @description What was expected of the output of the model, and what it was. */
            detail: string;
        };
        SelfTestCanary: {
            /** @description File or name of the image. */
            canary: string;
            /**
             * @description `passed`: the template is the expected one. `recorded`: nothing was known of this image; the template is expected from now on. `changed`: another template than expected, which no map and no threshold fits. `untested`: nothing is expected. Of the model, the worst of its canaries.
             * @enum {string}
             */
            state: "untested" | "passed" | "recorded" | "changed";
            /** @description Length of the difference from the expected template, in lengths of that template; null when one of the two is missing. */
            deviation: number | null;
            /** @description The largest deviation that passes. */
            tolerance: number;
            /** @description Why the model made no template of the image; null when it did. */
            detail: string | null;
        };
        EnsembleCardSpace: {
            source: string;
            target: string;
            /** @description Id of the map in whose comparison space templates of the two are compared */
            map: string;
            /** @description Whether the map was fitted on this corpus, so that the same kind of space was fitted without each fold to score it */
            refitted: boolean;
        };
        EnsembleCardCombination: {
            /** @description Models of the templates of the probe; the sides may be exchanged */
            probe: string[];
            /** @description Models of the templates of the reference */
            reference: string[];
            /** @description Every template of the probe with every one of the reference */
            parts: components["schemas"]["EnsembleCardCombinationPart"][];
            evaluation: components["schemas"]["Metrics"];
            calibration: components["schemas"]["Calibration"];
            /** @description The part that does best by itself, and what the others add */
            best: components["schemas"]["EnsembleCardCombinationBest"];
        };
        EnsembleCardCombinationPart: {
            /** @description Model of the template of the probe */
            probe: string;
            /** @description Model of the template of the reference */
            reference: string;
            /** @description Of its score in the sum; the weights of the parts add up to 1 */
            weight: number;
        };
        EnsembleCardCombinationBest: {
            /** @description Model of the template of the probe */
            probe: string;
            /** @description Model of the template of the reference */
            reference: string;
            /** @description False match rate at which it was compared */
            fmr: number;
            /** @description True match rate of the part by itself */
            tmr: number | null;
            /** @description True match rate of the combination less that of this part, with the 95 % interval of the difference by a paired bootstrap over identities */
            gain: components["schemas"]["TmrDifference"];
        };
        JobProgress: {
            /** @description The current stage, or the last one. */
            stage: string;
            /** @description Fraction done. */
            fraction: number;
            /** @description Number of items done, if the stage counts any. */
            done?: number;
            total?: number;
        };
        CrossModelMatrixAlone: {
            model: string;
            figures: components["schemas"]["EvaluationCell"];
        };
        CrossModelMatrixPair: {
            /** @description Model of the probes, which are translated */
            source: string;
            /** @description Model of the references */
            target: string;
            aligned: components["schemas"]["EvaluationCell"];
            unaligned: components["schemas"]["EvaluationCell"];
        };
        EvaluationReportClustering: {
            /** @description From the closest clusters to the last two. With n models, 0 to n - 1 are the models and n + k is the cluster that merge k made */
            merges: components["schemas"]["EvaluationReportClusteringMerge"][];
            /** @description The models so ordered that no two branches cross */
            order: number[];
        };
        EvaluationReportClusteringMerge: {
            left: number;
            right: number;
            /** @description Mean distance of the models of the two clusters */
            height: number;
            /** @description Models in the merged cluster */
            size: number;
        };
        EvaluationReportAsymmetry: {
            model: string;
            /** @description Mean TMR of its templates translated into the other spaces */
            asSource: number | null;
            /** @description Mean TMR of the others' templates translated into its space */
            asTarget: number | null;
            /** @description asSource - asTarget: above zero the model is a source, below zero a sink */
            difference: number | null;
        };
        EvaluationAnalysesSimilarity: {
            /** @description All persons of the corpus: nothing is fitted */
            corpus: components["schemas"]["EvaluationAnalysesSimilarityCorpus"];
            /** @description Those of the test corpus; null without one */
            testCorpus: components["schemas"]["EvaluationAnalysesSimilarityCorpus"] | null;
        };
        EvaluationAnalysesSimilarityCorpus: {
            /** @description Persons compared, each by the mean of their templates */
            people: number;
            /** @description Every two models */
            pairs: components["schemas"]["EvaluationAnalysesSimilarityCorpusPair"][];
        };
        EvaluationAnalysesSimilarityCorpusPair: {
            first: string;
            second: string;
            /** @description Representational similarity (Kriegeskorte et al., 2008): Spearman's correlation, over every two persons, of their cosine under one model and under the other */
            rsa: components["schemas"]["Estimate"] | null;
            /** @description Linear centred kernel alignment (Kornblith et al., 2019), debiased (Song et al., 2012; Nguyen et al., 2021): expected to be 0 for unrelated models, whatever the number of persons and dimensions */
            cka: components["schemas"]["Estimate"] | null;
            /** @description The same without debiasing, for comparison with older reports: near 1 for any two models when there are fewer persons than dimensions */
            ckaBiased: number | null;
        };
        Estimate: {
            value: number;
            /** @description 2.5 % quantile */
            lower: number;
            /** @description 97.5 % quantile */
            upper: number;
        };
        EvaluationAnalysesFamilies: {
            /** @description Null when a true match rate is unknown */
            within: components["schemas"]["EvaluationAnalysesFamiliesWithin"] | null;
            /** @description On the test corpus; null without one */
            across: (components["schemas"]["EvaluationAnalysesFamiliesWithin"] | null) | null;
        };
        EvaluationAnalysesFamiliesWithin: {
            /** @description The cut of the clustering with the highest mean silhouette (Rousseeuw, 1987); all models are one family when that is at most 0.25, and when there are two models */
            families: components["schemas"]["EvaluationAnalysesFamiliesWithinFamily"][];
            /** @description Mean silhouette of this cut, -1 to 1; null when all models are one family */
            silhouette: number | null;
            /** @description Every two models */
            pairs: components["schemas"]["EvaluationAnalysesFamiliesWithinPair"][];
        };
        EvaluationAnalysesFamiliesWithinFamily: {
            models: string[];
            /** @description Share of the resamples of persons in which exactly these are a family */
            stability: number;
        };
        EvaluationAnalysesFamiliesWithinPair: {
            first: string;
            second: string;
            /** @description 1 - the mean TMR of both directions after alignment, and its interval */
            distance: components["schemas"]["Estimate"];
            /** @description Share of the resamples in which both are of one family */
            together: number;
        };
        EvaluationAnalysesDataEfficiency: {
            /** @description Held-out images that every map was measured on */
            samples: number;
            /** @description Every ordered pair */
            pairs: components["schemas"]["EvaluationAnalysesDataEfficiencyPair"][];
        };
        EvaluationAnalysesDataEfficiencyPair: {
            source: string;
            target: string;
            /** @description Nested subsets of the training identities, the last of all of them */
            points: components["schemas"]["EvaluationAnalysesDataEfficiencyPairPoint"][];
            /** @description Identities of the smallest subset from which on the TMR is at least 95 % of the last; null when half of them do not reach it: then more people are likely to help */
            identitiesFor95: number | null;
        };
        EvaluationAnalysesDataEfficiencyPairPoint: {
            /** @description Identities that fitted the map */
            identities: number;
            /** @description Their images */
            samples: number;
            /** @description TMR at the FMR of the evaluation; null when the comparisons do not support it */
            tmr: components["schemas"]["Estimate"] | null;
        };
        EvaluationAnalysesRidgeSensitivity: {
            /** @description Held-out images that every map was measured on */
            samples: number;
            /** @description Every ordered pair */
            pairs: components["schemas"]["EvaluationAnalysesRidgeSensitivityPair"][];
        };
        EvaluationAnalysesRidgeSensitivityPair: {
            source: string;
            target: string;
            /** @description Ridge regressions, from the strongest penalty to the weakest */
            points: components["schemas"]["EvaluationAnalysesRidgeSensitivityPairPoint"][];
            /** @description The penalty with the highest TMR, in hindsight */
            bestLambda: number | null;
            /** @description What lambda 0.1 loses against it. The best is chosen on the same people, so that its interval is optimistic */
            loss: components["schemas"]["Estimate"] | null;
        };
        EvaluationAnalysesRidgeSensitivityPairPoint: {
            lambda: number;
            /** @description TMR at the FMR of the evaluation; null when the comparisons do not support it */
            tmr: components["schemas"]["Estimate"] | null;
        };
        EvaluationAnalysesQuadratic: {
            /** @description What both maps were fitted on: at most 3,000 images */
            training: components["schemas"]["EvaluationAnalysesQuadraticTraining"];
            /** @description Held-out images that both were measured on */
            samples: number;
            /** @description Every ordered pair */
            pairs: components["schemas"]["EvaluationAnalysesQuadraticPair"][];
            /** @description Mean over the pairs */
            meanGain: components["schemas"]["Estimate"] | null;
        };
        EvaluationAnalysesQuadraticTraining: {
            samples: number;
            identities: number;
        };
        EvaluationAnalysesQuadraticPair: {
            source: string;
            target: string;
            /** @description Ridge regression */
            linear: components["schemas"]["EvaluationAnalysesQuadraticPairLinear"];
            /** @description Ridge regression on all features and all products of two of them */
            quadratic: components["schemas"]["EvaluationAnalysesQuadraticPairQuadratic"];
            /** @description TMR of the quadratic map minus that of the linear one, on the same people */
            gain: components["schemas"]["Estimate"] | null;
        };
        EvaluationAnalysesQuadraticPairLinear: {
            /** @description Penalty relative to the mean eigenvalue */
            lambda: number;
            /** @description TMR at the FMR of the evaluation; null when the comparisons do not support it */
            tmr: components["schemas"]["Estimate"] | null;
        };
        EvaluationAnalysesQuadraticPairQuadratic: {
            /** @description Penalty relative to the mean eigenvalue */
            lambda: number;
            /** @description TMR at the FMR of the evaluation; null when the comparisons do not support it */
            tmr: components["schemas"]["Estimate"] | null;
            /** @description Share of the variance of the features that products of two of them have */
            share: number;
        };
        EvaluationSummaryRequest: {
            corpus: string;
            testCorpus: string | null;
            models: string[];
            /** @enum {string} */
            method: "procrustes" | "linear" | "ridge" | "auto";
            fmr: number;
            seed: number;
            heldOutFraction: number;
            analyses?: ("similarity" | "families" | "dataEfficiency" | "ridgeSensitivity" | "quadratic")[];
        };
        EvaluationResult: {
            /** @enum {number} */
            schemaVersion: 1;
            models: components["schemas"]["EvaluationResultModel"][];
            /** @description False match rate of every TMR */
            fmr: number;
            seed: number;
            /** @description Share of the identities that fitted nothing */
            heldOutFraction: number;
            /** @description What every map was fitted on */
            training: components["schemas"]["EvaluationAnalysesQuadraticTraining"];
            /** @description Every ordered pair */
            maps: components["schemas"]["EvaluationResultMap"][];
            within: components["schemas"]["EvaluationReport"];
            /** @description The same maps on the test corpus; null without one. */
            across: components["schemas"]["EvaluationReport"] | null;
            /** @description Both side by side; null without a test corpus */
            generalisation: components["schemas"]["EvaluationResultGeneralisation"] | null;
            analyses?: components["schemas"]["EvaluationAnalyses"];
            warnings: string[];
        };
        EvaluationResultModel: {
            model: string;
            dimension: number;
        };
        EvaluationResultMap: {
            source: string;
            target: string;
            method: string;
            /** @description Ridge penalty relative to the mean eigenvalue of the source's Gram matrix; null for methods without */
            lambda: number | null;
            /** @description Rank of the weights; null for methods without */
            rank: number | null;
            /** @description How widely translated templates spread about the mean of the target: as the estimator has it, scaled to the total variance of the target's own, or `centred`: without that mean, so that a translated template is a direction about it and scores on a scale of its own */
            spread?: "fitted" | "restored" | "centred";
            /** @description Why this estimator */
            reason: string;
        };
        EvaluationResultGeneralisation: {
            /** @description How much harder the other corpus is, without any map */
            alone: components["schemas"]["EvaluationResultGeneralisationAlone"][];
            pairs: components["schemas"]["EvaluationResultGeneralisationPair"][];
            /** @description Mean over the models */
            meanChangeAlone: number | null;
            /** @description Mean over the pairs; what exceeds that of the models alone is what the maps lose */
            meanChangeAligned: number | null;
        };
        EvaluationResultGeneralisationAlone: {
            model: string;
            /** @description TMR on held-out persons of the corpus that the maps were fitted on */
            within: number | null;
            /** @description TMR on the other corpus */
            across: number | null;
            /** @description across - within */
            change: number | null;
        };
        EvaluationResultGeneralisationPair: {
            source: string;
            target: string;
            /** @description TMR on held-out persons of the corpus that the maps were fitted on */
            within: number | null;
            /** @description TMR on the other corpus */
            across: number | null;
            /** @description across - within */
            change: number | null;
        };
        GalleryTemplate: {
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            /**
             * @description `native`: made by the model from an image; `translated`: made by a map from a template of another model.
             * @enum {string}
             */
            provenance: "native" | "translated";
            /** @description Id of the map that translated them; null for native ones. */
            map: string | null;
            count: number;
        };
        GalleryUnusable: {
            count: number;
            /** @description The first 100. */
            templates: components["schemas"]["GalleryUnusableTemplate"][];
        };
        GalleryUnusableTemplate: {
            model: string;
            subject: string;
            reference: string;
        };
        SubjectTemplate: {
            reference: string;
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            /**
             * @description `native`: made by the model from an image; `translated`: made by a map from a template of another model.
             * @enum {string}
             */
            provenance: "native" | "translated";
            /** @description Id of the map that translated it; null for a native one. */
            map: string | null;
            /** @description As the caller gave it; null when unknown. */
            quality: number | null;
            /** @description Expected uncertainty of a translated template, from 0 to 1: the higher, the sooner to re-enrol. Null for a native one. */
            uncertainty: number | null;
            /** Format: date-time */
            enrolledAt: string;
        };
        MigrationEstimateCard: {
            fmr: number;
            /** @description TMR of the source's own templates. */
            sourceAlone: number | null;
            /** @description TMR of the target's own templates: what re-enrolling everybody would reach. */
            targetAlone: number | null;
            /** @description TMR of translated templates against the target's own templates: what searches reach after the migration. */
            translated: number | null;
            /** @description TMR of the originals against the target's own templates in the map's comparison space: what cross-model searches reach without the migration. */
            now: number | null;
            /** @description The card's verdict on the map; null in older cards. */
            verdict: components["schemas"]["CardVerdict"] | null;
        };
        MigrationEstimateShadow: {
            /** @description Number of subjects with several templates of the source, at most 500. */
            subjects: number;
            templates: number;
            /** @description Accuracy of their templates compared with one another, as they are now. */
            before: components["schemas"]["CardBaselinesRowMetrics"];
            /** @description Accuracy of the same templates, translated. */
            after: components["schemas"]["CardBaselinesRowMetrics"];
        };
        RecalibrationSource: {
            /** @description Templates that were compared; a sample of 8,000, by identity, when there are more */
            templates: number;
            /** @description Identities among them; a template without identity is one of its own */
            identities: number;
            /** @description Templates left out, because there are too many */
            leftOut: number;
        };
        RecalibrationCalibration: {
            comparison: components["schemas"]["Calibration"] | null;
            crossModel: components["schemas"]["Calibration"];
            source: components["schemas"]["Calibration"];
            target: components["schemas"]["Calibration"];
        };
        RecalibrationEvaluation: {
            comparison: components["schemas"]["Metrics"] | null;
            crossModel: components["schemas"]["Metrics"];
            sourceAlone: components["schemas"]["Metrics"];
            targetAlone: components["schemas"]["Metrics"];
        };
        RecalibrationBefore: {
            /** @description False match rate that was asked for */
            fmr: number;
            /** @description Threshold of the card for it */
            threshold: number;
            /** @description Share of the non-mated comparisons of these templates that reach it; null where they are too few for the rate */
            measured: number | null;
        };
        IdentificationSearch: {
            probe: components["schemas"]["SpaceReference"];
            /** @description The other models of the probes of `sets`. */
            others?: components["schemas"]["SpaceReference"][];
            threshold: components["schemas"]["IdentificationSearchThreshold"];
            groups: components["schemas"]["IdentificationSearchGroup"][];
        };
        IdentificationSearchThreshold: {
            /**
             * @description `measured`: the maps have enough held-out comparisons for the false match rates that this FPIR needs in a gallery of this size; `extrapolated`: a tail model of their scores is used; `unsupported`: there is no threshold.
             * @enum {string}
             */
            support: "measured" | "extrapolated" | "unsupported";
            /** @description Natural-log likelihood ratio at or above which a candidate is above the threshold; null when unsupported, when the calibration has none, and for keys that are only told decisions. */
            logLikelihoodRatio: number | null;
            /** @description 95 % interval of the bound of the FPIR at the threshold, by bootstrap over held-out identities; null when not measured. */
            interval: components["schemas"]["CalibrationPointInterval"] | null;
            /** @description False negative identification rate: the expected share of searches for enrolled people that miss them at the threshold; null when unknown. */
            fnir: number | null;
            /** @description The lowest FPIR that has a threshold; null when none has. */
            lowestFpir: number | null;
        };
        IdentificationSearchGroup: {
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint: string;
            /** @enum {string} */
            provenance: "native" | "translated";
            /** @description Id of the map that translated them; null for native ones. */
            translatedBy: string | null;
            /** @description Number of searched templates. */
            references: number;
            /** @description Number of templates left out because they cannot be read, see `unusable` of the gallery. */
            unusable: number;
            /**
             * @description `index`: some of the best may be missing.
             * @enum {string}
             */
            method: "exact" | "index";
            comparisonSpace: components["schemas"]["ComparisonSpace"];
            /** @description The map that defines the comparison space, or that translated both the templates and the probes of their old model; null for templates of the probe's model. */
            map: components["schemas"]["MapReference"] | null;
            /** @description The map whose held-out identities calibrate the scores; null when no active map involves the model. */
            calibration: components["schemas"]["MapReference"] | null;
            /** @description The calibration of that map that is active; null when that of its card holds. */
            ownCalibration: components["schemas"]["CalibrationReference"] | null;
            /** @description The ensemble that weighed several templates of the probe; `map` is then one of its maps. Absent where one template was compared. */
            ensemble?: components["schemas"]["IdentificationSearchGroupEnsemble"];
            /** @description The score at or above which a candidate of this group is above the threshold; null for keys that are only told decisions. */
            threshold: number | null;
        };
        IdentificationSearchGroupEnsemble: {
            /** @description Id of the ensemble. */
            id: string;
            /** @description Number of the ensemble among those of its models, from 1. */
            version: number;
        };
        IdentificationResult: {
            /** @description The caller's name for the probe. */
            id?: string;
            /** @description Index among the searches. */
            search: number;
            /** @description Best first, each subject once. A key that is only told decisions gets only those above the threshold. */
            candidates: components["schemas"]["IdentificationResultCandidate"][];
        };
        IdentificationResultCandidate: {
            rank: number;
            subject: string;
            attributes: {
                [key: string]: string | number | boolean;
            };
            /** @description Name of the subject's best template. */
            reference: string;
            /** @description Index among the groups of the search. */
            group: number;
            /** @description Comparison score of the probe and this template, comparable within a group. Null when the key is not told it: see `scores` of API keys. */
            score: number | null;
            /** @description Natural logarithm of the likelihood ratio of the disclosed score, same person against different people; comparable across groups. Null without a score or a calibration. */
            logLikelihoodRatio: number | null;
            /** @description Null when there is no threshold. */
            aboveThreshold: boolean | null;
            /** @description Uncertainty of a translated template, from 0 to 1; null for a native one. */
            uncertainty: number | null;
        };
        TakenFace: {
            /** @description Box in pixels of the upright image; x and y are the upper left corner. It may extend beyond the image. */
            box: components["schemas"]["FaceBox"];
            /** @description Left eye, right eye, nose, left and right corner of the mouth, as seen with the face upright. */
            landmarks: components["schemas"]["Point"][];
            /** @description Score of the detector, from 0 to 1; null for aligned crops. */
            detectionScore: number | null;
            /** @description Quality measures, each with its unit. How much each matters depends on the model. */
            quality: components["schemas"]["FaceQuality"];
            /** @description Measures beyond the limits of the service (`MIN_QUALITY`); empty when there are none. */
            shortfalls: components["schemas"]["QualityShortfall"][];
            /** @description Number of faces found in the image. With `faces=largest` the image is searched no further than needed for one. */
            facesFound: number;
            /** @description How many of them have no template because eyes, nose and mouth could not be told. */
            facesUnclear: number;
            /** @description How many of them are not in `faces` because their quality is beyond a limit. */
            facesRefused: number;
            /** @description How many more are not in `faces`: all others with `faces=largest`, those beyond the 64 largest with `faces=all`. */
            facesOmitted: number;
            /** @description Area of the largest face that is not in `faces`, in areas of the first that is; null when there is none. Near 1, the image shows two people as large as one another. */
            largestOmitted: number | null;
        };
        ComparisonSideWithTemplate: {
            template: components["schemas"]["Template"];
        };
        ComparisonSideWithTemplates: {
            /** @description Templates of one image under several models, at most one of each: every one is compared with every one of the other side, and an active ensemble with all of the models weighs the scores. */
            templates: components["schemas"]["Template"][];
        };
        ComparisonSideWithImage: {
            /** @description An image; its largest face is embedded. Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it. */
            image: string;
            /** @description The model to embed the image with. When absent: the model of the other side if it can embed, else the default model. */
            model?: string;
            /** @description The image is a square crop, aligned as ArcFace does. */
            aligned?: boolean;
        };
        ComparisonSideWithImageAndModels: {
            /** @description An image; its largest face is embedded. Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it. */
            image: string;
            /** @description Instead of `model`: several models to embed the image with, for an ensemble; see `templates`. */
            models: string[];
            /** @description The image is a square crop, aligned as ArcFace does. */
            aligned?: boolean;
        };
        FusedComparisonPart: {
            probe: components["schemas"]["SpaceReference"];
            reference: components["schemas"]["SpaceReference"];
            /** @description The map in whose comparison space the two were compared; null for templates of one model. */
            map: components["schemas"]["MapReference"] | null;
            /** @description Of its score in the sum; the weights add up to 1. */
            weight: number;
            /** @description Null when the key is not told exact scores. */
            score: number | null;
        };
        VerificationFaces: {
            probe: components["schemas"]["TakenFace"] | null;
            reference: components["schemas"]["TakenFace"] | null;
        };
        VerificationCalibration: {
            map: components["schemas"]["MapReference"];
            /** @description The calibration of the map that is active; null when that of its card holds. */
            own: components["schemas"]["CalibrationReference"] | null;
            /** @description Number of non-mated comparisons that the threshold comes from. */
            nonMatedComparisons: number;
            /** @description The lowest false match rate that has a threshold. */
            lowestFmr: number | null;
        };
        /** @description Metrics as Prometheus reads them. */
        MetricsText: string;
        /** @description The request does not have the expected form. */
        RequestInvalidProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "request-invalid";
            /** @constant */
            status: 400;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "request-invalid";
        };
        /** @description An API key is required. */
        KeyMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "key-missing";
            /** @constant */
            status: 401;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "key-missing";
        };
        /** @description The API key is not valid. */
        KeyInvalidProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "key-invalid";
            /** @constant */
            status: 401;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "key-invalid";
        };
        UnauthorizedProblem: components["schemas"]["KeyMissingProblem"] | components["schemas"]["KeyInvalidProblem"];
        /** @description The API key lacks the scope of the operation. */
        ScopeMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "scope-missing";
            /** @constant */
            status: 403;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "scope-missing";
        };
        /** @description The host or origin is not allowed. */
        OriginRefusedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "origin-refused";
            /** @constant */
            status: 403;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "origin-refused";
        };
        ForbiddenProblem: components["schemas"]["ScopeMissingProblem"] | components["schemas"]["OriginRefusedProblem"];
        /** @description The route does not support this method. */
        MethodNotAllowedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "method-not-allowed";
            /** @constant */
            status: 405;
        };
        /** @description The request did not arrive in time. */
        RequestTimeoutProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "request-timeout";
            /** @constant */
            status: 408;
        };
        /** @description The media type is not supported. */
        MediaTypeUnsupportedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "media-type-unsupported";
            /** @constant */
            status: 415;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "media-type-unsupported";
        };
        /** @description The API key exceeds its rate limit. */
        RateLimitedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "rate-limited";
            /** @constant */
            status: 429;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "rate-limited";
        };
        /** @description The address and the headers are too long. */
        HeadersTooLargeProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "headers-too-large";
            /** @constant */
            status: 431;
        };
        /** @description The service failed. */
        InternalProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "internal";
            /** @constant */
            status: 500;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "internal";
        };
        /** @description The service is not ready. */
        UnavailableProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "unavailable";
            /** @constant */
            status: 503;
            /** @description Of `GET /health/ready`: what is `ok` and what is `failing`. */
            checks?: {
                [key: string]: string;
            };
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "unavailable";
        };
        /** @description The service is overloaded. */
        OverloadedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "overloaded";
            /** @constant */
            status: 503;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "overloaded";
        };
        /** @description The database did not finish in time. */
        DatabaseTimeoutProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "database-timeout";
            /** @constant */
            status: 503;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "database-timeout";
        };
        ServiceUnavailableProblem: components["schemas"]["UnavailableProblem"] | components["schemas"]["OverloadedProblem"] | components["schemas"]["DatabaseTimeoutProblem"];
        /** @description The process is alive. */
        GetLivenessAnswer: {
            /** @enum {string} */
            status: "ok";
        };
        /** @description The service is ready. */
        GetReadinessAnswer: {
            /** @enum {string} */
            status: "ok";
            checks: components["schemas"]["GetReadinessAnswerChecks"];
            /**
             * @description The worst outcome of the self-tests of the models since the start. `changed`: a model makes other templates than before, see `GET /v1/models/{id}`. The service stays ready.
             * @enum {string}
             */
            selfTest: "untested" | "passed" | "recorded" | "changed";
        };
        GetReadinessAnswerChecks: {
            /** @enum {string} */
            database: "ok" | "failing";
            /** @enum {string} */
            migrations: "ok" | "failing";
            /** @enum {string} */
            catalogue: "ok" | "failing";
            /** @enum {string} */
            models: "ok" | "failing";
            /** @enum {string} */
            admissions: "ok" | "failing";
        };
        /** @description A page for people. */
        HtmlPage: string;
        /** @description There is no such route. */
        RouteUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "route-unknown";
            /** @constant */
            status: 404;
        };
        /** @description Newest first. */
        ListJobsAnswer: {
            jobs: components["schemas"]["Job"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        /** @description There is no such job. */
        JobUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "job-unknown";
            /** @constant */
            status: 404;
        };
        /** @description The resource has changed. */
        PreconditionFailedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "precondition-failed";
            /** @constant */
            status: 412;
        };
        /** @description The body could not be parsed. */
        BodyInvalidProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "body-invalid";
            /** @constant */
            status: 400;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "body-invalid";
        };
        BadRequestProblem: components["schemas"]["RequestInvalidProblem"] | components["schemas"]["BodyInvalidProblem"];
        /** @description The job has ended. */
        JobEndedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "job-ended";
            /** @constant */
            status: 409;
        };
        /** @description The body is too large. */
        BodyTooLargeProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "body-too-large";
            /** @constant */
            status: 413;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "body-too-large";
        };
        EmbedImageRequest: {
            /** @description The image. Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it. */
            image: string;
        };
        EmbedImageForm: {
            /**
             * Format: binary
             * @description The file of the image.
             */
            image: Blob;
        };
        /**
         * Format: binary
         * @description The file of an image.
         */
        ImageBytes: Blob;
        /** @description There is no such model. */
        ModelUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "model-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "model-unknown";
        };
        /** @description None of the accepted media types can be produced. */
        NotAcceptableProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "not-acceptable";
            /** @constant */
            status: 406;
        };
        /** @description The model is template-only and cannot embed images. */
        ModelCannotEmbedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "model-cannot-embed";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "model-cannot-embed";
        };
        /** @description The image has too many pixels. */
        ImageTooLargeProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "image-too-large";
            /** @constant */
            status: 413;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "image-too-large";
        };
        EmbedImagePayloadTooLarge: components["schemas"]["BodyTooLargeProblem"] | components["schemas"]["ImageTooLargeProblem"];
        /** @description The bytes are not an image of a supported format. */
        ImageUnsupportedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "image-unsupported";
            /** @constant */
            status: 415;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "image-unsupported";
        };
        EmbedImageUnsupportedMediaType: components["schemas"]["MediaTypeUnsupportedProblem"] | components["schemas"]["ImageUnsupportedProblem"];
        /** @description The image is damaged. */
        ImageDamagedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "image-damaged";
            /** @constant */
            status: 422;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "image-damaged";
        };
        /** @description No face was found in the image. */
        FaceMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "face-missing";
            /** @constant */
            status: 422;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "face-missing";
        };
        /** @description The face in the image cannot be told clearly. */
        FaceUnclearProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "face-unclear";
            /** @constant */
            status: 422;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "face-unclear";
        };
        /** @description The face is below the minimum quality. */
        QualityLowProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "quality-low";
            /** @constant */
            status: 422;
            /** @description Each measure beyond its limit. */
            failed?: components["schemas"]["QualityLowProblemFailed"][];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "quality-low";
        };
        QualityLowProblemFailed: {
            measure: string;
            value: number;
            /** @enum {string} */
            bound: "minimum" | "maximum";
            limit: number;
        };
        /** @description A model made no template of the face. */
        TemplateMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "template-missing";
            /** @constant */
            status: 422;
            /** @description The models that made no template. */
            models?: string[];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "template-missing";
        };
        EmbedImageUnprocessableEntity: components["schemas"]["ImageDamagedProblem"] | components["schemas"]["FaceMissingProblem"] | components["schemas"]["FaceUnclearProblem"] | components["schemas"]["QualityLowProblem"] | components["schemas"]["TemplateMissingProblem"];
        /**
         * Format: binary
         * @description A NumPy file (.npy) of shape (n, d), float32.
         */
        NpyFile: Blob;
        /**
         * Format: binary
         * @description Rows of little-endian float32, one after the other, without any header.
         */
        Float32Rows: Blob;
        TranslateTemplatesRequest: {
            /** @description The model into whose space the templates are translated. */
            target: string;
            /** @description Templates of any models. */
            templates: components["schemas"]["Template"][];
        };
        /** @description The API key does not cover this pair of models. */
        PairForbiddenProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "pair-forbidden";
            /** @constant */
            status: 403;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "pair-forbidden";
        };
        TranslateTemplatesForbidden: components["schemas"]["ScopeMissingProblem"] | components["schemas"]["OriginRefusedProblem"] | components["schemas"]["PairForbiddenProblem"];
        /** @description The template belongs to another space. */
        FingerprintMismatchProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "fingerprint-mismatch";
            /** @constant */
            status: 409;
            /** @description Active maps that touch one of the spaces. */
            maps?: components["schemas"]["MapLink"][];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "fingerprint-mismatch";
        };
        MapLink: {
            id: string;
            source: string;
            target: string;
        };
        /** @description No active map connects the two spaces. */
        MapMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "map-missing";
            /** @constant */
            status: 409;
            /** @description Active maps that touch one of the spaces. */
            maps?: components["schemas"]["MapLink"][];
            /** @description Fitted maps that would help once activated. */
            waiting?: components["schemas"]["WaitingMap"][];
            /** @description Pairs of active maps that can be composed into one. */
            routes?: components["schemas"]["MapRoute"][];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "map-missing";
        };
        WaitingMap: {
            id: string;
            version: number;
            source: string;
            target: string;
            verdict: string | null;
            activate: string;
        };
        MapRoute: {
            source: string;
            via: string;
            target: string;
            maps: string[];
        };
        /** @description The map is retired. */
        MapRetiredProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "map-retired";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "map-retired";
        };
        TranslateTemplatesConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"];
        /** @description A template is not valid. */
        TemplateInvalidProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "template-invalid";
            /** @constant */
            status: 422;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "template-invalid";
        };
        /** @description The templates do not look like those of their model. */
        TemplateForeignProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "template-foreign";
            /** @constant */
            status: 422;
            model?: string;
            /** @description The registered model that explains the templates better. */
            likelier?: string | null;
            flagged?: number;
            checked?: number;
            falseAlarmRate?: number;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "template-foreign";
        };
        TranslateTemplatesUnprocessableEntity: components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"];
        /** @description The API key has used up its daily budget. */
        BudgetExhaustedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "budget-exhausted";
            /** @constant */
            status: 429;
            /** @description The budget of the API key; `resetsIn` is in seconds. */
            budget?: components["schemas"]["BudgetExhaustedProblemBudget"];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "budget-exhausted";
        };
        BudgetExhaustedProblemBudget: {
            templatesPerDay: number;
            left: number;
            resetsIn: number;
        };
        TranslateTemplatesTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["BudgetExhaustedProblem"];
        VerifyRequest: {
            probe: components["schemas"]["ComparisonSide"];
            reference: components["schemas"]["ComparisonSide"];
            /**
             * @description The false match rate at which to decide.
             * @default 0.001
             */
            fmr?: number;
            /** @description Limits on the quality of the face, by measure. A face beyond one of them is refused with 422 `quality-low`. Yaw, pitch and roll are taken without their sign; those of aligned crops are unknown and not judged. */
            minQuality?: components["schemas"]["VerifyRequestMinQuality"];
            /** @description Id of the active ensemble for several templates a side. When absent: the one of the fewest models that has all of them. One template a side is compared without an ensemble. */
            ensemble?: string;
        };
        VerifyRequestMinQuality: {
            /** @description At least, pixels. */
            interEyeDistance?: number;
            /** @description At least, squared grey levels. */
            sharpness?: number;
            /** @description At least, grey levels. */
            brightness?: number;
            /** @description At least, grey levels. */
            contrast?: number;
            /** @description At least, bits. */
            dynamicRange?: number;
            /** @description At least, from 0 to 1. */
            illuminationUniformity?: number;
            /** @description At most, share of the crop. */
            underExposed?: number;
            /** @description At most, share of the crop. */
            overExposed?: number;
            /** @description At most, share of the crop. */
            outside?: number;
            /** @description At most, degrees either way. */
            roll?: number;
            /** @description At most, distances between the eyes, either way. */
            yaw?: number;
            /** @description At most, distances from eyes to mouth, either way. */
            pitch?: number;
        };
        VerifyForm: {
            /**
             * Format: binary
             * @description The file of an image, or a template in JSON: a file of type `application/json`, or text.
             */
            probe: Blob;
            /**
             * Format: binary
             * @description Likewise.
             */
            reference: Blob;
            /**
             * @description See the JSON body.
             * @default 0.001
             */
            fmr?: number;
            /** @description The model to embed images with; see the JSON body. */
            model?: string;
            /**
             * @description The images are square crops, aligned as ArcFace does.
             * @default false
             */
            aligned?: boolean;
            /** @description Limits on the quality of the faces, such as `interEyeDistance:40,yaw:0.3`. */
            minQuality?: string;
        };
        VerifyForbidden: components["schemas"]["ScopeMissingProblem"] | components["schemas"]["OriginRefusedProblem"] | components["schemas"]["PairForbiddenProblem"];
        /** @description No active ensemble has all of the models. */
        EnsembleMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "ensemble-missing";
            /** @constant */
            status: 409;
            /** @description Active ensembles whose maps are all active. */
            ensembles?: components["schemas"]["EnsembleMissingProblemEnsemble"][];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "ensemble-missing";
        };
        EnsembleMissingProblemEnsemble: {
            id: string;
            version: number;
            models: string[];
        };
        VerifyConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["EnsembleMissingProblem"] | components["schemas"]["ModelCannotEmbedProblem"];
        VerifyPayloadTooLarge: components["schemas"]["BodyTooLargeProblem"] | components["schemas"]["ImageTooLargeProblem"];
        VerifyUnsupportedMediaType: components["schemas"]["MediaTypeUnsupportedProblem"] | components["schemas"]["ImageUnsupportedProblem"];
        VerifyUnprocessableEntity: components["schemas"]["ImageDamagedProblem"] | components["schemas"]["FaceMissingProblem"] | components["schemas"]["FaceUnclearProblem"] | components["schemas"]["QualityLowProblem"] | components["schemas"]["TemplateMissingProblem"] | components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"];
        VerifyTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["BudgetExhaustedProblem"];
        CompareTemplatesRequest: {
            /** @description Templates of one model. */
            probes: components["schemas"]["Template"][];
            /** @description Templates of one model, the same or another. Without them the probes are compared with one another. */
            references?: components["schemas"]["Template"][];
        };
        CompareTemplatesForm: {
            /**
             * Format: binary
             * @description An .npy file, or rows of little-endian float32.
             */
            probes: Blob;
            /**
             * Format: binary
             * @description An .npy file, or rows of little-endian float32.
             */
            references?: Blob;
        };
        /** @description The API key may not see scores. */
        ScoresWithheldProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "scores-withheld";
            /** @constant */
            status: 403;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "scores-withheld";
        };
        CompareTemplatesForbidden: components["schemas"]["ScopeMissingProblem"] | components["schemas"]["OriginRefusedProblem"] | components["schemas"]["PairForbiddenProblem"] | components["schemas"]["ScoresWithheldProblem"];
        CompareTemplatesConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"];
        CompareTemplatesUnprocessableEntity: components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"];
        CompareTemplatesTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["BudgetExhaustedProblem"];
        FitMapRequest: components["schemas"]["FitMapRequestWithCorpus"] | components["schemas"]["FitMapRequestWithPairs"];
        FitMapRequestPair: {
            /** @description Name of the image. */
            sample?: string;
            /** @description The person: images of one person stay on one side of every split. */
            identity?: string;
            /** @description The group of the image, such as a demographic group or a site: the card reports figures for each group. */
            group?: string;
            source?: components["schemas"]["TemplateVector"];
            target?: components["schemas"]["TemplateVector"];
        };
        TemplateVector: components["schemas"]["TemplateVectorWithVector"] | components["schemas"]["TemplateVectorWithData"];
        TemplateVectorWithVector: {
            /** @description The numbers of the vector. */
            vector: number[];
        };
        TemplateVectorWithData: {
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data: string;
        };
        FitMapRequestWithCorpus: {
            /** @description The model whose templates are translated. */
            source: string;
            /** @description The model into whose space they are translated. */
            target: string;
            /**
             * @description The estimator; `auto` chooses by cross-validation over identities. `composition` fits nothing: it composes two active maps into one, and evaluates and calibrates that on these pairs.
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "dual" | "procrustes" | "linear" | "ridge" | "low-rank-ridge" | "composition";
            /** @description For `ridge` and `low-rank-ridge`: the penalty relative to the mean eigenvalue of the source's Gram matrix. Cross-validated when absent. */
            lambda?: number;
            /** @description For `low-rank-ridge`: the rank of the weights, no more than the smaller dimension. Cross-validated when absent. */
            rank?: number;
            /**
             * @description For a named estimator: `restored` scales the weights so that translated templates spread about the target mean as widely as native ones; `fitted`, the default, leaves them as they are. `auto` chooses.
             * @enum {string}
             */
            spread?: "fitted" | "restored" | "centred";
            /** @description For `composition`: the model between the two maps. When absent, every model with active maps from the source and to the target is tried, and the best on the training identities is taken. */
            via?: string;
            /**
             * @description Seed of the split by identity and of every other random draw.
             * @default 42
             */
            seed?: number;
            /** @description Share of the identities held out of the fit, to evaluate and calibrate the map. Default: everybody fits the map, and its card comes from cross-fitting: five folds of identities, each scored by the same kind of map fitted on the other four. */
            heldOutFraction?: number;
            /**
             * @description Whether to activate the map at once, as `activateMap` does; this also requires the scope `admin`. A map whose card says `unfit` stays `fitted`, and the answer is 409 `map-not-activated`.
             * @default false
             */
            activate?: boolean;
            /**
             * @description With `activate`: whether to activate the map even if its card says `unfit`.
             * @default false
             */
            activateUnfit?: boolean;
            /** @description Id of a corpus: every sample with a template under both models is a pair. */
            corpus: string;
        };
        FitMapRequestWithPairs: {
            /** @description The model whose templates are translated. */
            source: string;
            /** @description The model into whose space they are translated. */
            target: string;
            /**
             * @description The estimator; `auto` chooses by cross-validation over identities. `composition` fits nothing: it composes two active maps into one, and evaluates and calibrates that on these pairs.
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "dual" | "procrustes" | "linear" | "ridge" | "low-rank-ridge" | "composition";
            /** @description For `ridge` and `low-rank-ridge`: the penalty relative to the mean eigenvalue of the source's Gram matrix. Cross-validated when absent. */
            lambda?: number;
            /** @description For `low-rank-ridge`: the rank of the weights, no more than the smaller dimension. Cross-validated when absent. */
            rank?: number;
            /**
             * @description For a named estimator: `restored` scales the weights so that translated templates spread about the target mean as widely as native ones; `fitted`, the default, leaves them as they are. `auto` chooses.
             * @enum {string}
             */
            spread?: "fitted" | "restored" | "centred";
            /** @description For `composition`: the model between the two maps. When absent, every model with active maps from the source and to the target is tried, and the best on the training identities is taken. */
            via?: string;
            /**
             * @description Seed of the split by identity and of every other random draw.
             * @default 42
             */
            seed?: number;
            /** @description Share of the identities held out of the fit, to evaluate and calibrate the map. Default: everybody fits the map, and its card comes from cross-fitting: five folds of identities, each scored by the same kind of map fitted on the other four. */
            heldOutFraction?: number;
            /**
             * @description Whether to activate the map at once, as `activateMap` does; this also requires the scope `admin`. A map whose card says `unfit` stays `fitted`, and the answer is 409 `map-not-activated`.
             * @default false
             */
            activate?: boolean;
            /**
             * @description With `activate`: whether to activate the map even if its card says `unfit`.
             * @default false
             */
            activateUnfit?: boolean;
            /** @description Inline pairs: templates of the same image under both models. */
            pairs: components["schemas"]["FitMapRequestPair"][];
        };
        /** @description There is no such corpus. */
        CorpusUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "corpus-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "corpus-unknown";
        };
        FitMapNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        /** @description The idempotency key was already used for another request. */
        IdempotencyConflictProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "idempotency-conflict";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "idempotency-conflict";
        };
        /** @description The map is fitted but not active. */
        MapNotActivatedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "map-not-activated";
            /** @constant */
            status: 409;
            map?: components["schemas"]["MapName"];
            verdict?: string | null;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "map-not-activated";
        };
        MapName: {
            id: string;
            version: number;
            source: string;
            target: string;
        };
        FitMapConflict: components["schemas"]["IdempotencyConflictProblem"] | components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["MapNotActivatedProblem"];
        /** @description The data do not support a fit. */
        PairsInsufficientProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "pairs-insufficient";
            /** @constant */
            status: 422;
            expected?: number;
            received?: number;
            side?: string;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "pairs-insufficient";
        };
        /** @description A sample has a template under one of the models only. */
        PairsOneSidedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "pairs-one-sided";
            /** @constant */
            status: 422;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "pairs-one-sided";
        };
        /** @description The templates do not span their space. */
        PairsRankDeficientProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "pairs-rank-deficient";
            /** @constant */
            status: 422;
            side?: string;
            rank?: number;
            expected?: number;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "pairs-rank-deficient";
        };
        FitMapUnprocessableEntity: components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["PairsInsufficientProblem"] | components["schemas"]["PairsOneSidedProblem"] | components["schemas"]["PairsRankDeficientProblem"];
        /** @description The API key has reached its limit of jobs. */
        JobsExhaustedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "jobs-exhausted";
            /** @constant */
            status: 429;
            /** @description Open jobs of the API key. */
            jobs?: components["schemas"]["JobsExhaustedProblemJobs"];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "jobs-exhausted";
        };
        JobsExhaustedProblemJobs: {
            limit: number;
            open: number;
            retryAfter: number;
        };
        FitMapTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["JobsExhaustedProblem"];
        /** @description Stored data failed the integrity check. */
        IntegrityFailedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "integrity-failed";
            /** @constant */
            status: 500;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "integrity-failed";
        };
        FitMapInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description Oldest first, without their cards. */
        ListMapsAnswer: {
            maps: components["schemas"]["MapSummary"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        /** @description There is no such map. */
        MapUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "map-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "map-unknown";
        };
        /** @description Whether to fit again. */
        AdviseRefitAnswer: {
            /** @description Whether a fit is expected to pay. */
            suggested: boolean;
            /** @description Why, in a sentence. */
            reason: string;
            /** @description People that the map was fitted on. */
            before: number;
            /** @description People that the corpus has pairs of. */
            now: number;
            /** @description The false match rate of the gain; null where the card has none. */
            fmr: number | null;
            /** @description Of the TMR at `fmr`; null where the card does not tell, or there are hardly more people. */
            expectedGain: number | null;
        };
        AdviseRefitNotFound: components["schemas"]["MapUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        /** Format: binary */
        DownloadMapOnnxAnswerLines: Blob;
        /** @description The service has no signing key. */
        SigningKeyMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "signing-key-missing";
            /** @constant */
            status: 409;
        };
        /** Format: binary */
        DownloadMapSafetensorsAnswerLines: Blob;
        /**
         * Format: binary
         * @description A map with its card, signed.
         */
        MapBundle: Blob;
        /** @description The bundle is not signed by a trusted key. */
        BundleUntrustedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "bundle-untrusted";
            /** @constant */
            status: 403;
        };
        /** @description Another map has this id. */
        MapExistsProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "map-exists";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "map-exists";
        };
        ImportMapConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["MapExistsProblem"];
        /** @description The file is not an intact bundle. */
        BundleInvalidProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "bundle-invalid";
            /** @constant */
            status: 422;
        };
        EvaluateModelsRequest: {
            /** @description Id of a corpus. Samples with a template under every model are used: those of the training identities fit the maps, the rest test them. */
            corpus: string;
            /** @description When absent, all models with templates in the corpora. */
            models?: string[];
            /** @description Id of another corpus to test the same maps on: how well they generalise to other data. */
            testCorpus?: string;
            /**
             * @description The estimator of every map; `ridge` has the relative penalty 0.1. `auto` chooses for each pair by cross-validation, which takes many times longer.
             * @default ridge
             * @enum {string}
             */
            method?: "procrustes" | "linear" | "ridge" | "auto";
            /**
             * @description False match rate at which true match rates are given.
             * @default 0.001
             */
            fmr?: number;
            /**
             * @description Seed of the split by identity and of every other random draw.
             * @default 42
             */
            seed?: number;
            /**
             * @description Share of the identities of the corpus held out of the fits.
             * @default 0.3
             */
            heldOutFraction?: number;
            /**
             * @description What to measure beside the matrix, each with its interval. `similarity`: RSA and debiased linear CKA of every two
             *     models. `families`: clusters of models, and how stable they are. `dataEfficiency`: true match rate by number of fitting
             *     identities. `ridgeSensitivity`: true match rate by penalty. `quadratic`: whether a quadratic map does better than a linear
             *     one. The first two take seconds; the others take longer than everything else together, `quadratic` longest.
             * @default [
             *       "similarity",
             *       "families"
             *     ]
             */
            analyses?: ("similarity" | "families" | "dataEfficiency" | "ridgeSensitivity" | "quadratic")[];
        };
        EvaluateModelsNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        EvaluateModelsUnprocessableEntity: components["schemas"]["PairsInsufficientProblem"] | components["schemas"]["PairsRankDeficientProblem"];
        EvaluateModelsTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["JobsExhaustedProblem"];
        EvaluateModelsInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description Oldest first, without their figures. */
        ListEvaluationsAnswer: {
            evaluations: components["schemas"]["EvaluationSummary"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        /** @description There is no such evaluation. */
        EvaluationUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "evaluation-unknown";
            /** @constant */
            status: 404;
        };
        FitEnsembleRequest: {
            /** @description Id of a corpus: its samples with a template under every one of the models. Ten identities or more have several of them. */
            corpus: string;
            /** @description The models of the templates. Every two of them need an active map, in either direction. */
            models: string[];
            /**
             * @description Seed of the folds and of every other random draw.
             * @default 42
             */
            seed?: number;
        };
        FitEnsembleNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        FitEnsembleConflict: components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["IdempotencyConflictProblem"];
        FitEnsembleUnprocessableEntity: components["schemas"]["PairsInsufficientProblem"] | components["schemas"]["TemplateInvalidProblem"];
        FitEnsembleInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description Oldest first, without their cards. */
        ListEnsemblesAnswer: {
            ensembles: components["schemas"]["ListEnsemblesAnswerEnsemble"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        ListEnsemblesAnswerEnsemble: {
            /** @description Id of an ensemble. */
            id: string;
            /** @description Number of the ensemble among those of its models, from 1. */
            version: number;
            /** @description Its models, by name. */
            models: string[];
            /**
             * @description At most one ensemble of the same models is active; a retired one never serves again.
             * @enum {string}
             */
            state: "fitted" | "active" | "retired";
            /** @description Whether it is active and all of its maps are: what was weighed and calibrated with one map does not hold with another. */
            serving: boolean;
            /** @description The corpus that it was fitted on, if it is still stored. */
            corpusId: string | null;
            /** Format: date-time */
            createdAt: string;
            activatedAt: string | null;
            retiredAt: string | null;
        };
        /** @description There is no such ensemble. */
        EnsembleUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "ensemble-unknown";
            /** @constant */
            status: 404;
        };
        /** @description The ensemble is retired. */
        EnsembleRetiredProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "ensemble-retired";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "ensemble-retired";
        };
        ActivateEnsembleConflict: components["schemas"]["EnsembleRetiredProblem"] | components["schemas"]["MapMissingProblem"];
        /** @description The models with their current spaces, ordered by id. */
        ListModelsAnswer: {
            models: components["schemas"]["Model"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        RegisterModelRequest: {
            id: string;
            /** @description A name for people. */
            title: string;
            /** @description The version of the vendor's model. Another version is another space: register it under another id. */
            version: string;
            dimension: number;
            /**
             * @description The licence of the model.
             * @default not stated
             */
            licence?: string;
        };
        /** @description The model is registered with other properties. */
        ModelExistsProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "model-exists";
            /** @constant */
            status: 409;
            /** @description Id of the model. */
            model?: string;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "model-exists";
        };
        TestOwnTemplatesRequest: {
            /** @description Templates of images that you keep, the same ones every time. */
            canaries: components["schemas"]["TestOwnTemplatesRequestCanary"][];
            /**
             * @description The largest deviation that passes, see the answer.
             * @default 0.035
             */
            tolerance?: number;
        };
        TestOwnTemplatesRequestCanary: {
            /** @description Your name for the image. */
            canary: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description The numbers of the vector. */
            vector?: number[];
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data?: string;
        };
        /** @description What was forgotten. */
        ForgetCanariesAnswer: {
            /** @description Of how many images. */
            canaries: number;
        };
        CreateHubRequest: {
            /** @description Id of the hub as a model. */
            id: string;
            /** @description A human-readable name. */
            title: string;
            /** @description The models that it connects. */
            models: string[];
            /** @description Id of a corpus: every sample with a template under all of the models is used. */
            corpus: string;
            /**
             * @description Maximum dimension of the hub; it is lower if the models agree in fewer directions.
             * @default 256
             */
            dimension?: number;
            /**
             * @description Seed of the split by identity. Fit the maps of the hub with the same one.
             * @default 42
             */
            seed?: number;
            /**
             * @description Share of the identities held out of the fit. Fit the maps of the hub with the same one: cross-fitting would evaluate them on people who made the hub.
             * @default 0.3
             */
            heldOutFraction?: number;
        };
        CreateHubNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        CreateHubConflict: components["schemas"]["ModelExistsProblem"] | components["schemas"]["IdempotencyConflictProblem"];
        CreateHubUnprocessableEntity: components["schemas"]["PairsInsufficientProblem"] | components["schemas"]["PairsRankDeficientProblem"];
        CreateHubTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["JobsExhaustedProblem"];
        CreateHubInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description The calibration that the first call with this idempotency key made. */
        CalibrateMapAnswer: {
            /** @description Id of a calibration of a map. */
            id: string;
            /** @description Id of a map. */
            map: string;
            /** @description Number of the calibration within its map, from 1. */
            version: number;
            /**
             * @description At most one calibration of a map is active and takes the place of that of its card; a retired one never serves again.
             * @enum {string}
             */
            state: "stored" | "active" | "retired";
            /** @description The corpus that it was made from, if it is still stored. */
            corpusId: string | null;
            /** Format: date-time */
            createdAt: string;
            activatedAt: string | null;
            retiredAt: string | null;
            result: components["schemas"]["Recalibration"];
            guard: components["schemas"]["BatchGuard"];
        };
        /** @description Exactly one of `corpus` and `templates`. */
        CalibrateMapRequest: components["schemas"]["CalibrateMapRequestWithCorpus"] | components["schemas"]["CalibrateMapRequestWithTemplates"];
        CalibrateMapRequestTemplate: components["schemas"]["CalibrateMapRequestTemplateWithVector"] | components["schemas"]["CalibrateMapRequestTemplateWithData"];
        CalibrateMapRequestTemplateWithVector: {
            /** @description Name of the image: templates of both models with one name are of the same image, and not compared. */
            sample?: string;
            /** @description The person. A template without one counts as a person of its own. */
            identity?: string;
            /** @description The source or the target of the map. */
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description The numbers of the vector. */
            vector: number[];
        };
        CalibrateMapRequestTemplateWithData: {
            /** @description Name of the image: templates of both models with one name are of the same image, and not compared. */
            sample?: string;
            /** @description The person. A template without one counts as a person of its own. */
            identity?: string;
            /** @description The source or the target of the map. */
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data: string;
        };
        CalibrateMapRequestWithCorpus: {
            /** @description Id of a corpus: all of its templates under either model of the map, paired or not. */
            corpus: string;
            /**
             * @description `own` centres the comparison space of the map on these templates, since cameras and people differ; `kept` leaves it as it is.
             * @default own
             * @enum {string}
             */
            means?: "own" | "kept";
            /**
             * @description Seed of the bootstrap, and of the sample when there are many templates.
             * @default 42
             */
            seed?: number;
        };
        CalibrateMapRequestWithTemplates: {
            /** @description Inline templates; they are not stored. */
            templates: components["schemas"]["CalibrateMapRequestTemplate"][];
            /**
             * @description `own` centres the comparison space of the map on these templates, since cameras and people differ; `kept` leaves it as it is.
             * @default own
             * @enum {string}
             */
            means?: "own" | "kept";
            /**
             * @description Seed of the bootstrap, and of the sample when there are many templates.
             * @default 42
             */
            seed?: number;
        };
        CalibrateMapNotFound: components["schemas"]["MapUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"] | components["schemas"]["ModelUnknownProblem"];
        CalibrateMapConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["IdempotencyConflictProblem"];
        CalibrateMapUnprocessableEntity: components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"] | components["schemas"]["PairsInsufficientProblem"];
        CalibrateMapInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description Oldest first, without their results. */
        ListMapCalibrationsAnswer: {
            calibrations: components["schemas"]["ListMapCalibrationsAnswerCalibration"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        ListMapCalibrationsAnswerCalibration: {
            /** @description Id of a calibration of a map. */
            id: string;
            /** @description Id of a map. */
            map: string;
            /** @description Number of the calibration within its map, from 1. */
            version: number;
            /**
             * @description At most one calibration of a map is active and takes the place of that of its card; a retired one never serves again.
             * @enum {string}
             */
            state: "stored" | "active" | "retired";
            /** @description The corpus that it was made from, if it is still stored. */
            corpusId: string | null;
            /** Format: date-time */
            createdAt: string;
            activatedAt: string | null;
            retiredAt: string | null;
        };
        /** @description The map has no such calibration. */
        CalibrationUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "calibration-unknown";
            /** @constant */
            status: 404;
        };
        /** @description The calibration is retired. */
        CalibrationRetiredProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "calibration-retired";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "calibration-retired";
        };
        ActivateMapCalibrationConflict: components["schemas"]["CalibrationRetiredProblem"] | components["schemas"]["MapRetiredProblem"];
        CreateCorpusRequest: {
            /** @description A name for people. */
            name: string;
            /**
             * @description What a pair is: two templates of one image, or of one person in two images, for old templates whose photographs are gone. It cannot be changed.
             * @default image
             * @enum {string}
             */
            pairing?: "image" | "identity";
        };
        /** @description Oldest first. */
        ListCorporaAnswer: {
            corpora: components["schemas"]["ListCorporaAnswerCorpus"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        ListCorporaAnswerCorpus: {
            id: string;
            name: string;
            /**
             * @description `image`: templates of one sample under two models are a pair. `identity`: a pair is a template of a person under one model and a template of the same person, from another image, under the other.
             * @enum {string}
             */
            pairing: "image" | "identity";
            /** Format: date-time */
            createdAt: string;
        };
        /** @description What was deleted. */
        DeleteIdentityAnswer: {
            /** @description Samples deleted; 0 if the corpus has none of the person. */
            samples: number;
            templates: number;
        };
        /** @description The templates are stored. */
        AddTemplatesAnswer: {
            /** @description Templates added. */
            added: number;
            /** @description Templates that the corpus already had, with identical numbers. */
            unchanged: number;
        };
        AddTemplatesRequest: {
            templates: components["schemas"]["AddTemplatesRequestTemplate"][];
        };
        AddTemplatesRequestTemplate: components["schemas"]["AddTemplatesRequestTemplateWithVector"] | components["schemas"]["AddTemplatesRequestTemplateWithData"];
        AddTemplatesRequestTemplateWithVector: {
            /** @description Name of the sample, an image. Templates of the same sample under two models are a pair. */
            sample: string;
            /** @description The person. */
            identity?: string;
            /** @description Group by which cards break down their figures, such as a demographic group or a site. */
            group?: string;
            /** @description For a sample from a running service: the `X-Request-Id` of the verification or search that matched it with its identity, which the audit has. */
            verification?: string;
            /** @description The numbers of the vector. */
            vector: number[];
        };
        AddTemplatesRequestTemplateWithData: {
            /** @description Name of the sample, an image. Templates of the same sample under two models are a pair. */
            sample: string;
            /** @description The person. */
            identity?: string;
            /** @description Group by which cards break down their figures, such as a demographic group or a site. */
            group?: string;
            /** @description For a sample from a running service: the `X-Request-Id` of the verification or search that matched it with its identity, which the audit has. */
            verification?: string;
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data: string;
        };
        /** @description One JSON object per line. */
        AddTemplatesRequestLines: string;
        AddTemplatesForm: {
            /**
             * Format: binary
             * @description The .npy file.
             */
            templates: Blob;
            /**
             * Format: binary
             * @description The CSV file.
             */
            samples: Blob;
        };
        AddTemplatesNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        /** @description Another template of this model has this name. */
        TemplateExistsProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "template-exists";
            /** @constant */
            status: 409;
            subject?: string;
            reference?: string;
            sample?: string;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "template-exists";
        };
        AddTemplatesConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["TemplateExistsProblem"];
        AddTemplatesInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description The templates of this face are stored; of several images, the means, and this is the face that counts most. */
        AddImageAnswer: {
            face: components["schemas"]["TakenFace"];
            /** @description What became of each image, in the order of the request; only with `combine`. */
            images?: components["schemas"]["ImageOutcome"][];
            /** @description Templates added. */
            added: number;
            /** @description Templates that the corpus already had, with identical numbers. */
            unchanged: number;
        };
        ImageOutcome: {
            /** @description Share of the mean; 0 for an image that was left out. */
            weight: number;
            /** @description Null when there is none that can be embedded. */
            face: components["schemas"]["TakenFace"] | null;
            /** @description Why it was left out; null when it was not. */
            omitted: components["schemas"]["ImageOutcomeOmitted"] | null;
        };
        ImageOutcomeOmitted: {
            /** @description Code of a problem; `images-differ` when it is of another person. */
            code: string;
            detail: string;
        };
        AddImageRequest: {
            /** @description The image. Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it. */
            image: string;
        };
        AddImageForm: {
            /** @description The file of the image; with `combine`, up to 10 files of this name. */
            image: Blob | Blob[];
        };
        AddImageNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["CorpusUnknownProblem"];
        /** @description No threshold is available for the rate. */
        ThresholdUnsupportedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "threshold-unsupported";
            /** @constant */
            status: 409;
            lowestFpir?: number | null;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "threshold-unsupported";
        };
        AddImageConflict: components["schemas"]["ModelCannotEmbedProblem"] | components["schemas"]["TemplateExistsProblem"] | components["schemas"]["ThresholdUnsupportedProblem"];
        AddImagePayloadTooLarge: components["schemas"]["BodyTooLargeProblem"] | components["schemas"]["ImageTooLargeProblem"];
        AddImageUnsupportedMediaType: components["schemas"]["MediaTypeUnsupportedProblem"] | components["schemas"]["ImageUnsupportedProblem"];
        /** @description The images are not of one person. */
        ImagesDifferProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "images-differ";
            /** @constant */
            status: 422;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "images-differ";
        };
        AddImageUnprocessableEntity: components["schemas"]["ImageDamagedProblem"] | components["schemas"]["ImagesDifferProblem"] | components["schemas"]["FaceMissingProblem"] | components["schemas"]["FaceUnclearProblem"] | components["schemas"]["QualityLowProblem"] | components["schemas"]["TemplateMissingProblem"];
        AddImageInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        CreateGalleryRequest: {
            /** @description A human-readable name. */
            name: string;
            /** @description How many parts its subjects are divided into, for good; when absent, as many as the operator has set, usually 1. One gallery of a cluster of databases spreads over the nodes by them. */
            shards?: number;
        };
        /** @description Oldest first. */
        ListGalleriesAnswer: {
            galleries: components["schemas"]["ListGalleriesAnswerGallery"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        ListGalleriesAnswerGallery: {
            id: string;
            name: string;
            /** @description Whether its templates are encrypted at rest. If so, they are searched in memory, without an index in the database. */
            encrypted: boolean;
            /** @description How many parts its subjects are divided into; 1 unless it is to spread over nodes. */
            shards: number;
            /** Format: date-time */
            createdAt: string;
        };
        /** @description There is no such gallery. */
        GalleryUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "gallery-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "gallery-unknown";
        };
        /** @description The templates are stored. */
        EnrolTemplatesAnswer: {
            /** @description New templates. */
            added: number;
            /** @description Templates that the gallery already had, number for number. */
            unchanged: number;
            /** @description Translated templates that native ones replaced; the native ones are counted as added. */
            replaced: number;
            /** @description Unchanged templates whose quality has changed; also counted as unchanged. */
            corrected: number;
            guard: components["schemas"]["BatchGuard"];
        };
        EnrolTemplatesRequest: {
            templates: components["schemas"]["EnrolTemplatesRequestTemplate"][];
        };
        EnrolTemplatesRequestTemplate: components["schemas"]["EnrolTemplatesRequestTemplateWithVector"] | components["schemas"]["EnrolTemplatesRequestTemplateWithData"];
        EnrolTemplatesRequestTemplateWithVector: {
            /** @description The caller's name for the person: a pseudonym, not a real name. */
            subject: string;
            /** @description Name of the template, unique per subject and model; "1" when absent. */
            reference?: string;
            /** @description Attributes that searches can filter by, such as a site. They replace those that the subject has. */
            attributes?: {
                [key: string]: string | number | boolean;
            };
            /** @description Quality of the image on the caller's own scale; higher is better. */
            quality?: number;
            /** @description The numbers of the vector. */
            vector: number[];
        };
        EnrolTemplatesRequestTemplateWithData: {
            /** @description The caller's name for the person: a pseudonym, not a real name. */
            subject: string;
            /** @description Name of the template, unique per subject and model; "1" when absent. */
            reference?: string;
            /** @description Attributes that searches can filter by, such as a site. They replace those that the subject has. */
            attributes?: {
                [key: string]: string | number | boolean;
            };
            /** @description Quality of the image on the caller's own scale; higher is better. */
            quality?: number;
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data: string;
        };
        /** @description One JSON object per line. */
        EnrolTemplatesRequestLines: string;
        EnrolTemplatesForm: {
            /**
             * Format: binary
             * @description The CSV file.
             */
            subjects: Blob;
            /**
             * Format: binary
             * @description The .npy file, or rows of float32.
             */
            templates: Blob;
        };
        EnrolTemplatesNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["GalleryUnknownProblem"];
        EnrolTemplatesConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["TemplateExistsProblem"];
        EnrolTemplatesUnprocessableEntity: components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"];
        EnrolTemplatesInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description The templates of this face are stored; of several images, the means, and this is the face that counts most. */
        EnrolImageAnswer: {
            face: components["schemas"]["TakenFace"];
            /** @description What became of each image, in the order of the request; only with `combine`. */
            images?: components["schemas"]["ImageOutcome"][];
            /** @description New templates. */
            added: number;
            /** @description Templates that the gallery already had, number for number. */
            unchanged: number;
            /** @description Translated templates that native ones replaced; the native ones are counted as added. */
            replaced: number;
            /** @description Unchanged templates whose quality has changed; also counted as unchanged. */
            corrected: number;
        };
        EnrolImageRequest: {
            /** @description The image. Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it. */
            image: string;
        };
        EnrolImageForm: {
            /** @description The file of the image; with `combine`, up to 10 files of this name. */
            image: Blob | Blob[];
        };
        EnrolImageNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["GalleryUnknownProblem"];
        EnrolImageConflict: components["schemas"]["ModelCannotEmbedProblem"] | components["schemas"]["TemplateExistsProblem"] | components["schemas"]["ThresholdUnsupportedProblem"];
        EnrolImagePayloadTooLarge: components["schemas"]["BodyTooLargeProblem"] | components["schemas"]["ImageTooLargeProblem"];
        EnrolImageUnsupportedMediaType: components["schemas"]["MediaTypeUnsupportedProblem"] | components["schemas"]["ImageUnsupportedProblem"];
        EnrolImageUnprocessableEntity: components["schemas"]["ImageDamagedProblem"] | components["schemas"]["ImagesDifferProblem"] | components["schemas"]["FaceMissingProblem"] | components["schemas"]["FaceUnclearProblem"] | components["schemas"]["QualityLowProblem"] | components["schemas"]["TemplateMissingProblem"];
        EnrolImageInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description Ordered by name. */
        ListSubjectsAnswer: {
            subjects: components["schemas"]["ListSubjectsAnswerSubject"][];
            /** @description `after` of the next page; null on the last page. */
            next: string | null;
        };
        ListSubjectsAnswerSubject: {
            subject: string;
            attributes: {
                [key: string]: string | number | boolean;
            };
            /** Format: date-time */
            createdAt: string;
        };
        /** @description There is no such subject. */
        SubjectUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "subject-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "subject-unknown";
        };
        GetSubjectNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["SubjectUnknownProblem"];
        ReplaceSubjectRequest: {
            /** @description Attributes that searches can filter by, such as a site. They replace those that the subject has. */
            attributes?: {
                [key: string]: string | number | boolean;
            };
            /** @description All templates of the subject, of any models. */
            templates: components["schemas"]["ReplaceSubjectRequestTemplate"][];
        };
        ReplaceSubjectRequestTemplate: components["schemas"]["ReplaceSubjectRequestTemplateWithVector"] | components["schemas"]["ReplaceSubjectRequestTemplateWithData"];
        ReplaceSubjectRequestTemplateWithVector: {
            /** @description The model of the template. */
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description Name of the template, unique per subject and model; "1" when absent. */
            reference?: string;
            /** @description Quality of the image on the caller's own scale; higher is better. */
            quality?: number;
            /** @description The numbers of the vector. */
            vector: number[];
        };
        ReplaceSubjectRequestTemplateWithData: {
            /** @description The model of the template. */
            model: string;
            /** @description SHA-256 that identifies the space: weights, preprocessing, dimension and normalisation. */
            fingerprint?: string;
            /** @description Name of the template, unique per subject and model; "1" when absent. */
            reference?: string;
            /** @description Quality of the image on the caller's own scale; higher is better. */
            quality?: number;
            /** @description The vector as base64 (RFC 4648, section 4, padded, in one line) of little-endian float32. */
            data: string;
        };
        ReplaceSubjectNotFound: components["schemas"]["ModelUnknownProblem"] | components["schemas"]["GalleryUnknownProblem"];
        ReplaceSubjectConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["TemplateExistsProblem"];
        ReplaceSubjectUnprocessableEntity: components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"];
        ReplaceSubjectInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description What was deleted. */
        DeleteSubjectAnswer: {
            /** @description Number of deleted templates. */
            templates: number;
        };
        DeleteSubjectNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["SubjectUnknownProblem"];
        ChangeSubjectRequest: {
            /** @description Attributes to set; null removes one, and null for the object removes all. Attributes that are not named stay. */
            attributes?: {
                [key: string]: (string | number | boolean) | null;
            } | null;
            /** @description Quality of all its templates; or by model, `{"r512": 0.9}`; or by model and name, `{"r512": {"1": 0.9}}`. Null removes it. */
            quality?: (number | null) | {
                [key: string]: (number | null) | {
                    [key: string]: number | null;
                };
            };
        };
        /** @description The subject has no such template. */
        TemplateUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "template-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "template-unknown";
        };
        ChangeSubjectNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["SubjectUnknownProblem"] | components["schemas"]["TemplateUnknownProblem"];
        ChangeSubjectInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description What was deleted. */
        DeleteSubjectTemplateAnswer: {
            /** @description Number of deleted templates. */
            templates: number;
            /** @description 1 when the subject had no other template and was deleted too, else 0. */
            subjects: number;
        };
        DeleteSubjectTemplateNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["SubjectUnknownProblem"] | components["schemas"]["TemplateUnknownProblem"];
        IdentifyRequest: components["schemas"]["IdentifyRequestWithProbes"] | components["schemas"]["IdentifyRequestWithSets"] | components["schemas"]["IdentifyRequestWithImage"];
        IdentifyRequestSet: {
            /** @description The caller's name for the probe. */
            id?: string;
            templates: components["schemas"]["Template"][];
        };
        IdentifyRequestWithProbes: {
            /** @description Templates of any models; each is searched separately. */
            probes: components["schemas"]["Template"][];
            /**
             * @description Maximum number of candidates per probe. Probes times candidates is at most 100000.
             * @default 10
             */
            candidates?: number;
            /**
             * @description Whether to return candidates below the threshold, marked as such. Without them the answer is the decision, and a search without a threshold for its FPIR is refused.
             * @default true
             */
            belowThreshold?: boolean;
            /** @description Return only candidates with at least this score. Scores of different groups are not comparable, so a threshold of your own holds for one group. */
            minScore?: number;
            /**
             * @description False positive identification rate: the share of searches for people who are not enrolled that may return a candidate above the threshold.
             * @default 0.01
             */
            fpir?: number;
            /**
             * @description `exact`: compares every template; `index`: uses the index of the database, which finds most of the best, and is refused without one; `auto`: uses the index of a large group if there is one.
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "exact" | "index";
            /** @description Breadth of an index search, 200 when absent: a larger value finds more of the best and takes longer. */
            efSearch?: number;
            /** @description Search only templates of these models. */
            models?: string[];
            /** @description Search only subjects that have all of these attributes. */
            attributes?: {
                [key: string]: string | number | boolean;
            };
        };
        IdentifyRequestWithSets: {
            /** @description Instead of `probes`: for each image its templates under several models, at most one of each. Native templates of the gallery are compared with all of them by the active ensemble of these models and their own, as while a gallery is migrated and probes have templates of the old and of the new model. Where there is none, and for translated templates, one of them is: that of their own model, or another one that a map leads to. */
            sets: components["schemas"]["IdentifyRequestSet"][];
            /**
             * @description Maximum number of candidates per probe. Probes times candidates is at most 100000.
             * @default 10
             */
            candidates?: number;
            /**
             * @description Whether to return candidates below the threshold, marked as such. Without them the answer is the decision, and a search without a threshold for its FPIR is refused.
             * @default true
             */
            belowThreshold?: boolean;
            /** @description Return only candidates with at least this score. Scores of different groups are not comparable, so a threshold of your own holds for one group. */
            minScore?: number;
            /**
             * @description False positive identification rate: the share of searches for people who are not enrolled that may return a candidate above the threshold.
             * @default 0.01
             */
            fpir?: number;
            /**
             * @description `exact`: compares every template; `index`: uses the index of the database, which finds most of the best, and is refused without one; `auto`: uses the index of a large group if there is one.
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "exact" | "index";
            /** @description Breadth of an index search, 200 when absent: a larger value finds more of the best and takes longer. */
            efSearch?: number;
            /** @description Search only templates of these models. */
            models?: string[];
            /** @description Search only subjects that have all of these attributes. */
            attributes?: {
                [key: string]: string | number | boolean;
            };
        };
        IdentifyRequestWithImage: {
            /** @description An image instead of templates; its largest face is embedded. Base64 (RFC 4648, section 4, padded) of JPEG, PNG, WebP, AVIF, TIFF or GIF, its lines folded or not, or a data URI with it. */
            image: string;
            /** @description The model to embed the image with. When absent: the most frequent model of the gallery if it can embed, else the default model. */
            model?: string;
            /** @description The image is a square crop, aligned as ArcFace does. */
            aligned?: boolean;
            /** @description Limits on the quality of the face, by measure. A face beyond one of them is refused with 422 `quality-low`. Yaw, pitch and roll are taken without their sign; those of aligned crops are unknown and not judged. */
            minQuality?: components["schemas"]["VerifyRequestMinQuality"];
            /**
             * @description Maximum number of candidates per probe. Probes times candidates is at most 100000.
             * @default 10
             */
            candidates?: number;
            /**
             * @description Whether to return candidates below the threshold, marked as such. Without them the answer is the decision, and a search without a threshold for its FPIR is refused.
             * @default true
             */
            belowThreshold?: boolean;
            /** @description Return only candidates with at least this score. Scores of different groups are not comparable, so a threshold of your own holds for one group. */
            minScore?: number;
            /**
             * @description False positive identification rate: the share of searches for people who are not enrolled that may return a candidate above the threshold.
             * @default 0.01
             */
            fpir?: number;
            /**
             * @description `exact`: compares every template; `index`: uses the index of the database, which finds most of the best, and is refused without one; `auto`: uses the index of a large group if there is one.
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "exact" | "index";
            /** @description Breadth of an index search, 200 when absent: a larger value finds more of the best and takes longer. */
            efSearch?: number;
            /** @description Search only templates of these models. */
            models?: string[];
            /** @description Search only subjects that have all of these attributes. */
            attributes?: {
                [key: string]: string | number | boolean;
            };
        };
        IdentifyForm: {
            /**
             * Format: binary
             * @description The file of the image; its largest face is searched for.
             */
            image: Blob;
            /** @description See the JSON body, like the parts after it. */
            model?: string;
            /** @default false */
            aligned?: boolean;
            /** @description Limits on the quality of the face, such as `interEyeDistance:40,yaw:0.3`. */
            minQuality?: string;
            /** @default 10 */
            candidates?: number;
            /** @default true */
            belowThreshold?: boolean;
            minScore?: number;
            /** @default 0.01 */
            fpir?: number;
            /**
             * @default auto
             * @enum {string}
             */
            method?: "auto" | "exact" | "index";
            efSearch?: number;
            /** @description Models to search, separated by commas. */
            models?: string;
            /** @description Attributes of the subjects to search, as a JSON object. */
            attributes?: string;
        };
        IdentifyForbidden: components["schemas"]["ScopeMissingProblem"] | components["schemas"]["OriginRefusedProblem"] | components["schemas"]["PairForbiddenProblem"];
        IdentifyNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["ModelUnknownProblem"];
        /** @description Scores of different kinds of templates cannot be compared. */
        CalibrationMissingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "calibration-missing";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "calibration-missing";
        };
        /** @description The gallery has no index, or cannot have one. */
        IndexUnavailableProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "index-unavailable";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "index-unavailable";
        };
        IdentifyConflict: components["schemas"]["FingerprintMismatchProblem"] | components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["CalibrationMissingProblem"] | components["schemas"]["IndexUnavailableProblem"] | components["schemas"]["ModelCannotEmbedProblem"] | components["schemas"]["ThresholdUnsupportedProblem"];
        IdentifyPayloadTooLarge: components["schemas"]["BodyTooLargeProblem"] | components["schemas"]["ImageTooLargeProblem"];
        IdentifyUnsupportedMediaType: components["schemas"]["MediaTypeUnsupportedProblem"] | components["schemas"]["ImageUnsupportedProblem"];
        /** @description The answer would be too large. */
        AnswerTooLargeProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "answer-too-large";
            /** @constant */
            status: 422;
            limit?: number;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "answer-too-large";
        };
        IdentifyUnprocessableEntity: components["schemas"]["AnswerTooLargeProblem"] | components["schemas"]["TemplateInvalidProblem"] | components["schemas"]["TemplateForeignProblem"] | components["schemas"]["ImageDamagedProblem"] | components["schemas"]["FaceMissingProblem"] | components["schemas"]["FaceUnclearProblem"] | components["schemas"]["QualityLowProblem"] | components["schemas"]["TemplateMissingProblem"];
        IdentifyTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["BudgetExhaustedProblem"];
        IdentifyInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description The gallery is being read into memory. */
        GalleryLoadingProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "gallery-loading";
            /** @constant */
            status: 503;
            /** @description How much of the gallery has been read; `retryAfter` is in seconds. */
            loading?: components["schemas"]["GalleryLoadingProblemLoading"];
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "gallery-loading";
        };
        GalleryLoadingProblemLoading: {
            loaded: number;
            references: number;
            retryAfter: number;
        };
        IdentifyServiceUnavailable: components["schemas"]["GalleryLoadingProblem"] | components["schemas"]["UnavailableProblem"] | components["schemas"]["OverloadedProblem"] | components["schemas"]["DatabaseTimeoutProblem"];
        MigrateGalleryRequest: {
            /** @description The model to migrate to. */
            target: string;
            /** @description The model to migrate from; when absent, the only other model that the gallery has templates of. */
            source?: string;
            /** @description The map to translate with, which must be active; when absent, the active one. */
            map?: string;
            /**
             * @description Whether to only estimate.
             * @default false
             */
            dryRun?: boolean;
        };
        MigrateGalleryNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["ModelUnknownProblem"] | components["schemas"]["MapUnknownProblem"];
        /** @description A migration of the gallery is still open. */
        MigrationOpenProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "migration-open";
            /** @constant */
            status: 409;
            /** @description Id of the open migration. */
            migration?: string;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "migration-open";
        };
        MigrateGalleryConflict: components["schemas"]["MapMissingProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["MapNotActivatedProblem"] | components["schemas"]["MigrationOpenProblem"] | components["schemas"]["IdempotencyConflictProblem"];
        MigrateGalleryTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["JobsExhaustedProblem"];
        MigrateGalleryInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description Oldest first. */
        ListMigrationsAnswer: {
            migrations: components["schemas"]["Migration"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        /** @description There is no such migration. */
        MigrationUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "migration-unknown";
            /** @constant */
            status: 404;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "migration-unknown";
        };
        GetMigrationNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["MigrationUnknownProblem"];
        ResumeMigrationNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["MigrationUnknownProblem"];
        /** @description The migration has ended. */
        MigrationEndedProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "migration-ended";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "migration-ended";
        };
        ResumeMigrationConflict: components["schemas"]["MigrationEndedProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["MapNotActivatedProblem"] | components["schemas"]["IdempotencyConflictProblem"];
        ResumeMigrationTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["JobsExhaustedProblem"];
        CommitMigrationNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["MigrationUnknownProblem"];
        /** @description The migration is not ready to commit. */
        MigrationNotReadyProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "migration-not-ready";
            /** @constant */
            status: 409;
        } & {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            code: "migration-not-ready";
        };
        CommitMigrationConflict: components["schemas"]["MigrationNotReadyProblem"] | components["schemas"]["MigrationEndedProblem"] | components["schemas"]["MapRetiredProblem"] | components["schemas"]["MapNotActivatedProblem"];
        CommitMigrationInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        RollBackMigrationNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["MigrationUnknownProblem"];
        IndexGalleryNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["ModelUnknownProblem"];
        IndexGalleryConflict: components["schemas"]["MapMissingProblem"] | components["schemas"]["IndexUnavailableProblem"] | components["schemas"]["IdempotencyConflictProblem"];
        IndexGalleryTooManyRequests: components["schemas"]["RateLimitedProblem"] | components["schemas"]["JobsExhaustedProblem"];
        IndexGalleryInternalServerError: components["schemas"]["IntegrityFailedProblem"] | components["schemas"]["InternalProblem"];
        /** @description One for each group of templates and comparison space. */
        ListIndexesAnswer: {
            indexes: components["schemas"]["ListIndexesAnswerIndex"][];
        };
        ListIndexesAnswerIndex: {
            /** @description Space of the indexed templates. */
            fingerprint: string;
            /** @description Id of the migration that translated them; null for native ones. */
            migration: string | null;
            /** @description Id of the map in whose comparison space they are indexed, for probes of its other model; null when indexed in their own space. */
            map: string | null;
            dimension: number;
            /**
             * @description `awaiting`: of what a migration has translated, searched once it is committed. `outdated`: built before a migration was committed, no longer used, and deleted soon.
             * @enum {string}
             */
            state: "building" | "ready" | "awaiting" | "outdated";
        };
        /** @description Most uncertain first. */
        ListReenrolmentsAnswer: {
            /** @description Number of subjects that have only translated templates of the model. */
            total: number;
            subjects: components["schemas"]["ListReenrolmentsAnswerSubject"][];
            /** @description How much of the uncertainty re-enrolling the first subjects removes; empty when no uncertainty is known. */
            curve: components["schemas"]["ListReenrolmentsAnswerCurve"][];
        };
        ListReenrolmentsAnswerSubject: {
            subject: string;
            attributes: {
                [key: string]: string | number | boolean;
            };
            /** @description Uncertainty of its least uncertain template, from 0 to 1; null when unknown. */
            uncertainty: number | null;
        };
        ListReenrolmentsAnswerCurve: {
            /** @description Share of the subjects, the most uncertain first. */
            share: number;
            /** @description Their part of the sum of all uncertainties. In random order it would equal `share`. */
            uncertainty: number;
        };
        ListReenrolmentsNotFound: components["schemas"]["GalleryUnknownProblem"] | components["schemas"]["ModelUnknownProblem"];
        CreateApiKeyRequest: {
            /** @description Who or what the key is for. */
            name: string;
            /** @description What the key may do. No scope includes another. */
            scopes: ("embed" | "translate" | "verify" | "enrol" | "identify" | "fit" | "admin")[];
            /** @description With `translate`, `verify` or `identify`: the pairs of models whose templates the key may translate (in this direction) and compare (in either). To allow comparisons within one model, name it as source and target. Default: all pairs. */
            translatePairs?: components["schemas"]["ApiKeyTranslatePair"][];
            /** @description With `translate`, `verify` or `identify`: maximum number of templates translated or compared per UTC day, over all replicas. A verification counts as one, a comparison in bulk as one per score, a search as one per probe. Default: no limit. */
            templatesPerDay?: number;
            /** @description Maximum requests per minute and replica. Default: the limit that the service is configured with. */
            requestsPerMinute?: number;
            /**
             * @description With `verify` or `identify`: how much the key sees of comparison scores. `exact`: everything. `coarse`: scores at or above the threshold, rounded down to a multiple of 0.05. `none`: the decision, or the subjects above the threshold. With `coarse` and `none`, nothing is decided at a false match rate above 0.001. Default: `none` with `identify`, otherwise `exact`.
             * @enum {string}
             */
            scores?: "exact" | "coarse" | "none";
            /**
             * Format: date-time
             * @description When the key expires. Default: never.
             */
            expiresAt?: string;
        };
        /** @description Oldest first, expired and revoked keys included. */
        ListApiKeysAnswer: {
            apiKeys: components["schemas"]["ApiKey"][];
            /** @description Value of `after` for the next page; null on the last page. */
            next: string | null;
        };
        /** @description There is no such API key. */
        ApiKeyUnknownProblem: components["schemas"]["Problem"] & {
            /** @constant */
            code: "api-key-unknown";
            /** @constant */
            status: 404;
        };
        /** @description A page of the audit. */
        ListAuditRecordsAnswer: {
            records: components["schemas"]["ListAuditRecordsAnswerRecord"][];
            /** @description Value of `after` for the next page; null if there are no more records. */
            next: number | null;
            /** @description The end of the chain. */
            head: components["schemas"]["ListAuditRecordsAnswerHead"];
        };
        ListAuditRecordsAnswerRecord: {
            /** @description Hash of the previous record; zeros for the first. */
            previous: string;
            hash: string;
            record: components["schemas"]["AuditRecord"];
        };
        ListAuditRecordsAnswerHead: {
            seq: number;
            hash: string;
        };
    };
    responses: {
        /** @description [`request-invalid`](/problems/request-invalid): The request does not have the expected form. */
        RequestInvalid: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["RequestInvalidProblem"];
            };
        };
        /** @description [`key-missing`](/problems/key-missing): An API key is required. [`key-invalid`](/problems/key-invalid): The API key is not valid. */
        Unauthorized: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                "www-authenticate": components["headers"]["WwwAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UnauthorizedProblem"];
            };
        };
        /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. */
        Forbidden: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                "www-authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ForbiddenProblem"];
            };
        };
        /** @description [`method-not-allowed`](/problems/method-not-allowed): The route does not support this method. */
        MethodNotAllowed: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                allow: components["headers"]["Allow"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["MethodNotAllowedProblem"];
            };
        };
        /** @description [`request-timeout`](/problems/request-timeout): The request did not arrive in time. */
        RequestTimeout: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
            };
        };
        /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. */
        MediaTypeUnsupported: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                "accept-encoding"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["MediaTypeUnsupportedProblem"];
            };
        };
        /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. */
        RateLimited: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                "retry-after": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["RateLimitedProblem"];
            };
        };
        /** @description [`headers-too-large`](/problems/headers-too-large): The address and the headers are too long. */
        HeadersTooLarge: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["HeadersTooLargeProblem"];
            };
        };
        /** @description [`internal`](/problems/internal): The service failed. */
        Internal: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["InternalProblem"];
            };
        };
        /** @description [`unavailable`](/problems/unavailable): The service is not ready. [`overloaded`](/problems/overloaded): The service is overloaded. [`database-timeout`](/problems/database-timeout): The database did not finish in time. */
        ServiceUnavailable: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                "retry-after": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
            };
        };
        /** @description [`unavailable`](/problems/unavailable): The service is not ready. */
        Unavailable: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                "retry-after": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["UnavailableProblem"];
            };
        };
        /** @description [`job-unknown`](/problems/job-unknown): There is no such job. */
        JobUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["JobUnknownProblem"];
            };
        };
        /** @description [`precondition-failed`](/problems/precondition-failed): The resource has changed. */
        PreconditionFailed: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                /** @description The present one of the resource. */
                etag?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
            };
        };
        /** @description [`request-invalid`](/problems/request-invalid): The request does not have the expected form. [`body-invalid`](/problems/body-invalid): The body could not be parsed. */
        BadRequest: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BadRequestProblem"];
            };
        };
        /** @description [`job-ended`](/problems/job-ended): The job has ended. */
        JobEnded: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["JobEndedProblem"];
            };
        };
        /** @description [`body-too-large`](/problems/body-too-large): The body is too large. */
        BodyTooLarge: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BodyTooLargeProblem"];
            };
        };
        /** @description [`model-unknown`](/problems/model-unknown): There is no such model. */
        ModelUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ModelUnknownProblem"];
            };
        };
        /** @description [`not-acceptable`](/problems/not-acceptable): None of the accepted media types can be produced. */
        NotAcceptable: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["NotAcceptableProblem"];
            };
        };
        /** @description [`model-cannot-embed`](/problems/model-cannot-embed): The model is template-only and cannot embed images. */
        ModelCannotEmbed: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ModelCannotEmbedProblem"];
            };
        };
        /** @description [`map-unknown`](/problems/map-unknown): There is no such map. */
        MapUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["MapUnknownProblem"];
            };
        };
        /** @description [`map-retired`](/problems/map-retired): The map is retired. */
        MapRetired: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["MapRetiredProblem"];
            };
        };
        /** @description [`signing-key-missing`](/problems/signing-key-missing): The service has no signing key. */
        SigningKeyMissing: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["SigningKeyMissingProblem"];
            };
        };
        /** @description [`bundle-untrusted`](/problems/bundle-untrusted): The bundle is not signed by a trusted key. */
        BundleUntrusted: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                "www-authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BundleUntrustedProblem"];
            };
        };
        /** @description [`bundle-invalid`](/problems/bundle-invalid): The file is not an intact bundle. */
        BundleInvalid: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["BundleInvalidProblem"];
            };
        };
        /** @description [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
        IdempotencyConflict: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["IdempotencyConflictProblem"];
            };
        };
        /** @description [`evaluation-unknown`](/problems/evaluation-unknown): There is no such evaluation. */
        EvaluationUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["EvaluationUnknownProblem"];
            };
        };
        /** @description [`ensemble-unknown`](/problems/ensemble-unknown): There is no such ensemble. */
        EnsembleUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["EnsembleUnknownProblem"];
            };
        };
        /** @description [`model-exists`](/problems/model-exists): The model is registered with other properties. */
        ModelExists: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ModelExistsProblem"];
            };
        };
        /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. */
        FingerprintMismatch: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["FingerprintMismatchProblem"];
            };
        };
        /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. */
        TemplateInvalid: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["TemplateInvalidProblem"];
            };
        };
        /** @description [`calibration-unknown`](/problems/calibration-unknown): The map has no such calibration. */
        CalibrationUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["CalibrationUnknownProblem"];
            };
        };
        /** @description [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
        CorpusUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["CorpusUnknownProblem"];
            };
        };
        /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. */
        GalleryUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["GalleryUnknownProblem"];
            };
        };
        /** @description [`migration-ended`](/problems/migration-ended): The migration has ended. */
        MigrationEnded: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["MigrationEndedProblem"];
            };
        };
        /** @description [`api-key-unknown`](/problems/api-key-unknown): There is no such API key. */
        ApiKeyUnknown: {
            headers: {
                "x-request-id": components["headers"]["XRequestId"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ApiKeyUnknownProblem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Id of the request in the logs and in the audit: that of the request, if it had one. */
        XRequestId: string;
        /** @description Seconds after which the same request may succeed (RFC 9110, section 10.2.3). */
        RetryAfter: string;
        /** @description How to authenticate (RFC 6750): `Bearer`, and what was wrong with the key that was sent. */
        WwwAuthenticate: string;
        /** @description The methods that the address supports. */
        Allow: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Text exposition format. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": components["schemas"]["MetricsText"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process is alive. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GetLivenessAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The service is ready. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GetReadinessAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["Unavailable"];
        };
    };
    getProblem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                code: "request-invalid" | "body-invalid" | "key-missing" | "key-invalid" | "scope-missing" | "pair-forbidden" | "scores-withheld" | "bundle-untrusted" | "origin-refused" | "route-unknown" | "model-unknown" | "corpus-unknown" | "map-unknown" | "calibration-unknown" | "ensemble-unknown" | "gallery-unknown" | "subject-unknown" | "template-unknown" | "migration-unknown" | "evaluation-unknown" | "job-unknown" | "api-key-unknown" | "method-not-allowed" | "not-acceptable" | "request-timeout" | "fingerprint-mismatch" | "map-missing" | "migration-open" | "migration-not-ready" | "migration-ended" | "gallery-loading" | "index-unavailable" | "calibration-missing" | "threshold-unsupported" | "map-exists" | "map-retired" | "calibration-retired" | "ensemble-retired" | "ensemble-missing" | "map-not-activated" | "model-exists" | "template-exists" | "idempotency-conflict" | "model-cannot-embed" | "job-ended" | "signing-key-missing" | "precondition-failed" | "body-too-large" | "image-too-large" | "media-type-unsupported" | "image-unsupported" | "images-differ" | "image-damaged" | "face-missing" | "face-unclear" | "quality-low" | "template-missing" | "answer-too-large" | "bundle-invalid" | "template-invalid" | "template-foreign" | "pairs-insufficient" | "pairs-one-sided" | "pairs-rank-deficient" | "headers-too-large" | "rate-limited" | "budget-exhausted" | "jobs-exhausted" | "caller-left" | "job-abandoned" | "integrity-failed" | "internal" | "unavailable" | "database-timeout" | "overloaded";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page about the problem. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`request-invalid`](/problems/request-invalid): The request does not have the expected form. */
            400: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestInvalidProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`route-unknown`](/problems/route-unknown): There is no such route. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RouteUnknownProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`method-not-allowed`](/problems/method-not-allowed): The route does not support this method. */
            405: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    allow: components["headers"]["Allow"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MethodNotAllowedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`request-timeout`](/problems/request-timeout): The request did not arrive in time. */
            408: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MediaTypeUnsupportedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`headers-too-large`](/problems/headers-too-large): The address and the headers are too long. */
            431: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeadersTooLargeProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
        };
    };
    listJobs: {
        parameters: {
            query?: {
                kind?: "fit" | "hub" | "evaluation" | "migration" | "index";
                state?: "queued" | "running" | "succeeded" | "failed" | "cancelled";
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Newest first. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListJobsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["JobUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cancelled job. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["JobUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["JobEnded"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    followJob: {
        parameters: {
            query?: never;
            header?: {
                /** @description `id` of the last event received. */
                "last-event-id"?: string;
            };
            path: {
                /** @description Id of a job. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["JobEvent"];
                };
            };
            /** @description The job has ended, and the caller has seen its last event. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["JobUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    embedImage: {
        parameters: {
            query?: {
                /** @description Ids of the models, separated by commas; the default model when absent. */
                models?: string;
                /** @description The largest face (of those within a quarter of its area, the most central), or all of them. */
                faces?: "largest" | "all";
                /** @description The image is a square crop, aligned as for ArcFace: no face is detected. */
                aligned?: boolean;
                /** @description Limits on the quality of the face, `measure:limit` separated by commas, such as `interEyeDistance:40,yaw:0.3`: at least that much, or at most of `underExposed`, `overExposed`, `outside`, `roll`, `yaw` and `pitch`, the last three without their sign. A face beyond one of them is refused with 422 `quality-low`. */
                minQuality?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmbedImageRequest"];
                "multipart/form-data": components["schemas"]["EmbedImageForm"];
                "image/jpeg": components["schemas"]["ImageBytes"];
                "image/png": components["schemas"]["ImageBytes"];
                "image/webp": components["schemas"]["ImageBytes"];
                "image/avif": components["schemas"]["ImageBytes"];
                "image/tiff": components["schemas"]["ImageBytes"];
                "image/gif": components["schemas"]["ImageBytes"];
                "application/octet-stream": components["schemas"]["ImageBytes"];
            };
        };
        responses: {
            /** @description The faces with their templates. `Accept` chooses how vectors are written. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Embedding"];
                    "application/vnd.crosswalk.base64+json": components["schemas"]["Embedding"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ModelCannotEmbed"];
            /** @description [`body-too-large`](/problems/body-too-large): The body is too large. [`image-too-large`](/problems/image-too-large): The image has too many pixels. */
            413: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EmbedImagePayloadTooLarge"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. [`image-unsupported`](/problems/image-unsupported): The bytes are not an image of a supported format. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EmbedImageUnsupportedMediaType"];
                };
            };
            /** @description [`image-damaged`](/problems/image-damaged): The image is damaged. [`face-missing`](/problems/face-missing): No face was found in the image. [`face-unclear`](/problems/face-unclear): The face in the image cannot be told clearly. [`quality-low`](/problems/quality-low): The face is below the minimum quality. [`template-missing`](/problems/template-missing): A model made no template of the face. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EmbedImageUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    translateTemplates: {
        parameters: {
            query?: {
                /** @description For binary bodies: the model of the templates. */
                source?: string;
                /** @description For binary bodies: the model into whose space they are translated. */
                target?: string;
                /** @description For binary bodies: the space of the templates, checked when given. */
                fingerprint?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TranslateTemplatesRequest"];
                "application/vnd.crosswalk.base64+json": components["schemas"]["TranslateTemplatesRequest"];
                "application/x-npy": components["schemas"]["NpyFile"];
                "application/octet-stream": components["schemas"]["Float32Rows"];
            };
        };
        responses: {
            /** @description The translated templates. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Of a binary answer: ids of the maps that translated it. */
                    "crosswalk-map"?: string;
                    /** @description Of a binary answer: what the guard found (RFC 8941); a trailer when the body is streamed. */
                    "crosswalk-guard"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Translation"];
                    "application/vnd.crosswalk.base64+json": components["schemas"]["Translation"];
                    "application/x-npy": components["schemas"]["NpyFile"];
                    "application/octet-stream": components["schemas"]["Float32Rows"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. [`pair-forbidden`](/problems/pair-forbidden): The API key does not cover this pair of models. */
            403: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                    "www-authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TranslateTemplatesForbidden"];
                };
            };
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TranslateTemplatesConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TranslateTemplatesUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`budget-exhausted`](/problems/budget-exhausted): The API key has used up its daily budget. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["TranslateTemplatesTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    verify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyRequest"];
                "multipart/form-data": components["schemas"]["VerifyForm"];
            };
        };
        responses: {
            /** @description The decision and its basis. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verification"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. [`pair-forbidden`](/problems/pair-forbidden): The API key does not cover this pair of models. */
            403: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                    "www-authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["VerifyForbidden"];
                };
            };
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. [`ensemble-missing`](/problems/ensemble-missing): No active ensemble has all of the models. [`model-cannot-embed`](/problems/model-cannot-embed): The model is template-only and cannot embed images. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["VerifyConflict"];
                };
            };
            /** @description [`body-too-large`](/problems/body-too-large): The body is too large. [`image-too-large`](/problems/image-too-large): The image has too many pixels. */
            413: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["VerifyPayloadTooLarge"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. [`image-unsupported`](/problems/image-unsupported): The bytes are not an image of a supported format. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["VerifyUnsupportedMediaType"];
                };
            };
            /** @description [`image-damaged`](/problems/image-damaged): The image is damaged. [`face-missing`](/problems/face-missing): No face was found in the image. [`face-unclear`](/problems/face-unclear): The face in the image cannot be told clearly. [`quality-low`](/problems/quality-low): The face is below the minimum quality. [`template-missing`](/problems/template-missing): A model made no template of the face. [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["VerifyUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`budget-exhausted`](/problems/budget-exhausted): The API key has used up its daily budget. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["VerifyTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    compareTemplates: {
        parameters: {
            query?: {
                /** @description For binary bodies and forms: the model of the probes. */
                probe?: string;
                /** @description For forms: the model of the references; that of the probes when absent. */
                reference?: string;
                /** @description The space of the probes, checked when given. */
                probeFingerprint?: string;
                /** @description The space of the references, checked when given. */
                referenceFingerprint?: string;
                /** @description The false match rate that the threshold in the answer is for. */
                fmr?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompareTemplatesRequest"];
                "application/vnd.crosswalk.base64+json": components["schemas"]["CompareTemplatesRequest"];
                "application/x-npy": components["schemas"]["NpyFile"];
                "application/octet-stream": components["schemas"]["Float32Rows"];
                "multipart/form-data": components["schemas"]["CompareTemplatesForm"];
            };
        };
        responses: {
            /** @description The scores. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Of a binary answer: id of the map, where one compares. */
                    "crosswalk-map"?: string;
                    /** @description Of a binary answer: `fmr`, `support` and the threshold as `score`, where there is one (RFC 8941). */
                    "crosswalk-threshold"?: string;
                    /** @description Of a binary answer: what the guard found (RFC 8941). */
                    "crosswalk-guard"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                    "application/x-npy": components["schemas"]["NpyFile"];
                    "application/octet-stream": components["schemas"]["Float32Rows"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. [`pair-forbidden`](/problems/pair-forbidden): The API key does not cover this pair of models. [`scores-withheld`](/problems/scores-withheld): The API key may not see scores. */
            403: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                    "www-authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CompareTemplatesForbidden"];
                };
            };
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            406: components["responses"]["NotAcceptable"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CompareTemplatesConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CompareTemplatesUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`budget-exhausted`](/problems/budget-exhausted): The API key has used up its daily budget. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CompareTemplatesTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listMaps: {
        parameters: {
            query?: {
                source?: string;
                target?: string;
                state?: "fitted" | "active" | "retired";
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first, without their cards. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListMapsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    fitMap: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
                /** @description `respond-async` (RFC 7240): answer at once, with a job instead of its result. */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FitMapRequest"];
            };
        };
        responses: {
            /** @description The map that the first call with this idempotency key fitted. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            /** @description The map with its card. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            /** @description With `Prefer: respond-async`: the job. A repetition with the same idempotency key returns the same job. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the job. */
                    location?: string;
                    /** @description `respond-async` */
                    "preference-applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitMapNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. [`map-not-activated`](/problems/map-not-activated): The map is fitted but not active. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitMapConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. [`pairs-insufficient`](/problems/pairs-insufficient): The data do not support a fit. [`pairs-one-sided`](/problems/pairs-one-sided): A sample has a template under one of the models only. [`pairs-rank-deficient`](/problems/pairs-rank-deficient): The templates do not span their space. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitMapUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`jobs-exhausted`](/problems/jobs-exhausted): The API key has reached its limit of jobs. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitMapTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitMapInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getMap: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The map with its card. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the state of the map. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retireMap: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The retired map. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the state of the map. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getMapCard: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The card. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the content of the page. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [`request-invalid`](/problems/request-invalid): The request does not have the expected form. */
            400: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestInvalidProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`key-missing`](/problems/key-missing): An API key is required. [`key-invalid`](/problems/key-invalid): The API key is not valid. */
            401: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "www-authenticate": components["headers"]["WwwAuthenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthorizedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. */
            403: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                    "www-authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ForbiddenProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`map-unknown`](/problems/map-unknown): There is no such map. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MapUnknownProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`method-not-allowed`](/problems/method-not-allowed): The route does not support this method. */
            405: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    allow: components["headers"]["Allow"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MethodNotAllowedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`request-timeout`](/problems/request-timeout): The request did not arrive in time. */
            408: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`precondition-failed`](/problems/precondition-failed): The resource has changed. */
            412: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description The present one of the resource. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MediaTypeUnsupportedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`headers-too-large`](/problems/headers-too-large): The address and the headers are too long. */
            431: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeadersTooLargeProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`unavailable`](/problems/unavailable): The service is not ready. [`overloaded`](/problems/overloaded): The service is overloaded. [`database-timeout`](/problems/database-timeout): The database did not finish in time. */
            503: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
        };
    };
    adviseRefit: {
        parameters: {
            query: {
                /** @description Id of the corpus. */
                corpus: string;
            };
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether to fit again. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdviseRefitAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`map-unknown`](/problems/map-unknown): There is no such map. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AdviseRefitNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    activateMap: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The active map. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the state of the map. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["MapRetired"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadMapOnnx: {
        parameters: {
            query: {
                /** @description `translation` takes source templates to the target space. `source` and `target` project templates of that side to where the map compares them: scores are inner products of the two. */
                part: "translation" | "source" | "target";
            };
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The graph. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description A name for the file. */
                    "content-disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-onnx": components["schemas"]["DownloadMapOnnxAnswerLines"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadMapOnnxSignature: {
        parameters: {
            query: {
                /** @description `translation` takes source templates to the target space. `source` and `target` project templates of that side to where the map compares them: scores are inner products of the two. */
                part: "translation" | "source" | "target";
            };
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signature. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description A name for the file. */
                    "content-disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": components["schemas"]["Float32Rows"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SigningKeyMissing"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadMapSafetensors: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tensors. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description A name for the file. */
                    "content-disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/x-safetensors": components["schemas"]["DownloadMapSafetensorsAnswerLines"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadMapSafetensorsSignature: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signature. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description A name for the file. */
                    "content-disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": components["schemas"]["Float32Rows"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SigningKeyMissing"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    exportMap: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bundle. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description A name for the file. */
                    "content-disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.crosswalk.map": components["schemas"]["MapBundle"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SigningKeyMissing"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    importMap: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/vnd.crosswalk.map": components["schemas"]["MapBundle"];
            };
        };
        responses: {
            /** @description The map was imported before. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            /** @description The map with its card. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffineMap"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["BundleUntrusted"];
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`map-exists`](/problems/map-exists): Another map has this id. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ImportMapConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            422: components["responses"]["BundleInvalid"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listEvaluations: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first, without their figures. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListEvaluationsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    evaluateModels: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
                /** @description `respond-async` (RFC 7240): answer at once, with a job instead of its result. */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EvaluateModelsRequest"];
            };
        };
        responses: {
            /** @description The evaluation that the first call with this idempotency key created. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
            /** @description The evaluation. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
            /** @description With `Prefer: respond-async`: the job. A repetition with the same idempotency key returns the same job. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the job. */
                    location?: string;
                    /** @description `respond-async` */
                    "preference-applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EvaluateModelsNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IdempotencyConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`pairs-insufficient`](/problems/pairs-insufficient): The data do not support a fit. [`pairs-rank-deficient`](/problems/pairs-rank-deficient): The templates do not span their space. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EvaluateModelsUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`jobs-exhausted`](/problems/jobs-exhausted): The API key has reached its limit of jobs. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EvaluateModelsTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EvaluateModelsInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getEvaluation: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of an evaluation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The evaluation. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Evaluation"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EvaluationUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getEvaluationPage: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of an evaluation. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the content of the page. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description [`request-invalid`](/problems/request-invalid): The request does not have the expected form. */
            400: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestInvalidProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`key-missing`](/problems/key-missing): An API key is required. [`key-invalid`](/problems/key-invalid): The API key is not valid. */
            401: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "www-authenticate": components["headers"]["WwwAuthenticate"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["UnauthorizedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. */
            403: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                    "www-authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ForbiddenProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`evaluation-unknown`](/problems/evaluation-unknown): There is no such evaluation. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EvaluationUnknownProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`method-not-allowed`](/problems/method-not-allowed): The route does not support this method. */
            405: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    allow: components["headers"]["Allow"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MethodNotAllowedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`request-timeout`](/problems/request-timeout): The request did not arrive in time. */
            408: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RequestTimeoutProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`precondition-failed`](/problems/precondition-failed): The resource has changed. */
            412: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description The present one of the resource. */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["PreconditionFailedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MediaTypeUnsupportedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RateLimitedProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`headers-too-large`](/problems/headers-too-large): The address and the headers are too long. */
            431: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["HeadersTooLargeProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["InternalProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
            /** @description [`unavailable`](/problems/unavailable): The service is not ready. [`overloaded`](/problems/overloaded): The service is overloaded. [`database-timeout`](/problems/database-timeout): The database did not finish in time. */
            503: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ServiceUnavailableProblem"];
                    "text/html": components["schemas"]["HtmlPage"];
                };
            };
        };
    };
    listEnsembles: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first, without their cards. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListEnsemblesAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    fitEnsemble: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FitEnsembleRequest"];
            };
        };
        responses: {
            /** @description The ensemble that the first call with this idempotency key fitted. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ensemble"];
                };
            };
            /** @description The ensemble. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ensemble"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitEnsembleNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitEnsembleConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`pairs-insufficient`](/problems/pairs-insufficient): The data do not support a fit. [`template-invalid`](/problems/template-invalid): A template is not valid. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitEnsembleUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["FitEnsembleInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getEnsemble: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of an ensemble. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ensemble. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ensemble"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EnsembleUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retireEnsemble: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of an ensemble. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The retired ensemble. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ensemble"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EnsembleUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    activateEnsemble: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of an ensemble. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The active ensemble. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ensemble"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EnsembleUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`ensemble-retired`](/problems/ensemble-retired): The ensemble is retired. [`map-missing`](/problems/map-missing): No active map connects the two spaces. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ActivateEnsembleConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listModels: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The models with their current spaces, ordered by id. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListModelsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    registerModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegisterModelRequest"];
            };
        };
        responses: {
            /** @description The model was already registered with the same properties. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description The model is registered. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ModelExists"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Model"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    testModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The outcome. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SelfTest"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ModelCannotEmbed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    testOwnTemplates: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TestOwnTemplatesRequest"];
            };
        };
        responses: {
            /** @description The outcome. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SelfTest"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["FingerprintMismatch"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            422: components["responses"]["TemplateInvalid"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    forgetCanaries: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was forgotten. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForgetCanariesAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ModelUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createHub: {
        parameters: {
            query?: never;
            header?: {
                /** @description With `Prefer: respond-async`: a text that the caller chooses, unique per job. A repetition with the same key and body returns the first job. */
                "idempotency-key"?: string;
                /** @description `respond-async` (RFC 7240): answer at once, with a job instead of its result. */
                prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateHubRequest"];
            };
        };
        responses: {
            /** @description The hub, which an earlier call made from the same data. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hub"];
                };
            };
            /** @description The new hub. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hub"];
                };
            };
            /** @description With `Prefer: respond-async`: the job. A repetition with the same idempotency key returns the same job. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the job. */
                    location?: string;
                    /** @description `respond-async` */
                    "preference-applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CreateHubNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`model-exists`](/problems/model-exists): The model is registered with other properties. [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CreateHubConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`pairs-insufficient`](/problems/pairs-insufficient): The data do not support a fit. [`pairs-rank-deficient`](/problems/pairs-rank-deficient): The templates do not span their space. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CreateHubUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`jobs-exhausted`](/problems/jobs-exhausted): The API key has reached its limit of jobs. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CreateHubTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CreateHubInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listMapCalibrations: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first, without their results. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListMapCalibrationsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["MapUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    calibrateMap: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
            };
            cookie?: never;
        };
        /** @description Exactly one of `corpus` and `templates`. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["CalibrateMapRequest"];
            };
        };
        responses: {
            /** @description The calibration that the first call with this idempotency key made. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalibrateMapAnswer"];
                };
            };
            /** @description The calibration, with what the guard found among the templates of the request. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CalibrateMapAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`map-unknown`](/problems/map-unknown): There is no such map. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. [`model-unknown`](/problems/model-unknown): There is no such model. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CalibrateMapNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`map-retired`](/problems/map-retired): The map is retired. [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CalibrateMapConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. [`pairs-insufficient`](/problems/pairs-insufficient): The data do not support a fit. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CalibrateMapUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CalibrateMapInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getMapCalibration: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
                /** @description Id of a calibration of a map. */
                calibration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The calibration. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MapCalibration"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["CalibrationUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retireMapCalibration: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
                /** @description Id of a calibration of a map. */
                calibration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The retired calibration. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MapCalibration"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["CalibrationUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    activateMapCalibration: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a map. */
                id: string;
                /** @description Id of a calibration of a map. */
                calibration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The active calibration. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MapCalibration"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["CalibrationUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`calibration-retired`](/problems/calibration-retired): The calibration is retired. [`map-retired`](/problems/map-retired): The map is retired. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ActivateMapCalibrationConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listCorpora: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListCorporaAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createCorpus: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateCorpusRequest"];
            };
        };
        responses: {
            /** @description The corpus that the first call with this idempotency key created. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Corpus"];
                };
            };
            /** @description The empty corpus. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Corpus"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IdempotencyConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getCorpus: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a corpus. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The corpus. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Corpus"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["CorpusUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteCorpus: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a corpus. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The corpus is deleted. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["CorpusUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteIdentity: {
        parameters: {
            query: {
                /** @description The person. */
                identity: string;
            };
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a corpus. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was deleted. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeleteIdentityAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["CorpusUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    addTemplates: {
        parameters: {
            query: {
                /** @description The model of the templates. */
                model: string;
                /** @description The space of the templates, checked when given. */
                fingerprint?: string;
            };
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a corpus. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddTemplatesRequest"];
                "application/x-ndjson": components["schemas"]["AddTemplatesRequestLines"];
                "multipart/form-data": components["schemas"]["AddTemplatesForm"];
            };
        };
        responses: {
            /** @description The templates are stored. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddTemplatesAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddTemplatesNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`template-exists`](/problems/template-exists): Another template of this model has this name. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddTemplatesConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            422: components["responses"]["TemplateInvalid"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddTemplatesInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    addImage: {
        parameters: {
            query: {
                /** @description Name of the image. */
                sample: string;
                /** @description The person. */
                identity?: string;
                /** @description Group by which cards break down their figures. */
                group?: string;
                /** @description Ids of the models, separated by commas. */
                models: string;
                /** @description The image is a square crop, aligned as for ArcFace. */
                aligned?: boolean;
                /** @description Makes one template of each model of up to 10 images, the files of a form that are all named `image`: the mean of their directions, weighted by quality. Images that do not match the others are left out, and so are images without a face. More than half of those with a face have to match one another. */
                combine?: "mean";
                /** @description Limits on the quality of the face, `measure:limit` separated by commas, such as `interEyeDistance:40,yaw:0.3`: at least that much, or at most of `underExposed`, `overExposed`, `outside`, `roll`, `yaw` and `pitch`, the last three without their sign. A face beyond one of them is refused with 422 `quality-low`. */
                minQuality?: string;
            };
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a corpus. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddImageRequest"];
                "multipart/form-data": components["schemas"]["AddImageForm"];
                "image/jpeg": components["schemas"]["ImageBytes"];
                "image/png": components["schemas"]["ImageBytes"];
                "image/webp": components["schemas"]["ImageBytes"];
                "image/avif": components["schemas"]["ImageBytes"];
                "image/tiff": components["schemas"]["ImageBytes"];
                "image/gif": components["schemas"]["ImageBytes"];
                "application/octet-stream": components["schemas"]["ImageBytes"];
            };
        };
        responses: {
            /** @description The templates of this face are stored; of several images, the means, and this is the face that counts most. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AddImageAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`corpus-unknown`](/problems/corpus-unknown): There is no such corpus. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddImageNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`model-cannot-embed`](/problems/model-cannot-embed): The model is template-only and cannot embed images. [`template-exists`](/problems/template-exists): Another template of this model has this name. [`threshold-unsupported`](/problems/threshold-unsupported): No threshold is available for the rate. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddImageConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            /** @description [`body-too-large`](/problems/body-too-large): The body is too large. [`image-too-large`](/problems/image-too-large): The image has too many pixels. */
            413: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddImagePayloadTooLarge"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. [`image-unsupported`](/problems/image-unsupported): The bytes are not an image of a supported format. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddImageUnsupportedMediaType"];
                };
            };
            /** @description [`image-damaged`](/problems/image-damaged): The image is damaged. [`images-differ`](/problems/images-differ): The images are not of one person. [`face-missing`](/problems/face-missing): No face was found in the image. [`face-unclear`](/problems/face-unclear): The face in the image cannot be told clearly. [`quality-low`](/problems/quality-low): The face is below the minimum quality. [`template-missing`](/problems/template-missing): A model made no template of the face. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddImageUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["AddImageInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listGalleries: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListGalleriesAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createGallery: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateGalleryRequest"];
            };
        };
        responses: {
            /** @description The gallery that the first call with this idempotency key created. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Gallery"];
                };
            };
            /** @description The empty gallery. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Gallery"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IdempotencyConflict"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getGallery: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The gallery. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Gallery"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["GalleryUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteGallery: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The gallery is deleted. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["GalleryUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    enrolTemplates: {
        parameters: {
            query: {
                /** @description The model of the templates. */
                model: string;
                /** @description The space of the templates, checked when given. */
                fingerprint?: string;
            };
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnrolTemplatesRequest"];
                "application/x-ndjson": components["schemas"]["EnrolTemplatesRequestLines"];
                "multipart/form-data": components["schemas"]["EnrolTemplatesForm"];
            };
        };
        responses: {
            /** @description The templates are stored. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolTemplatesAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolTemplatesNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`template-exists`](/problems/template-exists): Another template of this model has this name. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolTemplatesConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolTemplatesUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolTemplatesInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    enrolImage: {
        parameters: {
            query: {
                /** @description The caller's name for the person: a pseudonym, not a real name. */
                subject: string;
                /** @description Name of the template, unique per subject and model; "1" when absent. */
                reference?: string;
                /** @description Ids of the models, separated by commas. */
                models: string;
                /** @description Attributes of the subject, as a JSON object. They replace its present ones. */
                attributes?: string;
                /** @description The image is a square crop, aligned as ArcFace does. */
                aligned?: boolean;
                /** @description Makes one template of each model of up to 10 images, the files of a form that are all named `image`: the mean of their directions, weighted by quality. Images that do not match the others are left out, and so are images without a face. More than half of those with a face have to match one another. */
                combine?: "mean";
                /** @description Limits on the quality of the face, `measure:limit` separated by commas, such as `interEyeDistance:40,yaw:0.3`: at least that much, or at most of `underExposed`, `overExposed`, `outside`, `roll`, `yaw` and `pitch`, the last three without their sign. A face beyond one of them is refused with 422 `quality-low`. */
                minQuality?: string;
            };
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EnrolImageRequest"];
                "multipart/form-data": components["schemas"]["EnrolImageForm"];
                "image/jpeg": components["schemas"]["ImageBytes"];
                "image/png": components["schemas"]["ImageBytes"];
                "image/webp": components["schemas"]["ImageBytes"];
                "image/avif": components["schemas"]["ImageBytes"];
                "image/tiff": components["schemas"]["ImageBytes"];
                "image/gif": components["schemas"]["ImageBytes"];
                "application/octet-stream": components["schemas"]["ImageBytes"];
            };
        };
        responses: {
            /** @description The templates of this face are stored; of several images, the means, and this is the face that counts most. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolImageAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolImageNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`model-cannot-embed`](/problems/model-cannot-embed): The model is template-only and cannot embed images. [`template-exists`](/problems/template-exists): Another template of this model has this name. [`threshold-unsupported`](/problems/threshold-unsupported): No threshold is available for the rate. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolImageConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            /** @description [`body-too-large`](/problems/body-too-large): The body is too large. [`image-too-large`](/problems/image-too-large): The image has too many pixels. */
            413: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolImagePayloadTooLarge"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. [`image-unsupported`](/problems/image-unsupported): The bytes are not an image of a supported format. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolImageUnsupportedMediaType"];
                };
            };
            /** @description [`image-damaged`](/problems/image-damaged): The image is damaged. [`images-differ`](/problems/images-differ): The images are not of one person. [`face-missing`](/problems/face-missing): No face was found in the image. [`face-unclear`](/problems/face-unclear): The face in the image cannot be told clearly. [`quality-low`](/problems/quality-low): The face is below the minimum quality. [`template-missing`](/problems/template-missing): A model made no template of the face. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolImageUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["EnrolImageInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSubjects: {
        parameters: {
            query?: {
                /** @description Maximum number of subjects to return. */
                limit?: number;
                /** @description `next` of the previous page, the name of its last subject. */
                after?: string;
                /** @description A JSON object: return only subjects that have all of these attributes. */
                attributes?: string;
            };
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ordered by name. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListSubjectsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["GalleryUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSubject: {
        parameters: {
            query?: never;
            header?: {
                /** @description An `ETag`; the answer is 304 if it is still current. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description The caller's name for the person: a pseudonym, not a real name. */
                subject: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The subject. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subject"];
                };
            };
            /** @description The resource has not changed. */
            304: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`subject-unknown`](/problems/subject-unknown): There is no such subject. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["GetSubjectNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    replaceSubject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description The caller's name for the person: a pseudonym, not a real name. */
                subject: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplaceSubjectRequest"];
            };
        };
        responses: {
            /** @description The replaced subject. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subject"];
                };
            };
            /** @description The new subject. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subject"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`model-unknown`](/problems/model-unknown): There is no such model. [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ReplaceSubjectNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`template-exists`](/problems/template-exists): Another template of this model has this name. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ReplaceSubjectConflict"];
                };
            };
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ReplaceSubjectUnprocessableEntity"];
                };
            };
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ReplaceSubjectInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteSubject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description The caller's name for the person: a pseudonym, not a real name. */
                subject: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was deleted. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeleteSubjectAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`subject-unknown`](/problems/subject-unknown): There is no such subject. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DeleteSubjectNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    changeSubject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description The caller's name for the person: a pseudonym, not a real name. */
                subject: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": components["schemas"]["ChangeSubjectRequest"];
                "application/json": components["schemas"]["ChangeSubjectRequest"];
            };
        };
        responses: {
            /** @description The changed subject. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Changes with the resource (RFC 9110, section 8.8.3). */
                    etag?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subject"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`subject-unknown`](/problems/subject-unknown): There is no such subject. [`template-unknown`](/problems/template-unknown): The subject has no such template. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangeSubjectNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ChangeSubjectInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteSubjectTemplate: {
        parameters: {
            query?: {
                /** @description Name of the template; when absent, all templates of the model. */
                reference?: string;
            };
            header?: {
                /** @description The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no longer exists. */
                "if-match"?: string;
                /** @description With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one. */
                "if-none-match"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description The caller's name for the person: a pseudonym, not a real name. */
                subject: string;
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was deleted. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeleteSubjectTemplateAnswer"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`subject-unknown`](/problems/subject-unknown): There is no such subject. [`template-unknown`](/problems/template-unknown): The subject has no such template. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["DeleteSubjectTemplateNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    identify: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentifyRequest"];
                "multipart/form-data": components["schemas"]["IdentifyForm"];
            };
        };
        responses: {
            /** @description The candidates of each probe. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Identification"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            /** @description [`scope-missing`](/problems/scope-missing): The API key lacks the scope of the operation. [`origin-refused`](/problems/origin-refused): The host or origin is not allowed. [`pair-forbidden`](/problems/pair-forbidden): The API key does not cover this pair of models. */
            403: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description With `scope-missing`: the scope that the operation needs (RFC 6750). */
                    "www-authenticate"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyForbidden"];
                };
            };
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`model-unknown`](/problems/model-unknown): There is no such model. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`fingerprint-mismatch`](/problems/fingerprint-mismatch): The template belongs to another space. [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. [`calibration-missing`](/problems/calibration-missing): Scores of different kinds of templates cannot be compared. [`index-unavailable`](/problems/index-unavailable): The gallery has no index, or cannot have one. [`model-cannot-embed`](/problems/model-cannot-embed): The model is template-only and cannot embed images. [`threshold-unsupported`](/problems/threshold-unsupported): No threshold is available for the rate. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyConflict"];
                };
            };
            /** @description [`body-too-large`](/problems/body-too-large): The body is too large. [`image-too-large`](/problems/image-too-large): The image has too many pixels. */
            413: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyPayloadTooLarge"];
                };
            };
            /** @description [`media-type-unsupported`](/problems/media-type-unsupported): The media type is not supported. [`image-unsupported`](/problems/image-unsupported): The bytes are not an image of a supported format. */
            415: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description `identity`, when the body had a content coding (RFC 9110, section 15.5.16). */
                    "accept-encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyUnsupportedMediaType"];
                };
            };
            /** @description [`answer-too-large`](/problems/answer-too-large): The answer would be too large. [`template-invalid`](/problems/template-invalid): A template is not valid. [`template-foreign`](/problems/template-foreign): The templates do not look like those of their model. [`image-damaged`](/problems/image-damaged): The image is damaged. [`face-missing`](/problems/face-missing): No face was found in the image. [`face-unclear`](/problems/face-unclear): The face in the image cannot be told clearly. [`quality-low`](/problems/quality-low): The face is below the minimum quality. [`template-missing`](/problems/template-missing): A model made no template of the face. */
            422: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyUnprocessableEntity"];
                };
            };
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`budget-exhausted`](/problems/budget-exhausted): The API key has used up its daily budget. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyInternalServerError"];
                };
            };
            /** @description [`gallery-loading`](/problems/gallery-loading): The gallery is being read into memory. [`unavailable`](/problems/unavailable): The service is not ready. [`overloaded`](/problems/overloaded): The service is overloaded. [`database-timeout`](/problems/database-timeout): The database did not finish in time. */
            503: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IdentifyServiceUnavailable"];
                };
            };
        };
    };
    listMigrations: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListMigrationsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["GalleryUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    migrateGallery: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MigrateGalleryRequest"];
            };
        };
        responses: {
            /** @description The estimate, for a `dryRun`. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MigrationEstimate"];
                };
            };
            /** @description The job that translates. The migration has the same id. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the job. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`model-unknown`](/problems/model-unknown): There is no such model. [`map-unknown`](/problems/map-unknown): There is no such map. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MigrateGalleryNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`map-retired`](/problems/map-retired): The map is retired. [`map-not-activated`](/problems/map-not-activated): The map is fitted but not active. [`migration-open`](/problems/migration-open): A migration of the gallery is still open. [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MigrateGalleryConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`jobs-exhausted`](/problems/jobs-exhausted): The API key has reached its limit of jobs. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MigrateGalleryTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["MigrateGalleryInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getMigration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description Id of a migration. */
                migration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The migration. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Migration"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`migration-unknown`](/problems/migration-unknown): There is no such migration. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["GetMigrationNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    resumeMigration: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description Id of a migration. */
                migration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job that continues. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the job. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`migration-unknown`](/problems/migration-unknown): There is no such migration. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ResumeMigrationNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`migration-ended`](/problems/migration-ended): The migration has ended. [`map-retired`](/problems/map-retired): The map is retired. [`map-not-activated`](/problems/map-not-activated): The map is fitted but not active. [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ResumeMigrationConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`jobs-exhausted`](/problems/jobs-exhausted): The API key has reached its limit of jobs. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ResumeMigrationTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    commitMigration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description Id of a migration. */
                migration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The committed migration. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Migration"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`migration-unknown`](/problems/migration-unknown): There is no such migration. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CommitMigrationNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`migration-not-ready`](/problems/migration-not-ready): The migration is not ready to commit. [`migration-ended`](/problems/migration-ended): The migration has ended. [`map-retired`](/problems/map-retired): The map is retired. [`map-not-activated`](/problems/map-not-activated): The map is fitted but not active. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CommitMigrationConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["CommitMigrationInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rollBackMigration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description Id of a migration. */
                migration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The rolled-back migration. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Migration"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`migration-unknown`](/problems/migration-unknown): There is no such migration. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["RollBackMigrationNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["MigrationEnded"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    indexGallery: {
        parameters: {
            query?: never;
            header?: {
                /** @description A text chosen by the caller, unique for each creation. Repeating a call with the same API key, `Idempotency-Key`, address and body returns what the first call created. */
                "idempotency-key"?: string;
            };
            path: {
                /** @description Id of a gallery. */
                id: string;
                /** @description The model of the probes. */
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job that builds the index. */
            202: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the job. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Job"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`model-unknown`](/problems/model-unknown): There is no such model. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IndexGalleryNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            /** @description [`map-missing`](/problems/map-missing): No active map connects the two spaces. [`index-unavailable`](/problems/index-unavailable): The gallery has no index, or cannot have one. [`idempotency-conflict`](/problems/idempotency-conflict): The idempotency key was already used for another request. */
            409: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IndexGalleryConflict"];
                };
            };
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            /** @description [`rate-limited`](/problems/rate-limited): The API key exceeds its rate limit. [`jobs-exhausted`](/problems/jobs-exhausted): The API key has reached its limit of jobs. */
            429: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IndexGalleryTooManyRequests"];
                };
            };
            431: components["responses"]["HeadersTooLarge"];
            /** @description [`integrity-failed`](/problems/integrity-failed): Stored data failed the integrity check. [`internal`](/problems/internal): The service failed. */
            500: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["IndexGalleryInternalServerError"];
                };
            };
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listIndexes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One for each group of templates and comparison space. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListIndexesAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["GalleryUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteIndexes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The indexes are deleted. */
            204: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["GalleryUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listReenrolments: {
        parameters: {
            query: {
                /** @description The model that templates were translated to. */
                model: string;
                /** @description Maximum number of subjects to return. */
                limit?: number;
            };
            header?: never;
            path: {
                /** @description Id of a gallery. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Most uncertain first. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListReenrolmentsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description [`gallery-unknown`](/problems/gallery-unknown): There is no such gallery. [`model-unknown`](/problems/model-unknown): There is no such model. */
            404: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["ListReenrolmentsNotFound"];
                };
            };
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description Maximum number of items to return. */
                limit?: number;
                /** @description The `next` of the previous page. */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Oldest first, expired and revoked keys included. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListApiKeysAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateApiKeyRequest"];
            };
        };
        responses: {
            /** @description The key with its secret. */
            201: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    /** @description Address of the resource. */
                    location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IssuedApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or prefix of a key. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The revoked key. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApiKeyUnknown"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAuditRecords: {
        parameters: {
            query?: {
                /** @description `seq` of the record before the first to return. */
                after?: number;
                limit?: number;
                /** @description Only records of the request with this id, see `X-Request-Id`. */
                request?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the audit. */
            200: {
                headers: {
                    "x-request-id": components["headers"]["XRequestId"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ListAuditRecordsAnswer"];
                };
            };
            400: components["responses"]["RequestInvalid"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            405: components["responses"]["MethodNotAllowed"];
            408: components["responses"]["RequestTimeout"];
            415: components["responses"]["MediaTypeUnsupported"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["Internal"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
}
