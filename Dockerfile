# Build: docker build --target runtime -t sextant .    Tests: docker build --target test .
# Run: docker compose up, or with a configuration of your own
#   docker run --rm -p 127.0.0.1:50051:50051 -v "$PWD/sextant.yaml:/etc/sextant/sextant.yaml:ro" sextant
# where `server.listen` has to be 0.0.0.0:50051, an address that is reachable from outside the container.
# Debian's names of libraries hold their versions, and a stable release changes none of them but for security fixes, which
# a build should get. So the base is pinned, and packages are not.
ARG BASE=debian:12.11-slim

FROM ${BASE} AS source
WORKDIR /src
# Packages first: their layer stays as long as the list does.
COPY scripts/install-deps.sh scripts/
RUN scripts/install-deps.sh --build-only
COPY . .

FROM source AS build
RUN scripts/build.sh release sextant-server sextant sextant-simulator \
  && strip --strip-debug build/release/bin/*

# Format, lints and every test of the preset dev.
FROM source AS test
RUN scripts/install-deps.sh
RUN scripts/check.sh && scripts/build.sh dev && ctest --preset dev

FROM ${BASE} AS runtime
RUN apt-get update -qq \
  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    ca-certificates libgrpc++1.51 libprotobuf32 libabsl20220623 libprometheus-cpp-pull1.0 libyaml-cpp0.7 \
    libcurl4 libssl3 libsimdjson14 libre2-9 libgmp10 libflint17 libflint-arb2 libjemalloc2 zlib1g \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/bin/sextant-server /src/build/release/bin/sextant \
  /src/build/release/bin/sextant-simulator /usr/local/bin/
COPY deploy/demo /usr/share/sextant/demo
COPY deploy/policies /usr/share/sextant/policies
COPY deploy/sextant.example.yaml LICENSE /usr/share/sextant/
USER 10001:10001
EXPOSE 50051 9464
# Asks the service itself, not only the port. With TLS or callers it needs SEXTANT_CA, SEXTANT_TOKEN and the like.
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s CMD ["sextant", "models"]
CMD ["sextant-server", "--config", "/etc/sextant/sextant.yaml"]
