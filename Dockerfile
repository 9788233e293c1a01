# The image is built from a clean checkout: nothing of the machine that builds it gets in (see .dockerignore).

# Node 26 is the active LTS line (since October 2026). The native parts (onnxruntime, sharp) are Node-API binaries
# for glibc, so the base is Debian's and not Alpine's.
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund

FROM dependencies AS build
COPY tsconfig.json tsconfig.build.json ./
COPY models models
COPY scripts scripts
COPY src src
# The weights come out of development dependencies; what is built is checked against the manifests' SHA-256.
RUN npm run --silent build:models && npm run --silent build && rm dist/build.tsbuildinfo

FROM dependencies AS production
# What is left of onnxruntime is the library of the platform that is built for, without the GPU providers.
COPY scripts/prune.mjs scripts/
RUN npm prune --omit=dev --no-audit --no-fund && npm run --silent prune

FROM node:26-slim
LABEL org.opencontainers.image.title="Crosswalk" \
  org.opencontainers.image.description="Translates face templates between recognition models" \
  org.opencontainers.image.licenses="Apache-2.0"
# onnxruntime reports to nobody, whatever loads it.
ENV ORT_DISABLE_TELEMETRY=1
# Large blocks go back to the system when they are freed. By default the C library soon keeps those up to 32 MB for later:
# 100 MB that only the start needs.
ENV MALLOC_MMAP_THRESHOLD_=1048576
# Other addresses than loopback ones are listened on with API keys only; the first is written to this file.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data ADMIN_KEY_FILE=/data/admin-key
WORKDIR /app
# Everything but the data directory, and one for keys, belongs to root: the service can change none of its own files.
RUN mkdir /data /keys && chown 1000:1000 /data /keys && chmod 700 /data /keys
# From what changes least to what changes most.
COPY --from=production /app/node_modules node_modules
COPY --from=build /app/.cache/models .cache/models
COPY LICENSE NOTICE package.json ./
COPY migrations migrations
COPY models models
COPY maps maps
COPY canaries canaries
COPY openapi openapi
COPY test/smoke test/smoke
COPY --from=build /app/dist dist
# By number, so that an orchestrator can see that it is not root. It is the user `node` of the base image.
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--initial-heap-size=256", "--max-semi-space-size=32", "dist/server.js"]
