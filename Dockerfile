# syntax=docker/dockerfile:1
# Base images may be given by --build-arg, for mirrors and for other releases.
ARG BUILD_IMAGE=rust:1.95-slim-bookworm
# glibc, libgcc and nothing else: no shell, no package manager. Any image with these two does, debian:bookworm-slim too.
ARG RUN_IMAGE=gcr.io/distroless/cc-debian12

FROM ${BUILD_IMAGE} AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY src src
# The public keys of the built-in identity provider are compiled in.
COPY fixtures/saml/keys fixtures/saml/keys
# What was compiled stays on the machine that builds, and in no layer.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --locked --profile dist --bin local-sts \
 && install -D target/dist/local-sts /image/usr/local/bin/local-sts
# A directory that is the service's user's alone; a volume begins as its copy.
RUN install --directory --mode=0700 /image/data

FROM ${RUN_IMAGE}
COPY --from=build /image/usr/local/bin/local-sts /usr/local/bin/local-sts
COPY --from=build --chown=65532:65532 /image/data /data
# By number: there is nobody of a name in the image, and orchestrators can see that it is not root.
USER 65532:65532
VOLUME /data
# Others must be able to reach the port that AWS clients use; the companion stays inside the container.
# State is in /data/local-sts, unless --data-dir or --ephemeral says otherwise.
# With no --seed, an address that others reach needs --demo, for everybody knows the built-in key.
ENV LOCAL_STS_AWS_LISTEN=0.0.0.0:4592 \
    LOCAL_STS_COMPANION_LISTEN=127.0.0.1:4593 \
    XDG_STATE_HOME=/data
EXPOSE 4592
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["/usr/local/bin/local-sts", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/local-sts"]
