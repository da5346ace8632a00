# tracker-server as an image: `docker build -t tracker-server .`, or `docker compose up` for it and a PostgreSQL.
# The Node here is the one of package.json.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml tsconfig.base.json ./
COPY packages packages
RUN npm exec --yes -- pnpm@12.21.0 install --frozen-lockfile --filter "@durable-effect/tracker-server..." --filter durable-effect-tracker
RUN node_modules/.bin/tsc -b packages/tracker-server && node packages/tracker-server/scripts/bundle.ts
RUN npm exec --yes -- pnpm@12.21.0 deploy --filter @durable-effect/tracker-server --prod --legacy /app

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production TRACKER_HOST=0.0.0.0 TRACKER_PORT=8084 TRACKER_DATA_DIR=/data
# Where the embedded PostgreSQL lives, when no DATABASE_URL is given.
RUN mkdir /data && chown node:node /data
COPY --from=build /app /app
USER node
WORKDIR /data
EXPOSE 8084
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TRACKER_PORT}/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/bin/tracker-server.js"]
CMD ["start"]
