# kb in a container: the two steps of the README, `make run`, without the development tools. docs/guide/container.md says how
# it is built and run; tests/test_container.py holds the steps against the Makefile.
# No digest stands here because the project's own machines reach no registry of images: pin it where you build
# (docker buildx imagetools inspect NAME), --build-arg BASE=python@sha256:…
ARG BASE=python:3.11.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /opt/kb
# torch without CUDA: tools/install.py takes it by its hash where pip sees it
ENV PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu PIP_NO_CACHE_DIR=1
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY tools/install.py tools/install.py
COPY tools/locks tools/locks
COPY kb kb
COPY app app
RUN python3 -m venv .venv && .venv/bin/python tools/install.py app

FROM ${BASE}
# One user, whose number compose.yaml replaces by yours; /data takes a library of any user, who alone can open it then.
RUN useradd --uid 1000 --home-dir /data --no-create-home kb && install -d -m 1777 /data
WORKDIR /opt/kb
COPY --from=build /opt/kb/.venv .venv
COPY corpus corpus
ENV PATH=/opt/kb/.venv/bin:$PATH HOME=/data KB_HOME=/data/library KB_CACHE=/data/cache XDG_CONFIG_HOME=/data/config \
    LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 1000
VOLUME /data
# 403 is the page that the app shows without the cookie of its start, 401 the API without its token: both are there
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('KB_CHECK_PORT', '8501')), timeout=4); c.request('GET', '/'); raise SystemExit(c.getresponse().status not in (200, 303, 401, 403, 421))"]
# The app listens on 127.0.0.1 of the network that it is given: of the host with compose.yaml.
CMD ["sh", "-c", ".venv/bin/python corpus/index.py && exec .venv/bin/kb app"]
