# syntax=docker/dockerfile:1
# Base images may be given by --build-arg, for mirrors and for other releases.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY src src
# The public keys of the built-in identity provider are compiled in.
COPY fixtures/saml/keys fixtures/saml/keys
RUN cargo build --locked --profile dist --bin local-sts

FROM ${RUN_IMAGE}
# A user of its own, and a directory that is that user's alone.
RUN useradd --uid 65532 --no-create-home --shell /usr/sbin/nologin local-sts \
 && install --directory --owner=65532 --group=65532 --mode=0700 /data
COPY --from=build /source/target/dist/local-sts /usr/local/bin/local-sts
USER 65532:65532
VOLUME /data
# Others must be able to reach the port that AWS clients use; the companion stays inside the container.
# With no --seed, an address that others reach needs --demo, for everybody knows the built-in key.
ENV LOCAL_STS_AWS_LISTEN=0.0.0.0:4592 \
    LOCAL_STS_COMPANION_LISTEN=127.0.0.1:4593 \
    LOCAL_STS_DATA_DIR=/data/local-sts
EXPOSE 4592
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["local-sts", "healthcheck"]
ENTRYPOINT ["local-sts"]
