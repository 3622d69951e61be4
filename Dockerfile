# The production image: no development packages, no embedded servers, not run as root.
FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --requirement requirements.txt

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 switchboard \
    && useradd --uid 10001 --gid switchboard --no-create-home --shell /usr/sbin/nologin switchboard \
    && install --directory --owner switchboard --group switchboard /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SWITCHBOARD_DATA=/data \
    STATIC_ROOT=/app/staticfiles \
    STATICFILES_BACKEND=crm.static_storage.StaticStorage
# Collecting reads neither key nor servers; the values only keep settings from making a local key or
# starting embedded servers.
RUN SECRET_KEY=only-while-building DATABASE_URL=postgresql://none/none REDIS_URL=redis://none \
    python manage.py collectstatic --noinput --verbosity 0 \
    && python -m compileall -q .
USER switchboard
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["script/process"]
CMD ["web"]
