# One image for web, worker and beat; docker-compose.yml says which container is which.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PORTHOLE_DATA=/data
WORKDIR /srv/porthole

# dependencies first: they change less often than the code
COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
      --require-hashes --no-deps --only-binary :all: -r requirements.lock

COPY pyproject.toml README.md LICENSE wsgi.py ./
COPY wizard wizard
COPY tasks tasks
COPY migrations migrations
COPY docs_content docs_content
# the folders at the end: a named volume takes over owner and mode of the folder it is first mounted on
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
      --no-deps --no-build-isolation --editable . \
 && groupadd --gid 10001 porthole \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin porthole \
 && install -d -o 10001 -g 10001 -m 0750 /data /caddy /run/porthole

USER 10001:10001
EXPOSE 7678
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --start-interval=1s \
  CMD ["python", "-m", "wizard.containers", "health"]
ENTRYPOINT ["python", "-m", "wizard.containers"]
CMD ["web"]
